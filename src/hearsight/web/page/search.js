// From the state to results: one search at a time, of which only the last may be shown.

import { ApiError, get, upload } from "./api.js";
import { el, find, button } from "./dom.js";
import * as basis from "./basis.js";
import { exampleOf, hasExample } from "./example.js";
import * as results from "./results.js";
import { FILTERS, go, isAsking, more, MOST, parameters, place, searchKey } from "./state.js";

const KEPT = 12; // results that Back and Forward find at once
const known = new Map(); // by searchKey, oldest first

let running = null; // what can stop the search that runs
let last = null; // its searchKey

/** Show the results of a state. A state that shows the same results costs nothing. */
export async function search(state) {
  const key = searchKey(state);
  if (key === last) return;
  running?.abort();
  last = key;
  if (!isAsking(state)) {
    results.settled();
    results.clear();
    return;
  }
  basis.show(state);
  if (known.has(key)) {
    shown(known.get(key), state);
    return;
  }
  running = new AbortController();
  const { signal } = running;
  results.waiting();
  try {
    const result = await ask(state, signal);
    if (signal.aborted) return;
    remember(key, result);
    shown(result, state);
  } catch (error) {
    if (!signal.aborted) failed(error, state);
  }
}

/** The next search is done even if it is the same: it may have failed, or find more by now. */
export function anew() {
  last = null;
}

/** The library has changed: nothing that is known counts any more. */
export function forget() {
  known.clear();
}

function ask(state, signal) {
  const given = parameters(state);
  if (state.example !== null) {
    if (!hasExample(state.example)) throw new ApiError(410, "The example is no longer here. Drop it in again.");
    return upload(exampleOf(state.example), given, { signal, progress: basis.progress });
  }
  if (state.similar) {
    const { library, clip } = place(state.similar);
    return get(["libraries", library, "clips", clip, "similar"], { ...given, mode: null }, signal);
  }
  return get(["search"], { q: state.q, ...given }, signal);
}

function remember(key, result) {
  known.set(key, result);
  if (known.size > KEPT) known.delete(known.keys().next().value);
}

function shown(result, state) {
  basis.progress(null);
  find("trouble").replaceChildren();
  results.show(result, { q: state.q, mode: state.mode });
  if (!result.hits.length) nothing(state, result);
  const further = find("further");
  further.hidden = result.hits.length >= result.videos || result.hits.length >= MOST || !result.hits.length;
  further.onclick = () => go(more(state), { replace: true });
}

/** Nothing found: say so, and what may help. */
function nothing(state, { total_clips: total }) {
  const filtered = FILTERS.some((name) => state[name]);
  const advice =
    total === 0
      ? "There is nothing in the library yet. Start an update under “Library”."
      : filtered
        ? "No video passes these filters. Loosen them, and there may be some."
        : "Say it in other words, or search by meaning as well.";
  const loosen = Object.fromEntries(FILTERS.map((name) => [name, ""]));
  trouble("Nothing found.", advice, [
    filtered && button("Clear filters", null, () => go(loosen), { className: "primary" }),
    state.mode === "speech" && button("Search by meaning and words", null, () => go({ mode: "" })),
  ]);
}

function failed(error, state) {
  results.settled();
  results.clear();
  basis.progress(null);
  find("told").textContent = "";
  find("further").hidden = true;
  const again = () => {
    anew();
    search(state);
  };
  const hopeless = error.status >= 400 && error.status < 500;
  const retry = hopeless ? null : button("Try again", null, again, { className: "primary" });
  trouble("That did not work.", error.message, [retry]);
}

function trouble(title, text, buttons) {
  const actions = el("p", {}, ...buttons.filter(Boolean));
  const box = el("div", { className: "trouble", role: "alert" }, el("h2", {}, title), el("p", {}, text), actions);
  find("trouble").replaceChildren(box);
}
