// The grid of results: a card for each video, which can show all moments of the video.

import { momentCard } from "./moment-card.js";
import { byId } from "./dom.js";
import { moreMomentsButton } from "./video-moments.js";
import { stopPreview } from "./preview.js";
import { momentKey } from "./state.js";
import { formatCount } from "./format.js";

const grid = byId("grid");
const BUSY_MS = 200; // after which a search is shown to be slow; most are over before

let shown = []; // the hits in the grid
let shownQuery = ""; // the query and mode of these hits
let busyTimer;

/** Show that a search runs. The old results stay until the new ones arrive. */
export function showBusy() {
  byId("message").replaceChildren();
  grid.setAttribute("aria-busy", "true");
  clearTimeout(busyTimer);
  busyTimer = setTimeout(() => document.body.classList.add("searching"), BUSY_MS);
}

/** Show that no search runs. */
export function hideBusy() {
  clearTimeout(busyTimer);
  document.body.classList.remove("searching");
  grid.setAttribute("aria-busy", "false");
}

/** Show results. Cards that are shown already and have not changed stay. */
export function show(result, query) {
  hideBusy();
  const { hits } = result;
  const key = JSON.stringify(query);
  const isContinued = key === shownQuery && shown.length > 0 && shown.every((hit, index) => isEqual(hit, hits[index]));
  if (!isContinued) clear();
  shownQuery = key;
  for (const hit of hits.slice(shown.length)) grid.append(resultCard(hit, query));
  shown = hits;
  byId("result-summary").textContent = summary(result);
}

export function clear() {
  stopPreview();
  grid.replaceChildren();
  shown = [];
}

export const hits = () => shown;

export const findHit = (moment) => shown.find((hit) => momentKey(hit) === momentKey(moment));

/** Return the index of a moment's video in the results; -1 if it is not there. */
export function indexOf({ library, clip, path }) {
  return shown.findIndex((hit) => hit.library === library && (hit.clip === clip || hit.path === path));
}

/** Move the focus to the card of a moment, or of its video. */
export function focus(hit) {
  const links = hit && [...grid.querySelectorAll(".open")];
  const link = hit && (links.find((link) => link.dataset.moment === momentKey(hit)) ?? links[indexOf(hit)]);
  (link ?? byId("q")).focus();
}

// Compares all fields: for another query, the same clips may have other lines, spans and bars.
const isEqual = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Return how much matches, which does not depend on how many results are shown. */
function summary({ query, hits, matches, milliseconds }) {
  if (!hits.length) return "Nothing found";
  const time = `${Math.round(milliseconds)} ms`;
  if (!query) return `The most similar first, ${time}`;
  if (!matches) return `Nothing matches, ${time}`;
  return `${formatCount(matches, "video")} ${matches === 1 ? "matches" : "match"}, ${time}`;
}

/** Return a hit's card, with a button for further moments of the video if there are any. */
function resultCard(hit, query) {
  const item = momentCard(hit);
  if (hit.more && query.q) item.append(moreMomentsButton(item, hit, query));
  return item;
}
