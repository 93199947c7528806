// The transcript around a moment. A click on a line plays it; the line that is being said is highlighted.

import { el } from "./dom.js";
import { clock, markSpans } from "./format.js";

/** The first parameter is the answer of the API. seek: called with the second of a line that is clicked. */
export function transcript({ lines }, seek) {
  if (!lines.length) return { list: el("p", { className: "muted" }, "Nothing is said here."), playAt() {}, show() {} };
  const items = lines.map((line) => {
    const said = el("bdi", {}, markSpans(line.text, line.spans));
    const time = el("time", {}, clock(line.start));
    return el("li", {}, el("button", { type: "button", on: { click: () => seek(line.start) } }, time, said));
  });
  const list = el("ol", { className: "transcript", role: "list" }, ...items);

  return { list, playAt, show };

  function playAt(seconds) {
    lines.forEach((line, index) => {
      items[index].classList.toggle("current", line.start <= seconds && seconds < line.end);
    });
  }

  /** Scroll the list to the lines of a moment, without scrolling the page. */
  function show({ start, end }) {
    const firstAfter = lines.findIndex((line) => line.end > start);
    const first = firstAfter < 0 ? lines.length - 1 : firstAfter;
    lines.forEach((line, index) => items[index].classList.toggle("in-clip", line.end > start && line.start < end));
    list.scrollTop = items[first].offsetTop - list.offsetTop - 40;
  }
}
