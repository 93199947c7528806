// Runs the search of a state and shows its results. Only the latest search is shown.

import { ApiError, get, upload } from "./api.js";
import { el, byId, button } from "./dom.js";
import * as chip from "./query-chip.js";
import { exampleOf, hasExample } from "./query-by-example.js";
import * as results from "./results.js";
import { FILTERS, navigate, hasQuery, nextPage, MAX_RESULTS, parameters, parseMoment, searchKey } from "./state.js";

const CACHE_SIZE = 12; // results that Back and Forward show at once
const cache = new Map(); // by searchKey, oldest first

let running = null; // the AbortController of the current search
let lastKey = null; // the searchKey of the latest search

/** Search for a state and show the results. Does nothing if the state has the same results as before. */
export async function search(state) {
  const key = searchKey(state);
  if (key === lastKey) return;
  running?.abort();
  lastKey = key;
  if (!hasQuery(state)) {
    results.hideBusy();
    results.clear();
    return;
  }
  chip.show(state);
  if (cache.has(key)) {
    showResult(cache.get(key), state);
    return;
  }
  running = new AbortController();
  const { signal } = running;
  results.showBusy();
  try {
    const result = await request(state, signal);
    if (signal.aborted) return;
    addToCache(key, result);
    showResult(result, state);
  } catch (error) {
    if (!signal.aborted) showError(error, state);
  }
}

/** Make the next search run even if it is the same: it may have failed, or may find more by now. */
export function allowRepeat() {
  lastKey = null;
}

/** Forget all results, because the library has changed. */
export function clearCache() {
  cache.clear();
}

function request(state, signal) {
  const filters = parameters(state);
  if (state.example !== null) {
    if (!hasExample(state.example)) throw new ApiError(410, "The example is no longer available. Add it again.");
    return upload(exampleOf(state.example), filters, { signal, progress: chip.progress });
  }
  if (state.similar) {
    const { library, clip } = parseMoment(state.similar);
    return get(["libraries", library, "clips", clip, "similar"], { ...filters, mode: null }, signal);
  }
  return get(["search"], { q: state.q, ...filters }, signal);
}

function addToCache(key, result) {
  cache.set(key, result);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value);
}

function showResult(result, state) {
  chip.progress(null);
  byId("message").replaceChildren();
  results.show(result, { q: state.q, mode: state.mode });
  if (!result.hits.length) showNoResults(state, result);
  const showMore = byId("show-more");
  showMore.hidden = result.hits.length >= result.videos || result.hits.length >= MAX_RESULTS || !result.hits.length;
  showMore.onclick = () => navigate(nextPage(state), { replace: true });
}

/** Say that nothing was found, and what may help. */
function showNoResults(state, { total_clips: total }) {
  const filtered = FILTERS.some((name) => state[name]);
  const advice =
    total === 0
      ? "The library is empty. Start an update under “Library”."
      : filtered
        ? "No video passes these filters. Remove some of them."
        : "Use other words, or search by meaning as well.";
  const noFilters = Object.fromEntries(FILTERS.map((name) => [name, ""]));
  showMessage("Nothing found.", advice, [
    filtered && button("Clear filters", null, () => navigate(noFilters), { className: "primary" }),
    state.mode === "speech" && button("Search by meaning and words", null, () => navigate({ mode: "" })),
  ]);
}

function showError(error, state) {
  results.hideBusy();
  results.clear();
  chip.progress(null);
  byId("result-summary").textContent = "";
  byId("show-more").hidden = true;
  const retrySearch = () => {
    allowRepeat();
    search(state);
  };
  const isPermanent = error.status >= 400 && error.status < 500;
  const retry = isPermanent ? null : button("Try again", null, retrySearch, { className: "primary" });
  showMessage("That did not work.", error.message, [retry]);
}

function showMessage(title, text, buttons) {
  const actions = el("p", {}, ...buttons.filter(Boolean));
  const box = el("div", { className: "message", role: "alert" }, el("h2", {}, title), el("p", {}, text), actions);
  byId("message").replaceChildren(box);
}
