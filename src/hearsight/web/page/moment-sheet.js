// The sheet with a moment's details. All its parts have their space from the beginning, so that nothing moves when they
// are filled.

import { momentUrl } from "./api.js";
import { button, el, icon } from "./dom.js";
import { stateUrl, newSearch, navigate, momentKey, readState } from "./state.js";
import { clock, fileName, range, visible } from "./format.js";
import { caption } from "./timeline.js";
import { bars, evidenceList, gateSentence, matchLabel } from "./explanation.js";

const COPIED_MS = 2000; // how long the button says "Copied"

/** neighbours: the position among the results, and functions that open the previous and the next one. */
export function createSheet(neighbours, close) {
  const name = el("h2", { id: "detail-name", tabIndex: -1 }, "…");
  const place = el("p", { className: "muted" });
  const player = el("div", { className: "player" });
  const strip = el("div", { className: "timeline" });
  const buttons = el("div", { className: "actions" });
  const explanation = el("section", { className: "explanation", "aria-label": "Why it matches" });
  const words = el("section", { className: "transcript-section", "aria-label": "What is said" });
  const title = el("div", { className: "title" }, name, place);
  const header = el("header", {}, title, steps(neighbours), closeButton(close));
  const side = el("div", { className: "side" }, explanation, words);
  const body = el("div", { className: "body" }, el("div", { className: "viewer" }, player, strip, buttons), side);

  return {
    all: [header, body],
    head(hit) {
      name.replaceChildren(el("bdi", {}, visible(fileName(hit.path))));
      place.replaceChildren(...placeOf(hit));
      buttons.replaceChildren(...actions(hit));
    },
    player: (box) => player.replaceWith(box),
    strip(timeline, moments) {
      strip.replaceChildren(...(timeline ? [timeline.strip, el("p", { className: "muted" }, caption(moments))] : []));
    },
    explanation: (hit, hasQuery) => explanation.replaceChildren(...explain(hit, hasQuery)),
    words: (list, spoken) => words.replaceChildren(el("h3", {}, "What is said", source(spoken)), list),
    error: (error) => body.replaceChildren(el("p", { className: "error", role: "alert" }, error.message)),
  };
}

function steps({ index, total, previous, next }) {
  if (index === undefined) return null;
  const step = (label, drawing, onClick) => button(label, drawing, onClick, { bare: true, disabled: !onClick });
  const position = el("span", { className: "muted" }, `${index + 1} of ${total}`);
  return el(
    "nav",
    { className: "steps", "aria-label": "Results" },
    step("Previous result", "previous", previous),
    position,
    step("Next result", "next", next),
  );
}

const closeButton = (close) => button("Close", "close", close, { bare: true, className: "plain close" });

function placeOf(hit) {
  const folder = hit.path.slice(0, -fileName(hit.path).length - 1);
  const time = el("span", { className: "time-range" }, range(hit));
  const library = el("span", { className: "library-name" }, " · ", el("bdi", {}, visible(hit.library)));
  const length = hit.duration ? ` of ${clock(hit.duration)}` : "";
  return [time, length, folder && el("bdi", {}, `  in ${visible(folder)}`), library];
}

function actions(hit) {
  const copy = button("Copy link", "link", () => copyLink(copy));
  const file = el("a", { className: "plain", href: momentUrl(hit, "media"), target: "_blank", rel: "noopener" });
  file.append(icon("file"), "Open file");
  return [button("More like this", "similar", () => navigate(newSearch({ similar: momentKey(hit) }))), copy, file];
}

async function copyLink(copy) {
  const link = new URL(stateUrl(readState()), location).href;
  const label = copy.lastChild;
  try {
    await navigator.clipboard.writeText(link);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = "Copy link"), COPIED_MS);
  } catch {
    // Browsers allow pages to copy only over HTTPS or on localhost. Otherwise the user copies the link.
    const field = el("input", { value: link, readOnly: true, "aria-label": "Link to this moment" });
    copy.replaceWith(field);
    field.select();
  }
}

function explain(hit, hasQuery) {
  const gates = gateSentence(hit.gates);
  return [
    el("h3", {}, "Why it matches"),
    ...(hasQuery ? [matchLabel(hit), bars(hit), evidenceList(hit)] : []),
    gates && el("p", { className: "muted" }, gates),
  ].filter(Boolean);
}

function source({ source, language }) {
  const text = [source === "none" ? "" : source, language].filter(Boolean).join(", ");
  return text && el("small", {}, visible(text));
}
