// The libraries: what is in them, and updating them. What a running update tells comes as server-sent events.

import { get, send, url } from "./api.js";
import { button, el, find } from "./dom.js";
import { counted, inHours, lasting, visible } from "./text.js";

const AGAIN = 3000; // milliseconds until a stream that ended for good is begun again
const RUNS = ["running", "stopping"];
const dialog = find("library");
const events = new Map(); // the open connection of each library that is updated, by name

let libraries = [];
let changed = () => {};

export function begin() {
  build();
  find("library-button").addEventListener("click", () => dialog.showModal());
}

/** onChange: called with the libraries, now and whenever what is in them changes. */
export async function follow(onChange) {
  changed = onChange;
  await refresh();
  for (const library of libraries) if (RUNS.includes(library.update.state)) watch(library.name);
}

async function refresh() {
  libraries = await get(["libraries"]);
  changed(libraries);
  draw();
}

function watch(name) {
  events.get(name)?.close();
  const source = new EventSource(url(["libraries", name, "update", "events"]));
  events.set(name, source);
  source.onmessage = ({ data }) => {
    const library = libraries.find((one) => one.name === name);
    library.update = JSON.parse(data);
    if (!RUNS.includes(library.update.state)) ended(name);
    draw();
  };
  // A connection that broke the browser makes again by itself. After another answer, as a proxy's 502, it gives up.
  source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(again, AGAIN, name);
}

/** Look whether an update still runs whose stream has ended; if so, follow it on. */
async function again(name) {
  try {
    await refresh();
  } catch {
    setTimeout(again, AGAIN, name);
    return;
  }
  const library = libraries.find((one) => one.name === name);
  if (RUNS.includes(library?.update.state)) watch(name);
}

function ended(name) {
  events.get(name)?.close(); // else the browser would connect again
  events.delete(name);
  refresh().catch(() => {}); // the next request tells
}

async function command(method, library, note) {
  note.textContent = "";
  try {
    library.update = await send(method, ["libraries", library.name, "update"]);
  } catch (error) {
    // One that was started elsewhere is followed here, too: the stream begins with its state.
    if (error.status !== 409) {
      note.textContent = error.message;
      return;
    }
  }
  watch(library.name);
  draw();
}

function draw() {
  const running = libraries.filter((library) => RUNS.includes(library.update.state));
  const share = running.reduce((sum, { update }) => sum + update.share, 0) / running.length;
  find("library-label").textContent = running.length ? `Indexing ${Math.floor(100 * share)} %` : "Library";
  find("library-button").classList.toggle("busy", running.length > 0);
  const body = dialog.querySelector(".libraries");
  for (const library of libraries) {
    let part = [...body.children].find((one) => one.dataset.name === library.name);
    if (!part) body.append((part = section(library)));
    part.update(library);
  }
}

function build() {
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

/** The part of one library. It is made once and then changed, so that the focus stays where it is. */
function section(library) {
  const facts = el("p");
  const state = el("p", { className: "quiet" });
  const file = el("p", { className: "quiet file" });
  const bar = el("progress", { max: 1, "aria-label": `Update of ${visible(library.name)}` });
  const note = el("p", { className: "error", role: "alert" });
  let now = library;
  const start = button("Update", null, () => command("POST", now, note), { className: "primary" });
  const stop = button("Stop", null, () => command("DELETE", now, note));
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
    now = library;
    const { info, update } = library;
    const runs = RUNS.includes(update.state);
    facts.textContent = `${counted(info.clips, "moment")} in ${counted(info.videos, "video")}, ${inHours(info.hours)}, model ${visible(info.model)}`;
    bar.hidden = !runs;
    bar.value = update.share;
    state.textContent = tell(update);
    file.textContent = runs && update.path ? visible(update.path) : "";
    keepFocus(runs, start, stop);
    stop.disabled = update.state === "stopping";
    failures.update(runs ? update.failures : info.failures, runs ? update.failed : null);
  };
  return part;
}

/** One of both buttons is shown; the focus goes with it. */
function keepFocus(runs, start, stop) {
  const focused = [start, stop].includes(document.activeElement);
  start.hidden = runs;
  stop.hidden = !runs;
  if (focused) (runs ? stop : start).focus();
}

function tell(update) {
  const { state, done, total, seconds_left: left, report, error } = update;
  const files = `${done.toLocaleString("en")} of ${counted(total, "file")}`;
  if (state === "running") return total ? files + (left ? `, ${lasting(left)} left` : "") : "Looking what is new…";
  if (state === "stopping") return `Stopping after ${files}…`;
  if (state === "stopped") return `Stopped after ${files}; what is done stays done.`;
  if (state === "failed") return `The update failed: ${error}`;
  if (state === "done" && report) {
    const parts = ["added", "changed", "moved", "deleted"].filter((part) => report[part]);
    return parts.length ? `Done: ${parts.map((part) => `${report[part]} ${part}`).join(", ")}.` : "Nothing was new.";
  }
  return "";
}

/** The files that failed, with the reasons, asked for when the list is opened. */
function failureList(name) {
  const summary = el("summary");
  const list = el("ul");
  const details = el("details", { className: "failures", hidden: true }, summary, list);
  const untold = (error) => [{ path: "", reason: error.message }];
  const item = ({ path, reason }) => el("li", {}, el("bdi", {}, visible(path)), el("span", {}, visible(reason)));
  let given = null;
  const fill = async () => {
    if (!details.open) return;
    const failed = given ?? (await get(["libraries", name, "failures"]).catch(untold));
    list.replaceChildren(...failed.map(item));
  };
  details.addEventListener("toggle", fill);
  return {
    details,
    update(count, failed) {
      details.hidden = count === 0;
      summary.textContent = `${counted(count, "file")} could not be read`;
      given = failed;
      fill();
    },
  };
}
