// The sheet of a moment's details: its places, which are there from the beginning so that nothing moves, and what goes
// into each of them.

import { momentUrl } from "./api.js";
import { button, el, icon } from "./dom.js";
import { address, asking, go, named, read } from "./state.js";
import { clock, fileName, range, visible } from "./text.js";
import { caption } from "./timeline.js";
import { bars, openness, sentence } from "./why.js";

const COPIED = 2000; // milliseconds that a button says so

/** beside: where the moment stands among the results, and how to get to its neighbours. */
export function sheet(beside, close) {
  const name = el("h2", { id: "detail-name", tabIndex: -1 }, "…");
  const where = el("p", { className: "quiet" });
  const film = el("div", { className: "player" });
  const strip = el("div", { className: "timeline" });
  const acts = el("div", { className: "actions" });
  const why = el("section", { className: "reasons", "aria-label": "What spoke for it" });
  const words = el("section", { className: "words", "aria-label": "What is said" });
  const header = el("header", {}, el("div", { className: "title" }, name, where), steps(beside), closer(close));
  const side = el("div", { className: "side" }, why, words);
  const body = el("div", { className: "body" }, el("div", { className: "watch" }, film, strip, acts), side);

  return {
    all: [header, body],
    head(hit) {
      name.replaceChildren(el("bdi", {}, visible(fileName(hit.path))));
      where.replaceChildren(...place(hit));
      acts.replaceChildren(...actions(hit));
    },
    player: (box) => film.replaceWith(box),
    strip(made, moments) {
      strip.replaceChildren(...(made ? [made.strip, el("p", { className: "quiet" }, caption(moments))] : []));
    },
    why: (hit, most, asked) => why.replaceChildren(...reasons(hit, most, asked)),
    words: (list, said) => words.replaceChildren(el("h3", {}, "What is said", source(said)), list),
    trouble: (error) => body.replaceChildren(el("p", { className: "error", role: "alert" }, error.message)),
  };
}

function steps({ at, of, before, after }) {
  if (at === undefined) return null;
  const step = (label, drawing, go) => button(label, drawing, go, { bare: true, disabled: !go });
  const place = el("span", { className: "quiet" }, `${at + 1} of ${of}`);
  return el(
    "nav",
    { className: "steps", "aria-label": "Results" },
    step("Result before", "before", before),
    place,
    step("Next result", "after", after),
  );
}

const closer = (close) => button("Close", "close", close, { bare: true, className: "plain close" });

function place(hit) {
  const folder = hit.path.slice(0, -fileName(hit.path).length - 1);
  const when = el("span", { className: "when" }, range(hit));
  const whose = el("span", { className: "whose" }, " · ", el("bdi", {}, visible(hit.library)));
  const length = hit.duration ? ` of ${clock(hit.duration)}` : "";
  return [when, length, folder && el("bdi", {}, `  in ${visible(folder)}`), whose];
}

function actions(hit) {
  const copy = button("Copy link", "link", () => copyLink(copy));
  const file = el("a", { className: "plain", href: momentUrl(hit, "media"), target: "_blank", rel: "noopener" });
  file.append(icon("file"), "Open file");
  return [button("More like this", "like", () => go(asking({ similar: named(hit) }))), copy, file];
}

async function copyLink(copy) {
  const link = new URL(address(read()), location).href;
  const label = copy.lastChild;
  try {
    await navigator.clipboard.writeText(link);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = "Copy link"), COPIED);
  } catch {
    // Browsers let pages copy on safe connections only: then the person does it.
    const field = el("input", { value: link, readOnly: true, "aria-label": "Link to this moment" });
    copy.replaceWith(field);
    field.select();
  }
}

function reasons(hit, most, asked) {
  const letIn = openness(hit.gates);
  return [
    el("h3", {}, "What spoke for it"),
    asked && bars(hit, most),
    asked && el("p", {}, sentence(hit, most)),
    letIn && el("p", { className: "quiet" }, letIn),
  ].filter(Boolean);
}

function source({ source, language }) {
  const told = [source === "none" ? "" : source, language].filter(Boolean).join(", ");
  return told && el("small", {}, visible(told));
}
