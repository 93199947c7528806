// The row below a card that shows all moments of its video, best first.

import { get } from "./api.js";
import { card } from "./card.js";
import { button, el } from "./dom.js";
import { stop } from "./preview.js";
import { fileName, counted, visible } from "./text.js";
import { mostOf } from "./why.js";

/** The button that opens and closes the row of a card. asked: the query and its mode; most: see why.js. */
export function unfolding(item, hit, most, asked) {
  const unfold = button(counted(hit.more, "more moment"), null, toggle, { className: "plain more" });
  let row = null;
  unfold.setAttribute("aria-expanded", "false");
  return unfold;

  function toggle() {
    if (row) fold();
    else open();
  }

  async function open() {
    row = el("li", { className: "moments" }, el("p", { role: "status" }, "Looking…"));
    item.after(row);
    unfold.setAttribute("aria-expanded", "true");
    try {
      const moments = await get(["libraries", hit.library, "clips", hit.clip, "moments"], asked);
      row?.replaceChildren(...lists(moments, hit, most, fold));
    } catch (error) {
      row?.replaceChildren(el("p", { className: "error", role: "alert" }, error.message));
    }
  }

  function fold() {
    stop();
    row.remove();
    row = null;
    unfold.setAttribute("aria-expanded", "false");
    unfold.focus();
  }
}

/** First the moments that rank among all that was found, then the video's others. */
function lists(moments, hit, most, fold) {
  const full = Math.max(most, mostOf(moments));
  const sorted = [...moments].sort((a, b) => a.rank - b.rank);
  const others = sorted.slice(hit.more + 1);
  const title = el("h2", {}, "Moments of ", el("bdi", {}, visible(fileName(hit.path))), ", best first");
  const parts = [el("header", {}, title, button("Close", "close", fold, { bare: true }))];
  parts.push(list(sorted.slice(0, hit.more + 1), "Moments that rank"));
  if (others.length) parts.push(el("h3", {}, "The rest of this video"), list(others, "Other moments"));
  return parts;

  function list(some, label) {
    const cards = some.map((moment) => card(moment, full, `${moment.rank} of ${moments.length}`));
    return el("ol", { className: "grid small", role: "list", "aria-label": label }, ...cards);
  }
}
