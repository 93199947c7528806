// The card of one moment: picture, name and time, the line that is said, and what spoke for it.

import { momentUrl } from "./api.js";
import { button, el } from "./dom.js";
import { wave } from "./placeholder.js";
import { playable } from "./preview.js";
import { address, asking, go, named, read } from "./state.js";
import { fileName, marked, range, visible } from "./text.js";
import { bars } from "./why.js";

/** most: what a full bar stands for. ranks: how the rank is told, if it is. */
export function card(hit, most, rank = null) {
  const name = visible(fileName(hit.path));
  const open = link("open", { title: visible(hit.path) });
  open.append(el("bdi", {}, name), el("span", { className: "hidden" }, `, ${range(hit)}`));
  open.dataset.moment = named(hit);
  const frame = el("div", { className: "frame" }, thumbnail(hit), el("span", { className: "time" }, range(hit)));
  // The picture is a second link to the same moment, for pointers only.
  frame.append(link("face", { tabIndex: -1, "aria-hidden": "true" }), playable(frame, hit, `${name}, ${range(hit)}`));
  return el(
    "li",
    { className: "card" },
    open,
    el("p", { className: "whose" }, el("bdi", {}, visible(hit.library))),
    frame,
    el("div", { className: "under" }, rank && el("p", { className: "rank" }, rank), bars(hit, most), like(hit, name)),
    hit.line.trim() && el("p", { className: "line" }, "“", el("bdi", {}, marked(hit.line, hit.spans)), "”"),
  );

  function link(className, properties) {
    const href = address({ ...read(), open: named(hit) });
    return el("a", { className, href, ...properties, on: { click: (event) => follow(event, { open: named(hit) }) } });
  }
}

/** The picture of a moment, in space that is kept for it; a drawing where there is none. */
export function thumbnail(hit) {
  const image = el("img", { alt: "", width: 320, height: 180, loading: "lazy", decoding: "async" });
  image.addEventListener("load", () => image.classList.add("here"));
  image.addEventListener("error", () => image.replaceWith(wave(hit.clip)));
  image.src = momentUrl(hit, "thumbnail");
  return image;
}

function like(hit, name) {
  const find = () => go(asking({ similar: named(hit) }));
  return button(`More like ${name}, ${range(hit)}`, "like", find, { bare: true, className: "plain like" });
}

/** A link within the page, unless it is to be opened elsewhere. */
function follow(event, changes) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(changes);
}
