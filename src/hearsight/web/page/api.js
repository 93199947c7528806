// Talking to the server. Every failure is an ApiError, whose message a person can read.

const BASE = new URL("../api/v1/", import.meta.url);
const TRIES = 3;
const LONGEST_WAIT = 5; // seconds; a person waits, too
const GONE = "The server does not answer. See whether hearsight serve still runs, then try again.";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let signIn = null;

/** What is to be done when the server asks for a token: a function whose promise is kept once there is one. */
export function whenRefused(handler) {
  signIn = handler;
}

/** The address of something in the API. Parts are encoded; parameters that are null or empty are left out. */
export function url(parts, parameters = {}) {
  const address = new URL(parts.map(encodeURIComponent).join("/"), BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value != null && value !== "") address.searchParams.set(name, value);
  }
  return address.href;
}

/** The address of something of a moment: its thumbnail, media, transcript... */
export function momentUrl({ library, clip }, ...rest) {
  return url(["libraries", library, "clips", clip, ...rest]);
}

export function get(parts, parameters, signal) {
  return request(url(parts, parameters), { signal });
}

export function send(method, parts, body) {
  const json = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return request(url(parts), { method, ...json });
}

/** Ask, and ask again where the server is busy or wants a token first. */
async function request(address, options, attempt = reach) {
  for (let left = TRIES - 1; ; left--) {
    const response = await attempt(address, options);
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status === 401 && signIn && !address.endsWith("/session")) {
      await signIn();
    } else if (response.status === 503 && left > 0) {
      await wait(response.headers.get("Retry-After"), options.signal);
    } else {
      throw new ApiError(response.status, await detail(response));
    }
  }
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, GONE);
  }
}

function wait(header, signal) {
  const seconds = Math.min(Number(header ?? 1) || 0, LONGEST_WAIT);
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

/** What an answer says went wrong, as a sentence. */
async function detail(response) {
  try {
    const { detail } = await response.json();
    return detail[0].toUpperCase() + detail.slice(1);
  } catch {
    return `The server answered with error ${response.status}.`;
  }
}

/** Whether a file can be had. Throws what the server says against it. */
export async function probe(address) {
  const response = await reach(address, { headers: { Range: "bytes=0-0" } });
  if (!response.ok) throw new ApiError(response.status, await detail(response));
  response.body.cancel();
}

/** Send a file as a query. */
export function upload(file, parameters, options) {
  return request(url(["search", "example"], parameters), { ...options, file }, sent);
}

/** As fetch does, which cannot tell how much of a file is sent. */
function sent(address, { file, signal, progress }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("load", () => {
      const headers = { "Retry-After": request.getResponseHeader("Retry-After") ?? "1" };
      resolve(new Response(request.responseText, { status: request.status, headers }));
    });
    request.addEventListener("error", () => reject(new ApiError(0, GONE)));
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    request.send(file);
  });
}
