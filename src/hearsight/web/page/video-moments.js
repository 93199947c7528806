// The row below a card with all moments of its video, best first.

import { get } from "./api.js";
import { momentCard } from "./moment-card.js";
import { button, el } from "./dom.js";
import { stopPreview } from "./preview.js";
import { fileName, formatCount, visible } from "./format.js";

/** Return the button that opens and closes the row of a card. query: with its mode. */
export function moreMomentsButton(item, hit, query) {
  const toggleButton = button(formatCount(hit.more, "more moment"), null, toggle, { className: "plain more" });
  let row = null;
  toggleButton.setAttribute("aria-expanded", "false");
  return toggleButton;

  function toggle() {
    if (row) close();
    else open();
  }

  async function open() {
    row = el("li", { className: "moments" }, el("p", { role: "status" }, "Loading…"));
    item.after(row);
    toggleButton.setAttribute("aria-expanded", "true");
    try {
      const moments = await get(["libraries", hit.library, "clips", hit.clip, "moments"], query);
      row?.replaceChildren(...lists(moments, hit, close));
    } catch (error) {
      row?.replaceChildren(el("p", { className: "error", role: "alert" }, error.message));
    }
  }

  function close() {
    stopPreview();
    row.remove();
    row = null;
    toggleButton.setAttribute("aria-expanded", "false");
    toggleButton.focus();
  }
}

/** Return lists of the moments that rank above the last result, then of the video's other moments. */
function lists(moments, hit, close) {
  const sorted = [...moments].sort((a, b) => a.rank - b.rank);
  const rest = sorted.slice(hit.more + 1);
  const title = el("h2", {}, "Moments of ", el("bdi", {}, visible(fileName(hit.path))), ", best first");
  const parts = [el("header", {}, title, button("Close", "close", close, { bare: true }))];
  parts.push(list(sorted.slice(0, hit.more + 1), "Moments among the results"));
  if (rest.length) parts.push(el("h3", {}, "The rest of this video"), list(rest, "Other moments"));
  return parts;

  function list(someMoments, label) {
    const cards = someMoments.map((moment) => momentCard(moment, `${moment.rank} of ${moments.length}`));
    return el("ol", { className: "grid small", role: "list", "aria-label": label }, ...cards);
  }
}
