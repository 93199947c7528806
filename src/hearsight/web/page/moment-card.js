// The card of one moment: picture, name and time, why it matches, and the line that is said or read.

import { momentUrl } from "./api.js";
import { button, el } from "./dom.js";
import { wave } from "./missing-picture.js";
import { playButton } from "./preview.js";
import { stateUrl, newSearch, navigate, momentKey, readState } from "./state.js";
import { fileName, isPicture, markSpans, range, visible } from "./format.js";
import { bars, matchLabel } from "./explanation.js";
import { markText } from "./text-boxes.js";

/** rank: a text such as "3 of 12", if it is shown. */
export function momentCard(hit, rank = null) {
  const name = visible(fileName(hit.path));
  const open = link("open", { title: visible(hit.path) });
  open.append(el("bdi", {}, name), el("span", { className: "hidden" }, `, ${range(hit)}`));
  open.dataset.moment = momentKey(hit);
  const image = thumbnail(hit);
  const frame = el("div", { className: "frame" }, image, el("span", { className: "time" }, range(hit)));
  markText(image, hit);
  // The picture is a second link to the same moment, for pointers only.
  frame.append(
    link("picture-link", { tabIndex: -1, "aria-hidden": "true" }),
    ...(isPicture(hit) ? [] : [playButton(frame, hit, `${name}, ${range(hit)}`)]),
  );
  return el(
    "li",
    { className: hit.match === "weak" ? "card weak" : "card" },
    open,
    el("p", { className: "library-name" }, el("bdi", {}, visible(hit.library))),
    frame,
    matchLabel(hit),
    el(
      "div",
      { className: "card-footer" },
      rank && el("p", { className: "rank" }, rank),
      bars(hit),
      similarButton(hit, name),
    ),
    quotation("“", hit.line, hit.spans),
    quotation("Read: “", hit.text, hit.text_spans),
  );

  function link(className, properties) {
    const href = stateUrl({ ...readState(), open: momentKey(hit) });
    const click = (event) => follow(event, { open: momentKey(hit) });
    return el("a", { className, href, ...properties, on: { click } });
  }
}

/** Return a line with its spans marked, behind a beginning; null for an empty one. */
function quotation(beginning, line, spans) {
  return line.trim() ? el("p", { className: "line" }, beginning, el("bdi", {}, markSpans(line, spans)), "”") : null;
}

/** Return the picture of a moment, with its space reserved; a drawing if there is no picture. */
export function thumbnail(hit) {
  const image = el("img", { alt: "", width: 320, height: 180, loading: "lazy", decoding: "async" });
  image.addEventListener("load", () => image.classList.add("loaded"));
  image.addEventListener("error", () => image.replaceWith(wave(hit.clip)));
  image.src = momentUrl(hit, "thumbnail");
  return image;
}

function similarButton(hit, name) {
  const findSimilar = () => navigate(newSearch({ similar: momentKey(hit) }));
  return button(`More like ${name}, ${range(hit)}`, "similar", findSimilar, { bare: true, className: "plain similar" });
}

/** Follow a link within the page, unless a modifier key opens it in a new tab or window. */
function follow(event, changes) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  navigate(changes);
}
