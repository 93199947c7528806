// Runs the search of a state and shows its results. Only the latest search is shown.

import { ApiError, get, upload } from "./api.js";
import { el, byId, button } from "./dom.js";
import * as chip from "./query-chip.js";
import * as exportMenu from "./export-menu.js";
import { setSenses } from "./filters.js";
import { exampleOf, hasExample } from "./query-by-example.js";
import { formatCount } from "./format.js";
import * as hints from "./hints.js";
import * as results from "./results.js";
import { FILTERS, navigate, hasQuery, nextPage, MAX_RESULTS, parameters, parseMoment, searchKey } from "./state.js";

const CACHE_SIZE = 12; // results that Back and Forward show at once
const NEAREST = 3; // weak matches that are shown where nothing matches

let cache = new Map(); // by searchKey, oldest first
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
    hints.clear();
    exportMenu.hide();
    return;
  }
  chip.show(state);
  const cacheKey = searchKey({ ...state, weak: "" }); // the answer has weak matches in any case
  if (cache.has(cacheKey)) {
    showResult(cache.get(cacheKey), state);
    return;
  }
  running = new AbortController();
  const { signal } = running;
  const current = cache;
  results.showBusy();
  try {
    const result = await request(state, signal);
    if (signal.aborted) return;
    addToCache(current, cacheKey, result);
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
  cache = new Map(); // a search that still runs adds its result to the old one
}

function request(state, signal) {
  const filters = parameters(state);
  if (state.example !== null) {
    if (!hasExample(state.example)) throw new ApiError(410, "The example is no longer available. Add it again.");
    const options = { signal, progress: chip.progress };
    return upload(exampleOf(state.example), { ...filters, by: state.by, mode: null }, options);
  }
  if (state.similar) {
    const { library, clip } = parseMoment(state.similar);
    return get(["libraries", library, "clips", clip, "similar"], { ...filters, by: state.by, mode: null }, signal);
  }
  return get(["search"], { q: state.q, ...filters }, signal);
}

function addToCache(cache, key, result) {
  cache.set(key, result);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value);
}

function showResult(result, state) {
  chip.progress(null);
  setSenses(result.senses);
  byId("message").replaceChildren();
  const hits = state.weak ? result.hits : strongEnough(result.hits);
  results.show({ ...result, hits }, { q: state.q, mode: state.mode });
  hints.show(result, state.q && hits.length > 0 && !result.matched);
  exportMenu.show(state, result);
  if (!hits.length) showNoResults(state, result);
  setMoreButton(result, hits.length, state);
}

/** Return the hits that are not weak, or the nearest few if all are. */
function strongEnough(hits) {
  const strong = hits.filter(({ match }) => match !== "weak");
  return strong.length ? strong : hits.slice(0, NEAREST);
}

/** Set the button below the results, which shows more matches and then weaker ones. shown: the number of cards. */
function setMoreButton({ hits, videos, matches }, shown, state) {
  const hidden = hits.length - shown;
  const hasMore = shown > 0 && hits.length < Math.min(videos, MAX_RESULTS);
  const isWeaker = Boolean(state.q && !state.weak && (shown >= matches || !hasMore));
  const changes = isWeaker ? { weak: "yes", ...(hidden ? {} : nextPage(state)) } : nextPage(state);
  const showMore = byId("show-more");
  showMore.hidden = !hasMore && !hidden;
  showMore.textContent = isWeaker ? `Show ${hidden ? formatCount(hidden, "weaker one") : "weaker ones"}` : "Show more";
  showMore.onclick = () => navigate(changes, { replace: true });
}

/** Say that nothing was found, and what may help. */
function showNoResults(state, { total_clips: total }) {
  const filtered = FILTERS.some((name) => state[name]);
  const advice =
    total === 0
      ? "The library is empty. Start an update under “Library”."
      : filtered
        ? "No video passes these filters. Remove some of them."
        : "Use other words, or search by everything.";
  const noFilters = Object.fromEntries(FILTERS.map((name) => [name, ""]));
  showMessage("Nothing found.", advice, [
    filtered && button("Clear filters", null, () => navigate(noFilters), { className: "primary" }),
    state.mode === "speech" && button("Search by everything", null, () => navigate({ mode: "" })),
  ]);
}

function showError(error, state) {
  results.hideBusy();
  results.clear();
  hints.clear();
  exportMenu.hide();
  chip.progress(null);
  setSenses([]);
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
