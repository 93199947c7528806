// The grid of what was found: one card a video, which opens to all moments of that video.

import { card } from "./card.js";
import { find } from "./dom.js";
import { unfolding } from "./moments.js";
import { stop } from "./preview.js";
import { named } from "./state.js";
import { counted } from "./text.js";
import { mostOf } from "./why.js";

const grid = find("grid");
const LATE = 200; // milliseconds until it is shown that a search takes its time: most are over before

let shown = []; // the hits in the grid
let answered = ""; // the query and mode that they answer
let most = 0; // what the longest bar stands for
let late;

/** A search has begun: what was found before stays where it is until the new results are there. */
export function waiting() {
  find("trouble").replaceChildren();
  grid.setAttribute("aria-busy", "true");
  clearTimeout(late);
  late = setTimeout(() => document.body.classList.add("searching"), LATE);
}

export function settled() {
  clearTimeout(late);
  document.body.classList.remove("searching");
  grid.setAttribute("aria-busy", "false");
}

/** Show what was found; what is already there and still fits stays as it is. */
export function show(result, asked) {
  settled();
  const { hits } = result;
  const question = JSON.stringify(asked);
  const same = question === answered && shown.length > 0 && shown.every((hit, at) => equal(hit, hits[at]));
  if (!same) {
    clear();
    most = mostOf(hits); // further ones are measured by the same
  }
  answered = question;
  for (const hit of hits.slice(shown.length)) grid.append(group(hit, most, asked));
  shown = hits;
  find("told").textContent = summary(result);
}

export function clear() {
  stop();
  grid.replaceChildren();
  shown = [];
}

export const hits = () => shown;

export const hitOf = (which) => shown.find((hit) => named(hit) === named(which));

/** Where a moment's video is among the results; -1 if it is not. */
export function indexOf({ library, clip, path }) {
  return shown.findIndex((hit) => hit.library === library && (hit.clip === clip || hit.path === path));
}

/** Give the focus to the card of a moment, or of its video. */
export function focus(hit) {
  const links = hit && [...grid.querySelectorAll(".open")];
  const link = hit && (links.find((one) => one.dataset.moment === named(hit)) ?? links[indexOf(hit)]);
  (link ?? find("q")).focus();
}

// By all that a card tells: scores of ranks are the same for whatever puts the same moments first.
const equal = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

function summary({ hits, videos, milliseconds }) {
  if (!hits.length) return "Nothing found";
  const time = `${Math.round(milliseconds)} ms`;
  if (hits.length < videos) return `The best ${hits.length} of ${counted(videos, "video")} found, ${time}`;
  return `${counted(videos, "video")} found, ${time}`;
}

/** A card, and a button to its video's other moments if there are any. */
function group(hit, most, asked) {
  const item = card(hit, most);
  if (hit.more && asked.q) item.append(unfolding(item, hit, most, asked));
  return item;
}
