// The dialog with the libraries: their content and updates. The state of an update arrives as server-sent events.

import { get, send, url } from "./api.js";
import { button, el, byId } from "./dom.js";
import { formatContents, formatCount, formatDuration, visible } from "./format.js";

const RECONNECT_MS = 3000; // until a stream that the browser has given up is opened again
const ACTIVE_STATES = ["running", "stopping"];
const dialog = byId("library");
const streams = new Map(); // the event stream of each library that is updated, by name

let libraries = [];
let notify = () => {};

export function init() {
  buildDialog();
  byId("library-button").addEventListener("click", () => dialog.showModal());
}

/** Call the function with the libraries now and whenever their content changes. */
export async function onLibraryChange(onChange) {
  notify = onChange;
  await refresh();
  for (const library of libraries) if (ACTIVE_STATES.includes(library.update.state)) watch(library.name);
}

async function refresh() {
  libraries = await get(["libraries"]);
  notify(libraries);
  draw();
}

function watch(name) {
  streams.get(name)?.close();
  const source = new EventSource(url(["libraries", name, "update", "events"]));
  streams.set(name, source);
  source.onmessage = ({ data }) => {
    const library = libraries.find((candidate) => candidate.name === name);
    library.update = JSON.parse(data);
    if (ACTIVE_STATES.includes(library.update.state)) draw();
    else stopWatching(name);
  };
  // The browser reconnects by itself, but gives up after an error such as a proxy's 502.
  source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(reconnect, RECONNECT_MS, name);
}

/** Check whether the update of a closed stream still runs, and if so watch it again. */
async function reconnect(name) {
  try {
    await refresh();
  } catch {
    setTimeout(reconnect, RECONNECT_MS, name);
    return;
  }
  const library = libraries.find((candidate) => candidate.name === name);
  if (ACTIVE_STATES.includes(library?.update.state)) watch(name);
}

function stopWatching(name) {
  streams.get(name)?.close(); // else the browser would reconnect
  streams.delete(name);
  // The end is shown once searches find what was added. The next request shows the error.
  refresh().catch(draw);
}

async function command(method, library, note) {
  note.textContent = "";
  try {
    library.update = await send(method, ["libraries", library.name, "update"]);
  } catch (error) {
    // An update that was started elsewhere is watched, too: the stream begins with its state.
    if (error.status !== 409) {
      note.textContent = error.message;
      return;
    }
  }
  watch(library.name);
  draw();
}

function draw() {
  const running = libraries.filter((library) => ACTIVE_STATES.includes(library.update.state));
  const share = running.reduce((sum, { update }) => sum + update.share, 0) / running.length;
  byId("library-label").textContent = running.length ? `Indexing ${Math.floor(100 * share)} %` : "Library";
  byId("library-button").classList.toggle("busy", running.length > 0);
  const body = dialog.querySelector(".libraries");
  for (const library of libraries) {
    let part = [...body.children].find((element) => element.dataset.name === library.name);
    if (!part) body.append((part = section(library)));
    part.update(library);
  }
}

function buildDialog() {
  dialog.append(
    el(
      "header",
      {},
      el("h2", { id: "library-title" }, "Library"),
      button("Close", "close", () => dialog.close(), { bare: true }),
    ),
    el("div", { className: "libraries" }),
  );
}

/** Return the section of one library. It is created once and then changed, so that the focus stays. */
function section(library) {
  const facts = el("p");
  const state = el("p", { className: "muted" });
  const file = el("p", { className: "muted update-file" });
  const bar = el("progress", { max: 1, "aria-label": `Update of ${visible(library.name)}` });
  const note = el("p", { className: "error", role: "alert" });
  let current = library;
  const start = button("Update", null, () => command("POST", current, note), { className: "primary" });
  const stop = button("Stop", null, () => command("DELETE", current, note));
  const failures = failureList(library.name);
  const part = el(
    "section",
    { "aria-label": visible(library.name) },
    el("h3", {}, el("bdi", {}, visible(library.name))),
    facts,
    bar,
    state,
    file,
    note,
    el("p", { className: "actions" }, start, stop),
    failures.details,
  );
  part.dataset.name = library.name;
  part.update = (library) => {
    current = library;
    const { info, update } = library;
    const isRunning = ACTIVE_STATES.includes(update.state);
    const size = `${formatCount(info.clips, "moment")} in ${formatContents(info)}`;
    facts.textContent = `${size}, model ${visible(info.model)}`;
    bar.hidden = !isRunning;
    bar.value = update.share;
    state.textContent = statusText(update);
    file.textContent = isRunning && update.path ? visible(update.path) : "";
    keepFocus(isRunning, start, stop);
    stop.disabled = update.state === "stopping";
    failures.update(isRunning ? update.failures : info.failures, isRunning ? update.failed : null);
  };
  return part;
}

/** Show one of the two buttons and move the focus to it. */
function keepFocus(isRunning, start, stop) {
  const focused = [start, stop].includes(document.activeElement);
  start.hidden = isRunning;
  stop.hidden = !isRunning;
  if (focused) (isRunning ? stop : start).focus();
}

function statusText(update) {
  const { state, done, total, seconds_left: left, report, error } = update;
  const files = `${done.toLocaleString("en")} of ${formatCount(total, "file")}`;
  if (state === "running" && !total) return "Looking for new files…";
  if (state === "running") return files + (left ? `, ${formatDuration(left)} left` : "");
  if (state === "stopping") return `Stopping after ${files}…`;
  if (state === "stopped") return `Stopped after ${files}; finished files are kept.`;
  if (state === "failed") return `The update failed: ${error}`;
  if (state === "done" && report) {
    const parts = ["added", "changed", "moved", "deleted"].filter((part) => report[part]);
    if (!parts.length) return "Nothing has changed.";
    return `Done: ${parts.map((part) => `${report[part]} ${part}`).join(", ")}.`;
  }
  return "";
}

/** Return the list of failed files with the reasons, which is loaded when it is opened. */
function failureList(name) {
  const summary = el("summary");
  const list = el("ul");
  const details = el("details", { className: "failures", hidden: true }, summary, list);
  const loadError = (error) => [{ path: "", reason: error.message }];
  const item = ({ path, reason }) => el("li", {}, el("bdi", {}, visible(path)), el("span", {}, visible(reason)));
  let currentFailures = null;
  const fill = async () => {
    if (!details.open) return;
    const failed = currentFailures ?? (await get(["libraries", name, "failures"]).catch(loadError));
    list.replaceChildren(...failed.map(item));
  };
  details.addEventListener("toggle", fill);
  return {
    details,
    update(count, failed) {
      details.hidden = count === 0;
      summary.textContent = `${formatCount(count, "file")} could not be read`;
      currentFailures = failed;
      fill();
    },
  };
}
