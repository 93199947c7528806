// Requests to the server. Every failure is an ApiError with a message for the user.

const BASE = new URL("../api/v1/", import.meta.url);
const MAX_ATTEMPTS = 3;
const MAX_WAIT_SECONDS = 5; // the user waits, too
const NO_ANSWER = "The server does not answer. Check that hearsight serve is running, then try again.";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let signIn = null;

/** Set the function that signs in when the server requires a token. It returns a promise. */
export function onUnauthorized(handler) {
  signIn = handler;
}

/** Return the URL of a route. Parts are encoded; parameters that are null or empty are left out. */
export function url(parts, parameters = {}) {
  const address = new URL(parts.map(encodeURIComponent).join("/"), BASE);
  for (const [name, value] of Object.entries(parameters)) {
    if (value != null && value !== "") address.searchParams.set(name, value);
  }
  return address.href;
}

/** Return the URL of a route of a moment, such as its thumbnail, media or transcript. */
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

/** Send a request, and repeat it if the server is busy or requires a token first. */
async function request(address, options, attempt = fetchFrom) {
  for (let retries = MAX_ATTEMPTS - 1; ; retries--) {
    const response = await attempt(address, options);
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status === 401 && signIn && !address.endsWith("/session")) {
      await signIn();
    } else if (response.status === 503 && retries > 0) {
      await wait(response.headers.get("Retry-After"), options.signal);
    } else {
      throw new ApiError(response.status, await detail(response));
    }
  }
}

async function fetchFrom(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, NO_ANSWER);
  }
}

function wait(header, signal) {
  const seconds = Math.min(Number(header ?? 1) || 0, MAX_WAIT_SECONDS);
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Return the error message of an answer as a sentence. */
async function detail(response) {
  try {
    const { detail } = await response.json();
    return detail[0].toUpperCase() + detail.slice(1);
  } catch {
    return `The server answered with error ${response.status}.`;
  }
}

/** Check that a file can be loaded. Throws an ApiError with the reason if not. */
export async function checkFile(address) {
  const response = await fetchFrom(address, { headers: { Range: "bytes=0-0" } });
  if (!response.ok) throw new ApiError(response.status, await detail(response));
  response.body.cancel();
}

/** Send a file as a query. */
export function upload(file, parameters, options) {
  return request(url(["search", "example"], parameters), { ...options, file }, sendFile);
}

/** Send a file and report the progress, which fetch cannot do. */
function sendFile(address, { file, signal, progress }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("load", () => {
      const headers = { "Retry-After": request.getResponseHeader("Retry-After") ?? "1" };
      resolve(new Response(request.responseText, { status: request.status, headers }));
    });
    request.addEventListener("error", () => reject(new ApiError(0, NO_ANSWER)));
    signal.addEventListener("abort", () => {
      request.abort();
      reject(signal.reason);
    });
    request.send(file);
  });
}
