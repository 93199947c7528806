// What is said around a moment. A click on a line plays from there; the line that is being said is marked.

import { el } from "./dom.js";
import { clock, marked } from "./text.js";

/** transcript: as the API tells it. seek: called with the second of a line that is clicked. */
export function transcript({ lines }, seek) {
  if (!lines.length) return { list: el("p", { className: "quiet" }, "Nothing is said here."), playAt() {}, show() {} };
  const items = lines.map((line) => {
    const said = el("bdi", {}, marked(line.text, line.spans));
    const time = el("time", {}, clock(line.start));
    return el("li", {}, el("button", { type: "button", on: { click: () => seek(line.start) } }, time, said));
  });
  const list = el("ol", { className: "transcript", role: "list" }, ...items);

  return { list, playAt, show };

  function playAt(seconds) {
    lines.forEach((line, at) => items[at].classList.toggle("now", line.start <= seconds && seconds < line.end));
  }

  /** Bring the lines of a moment into sight, without moving the page. */
  function show({ start, end }) {
    const after = lines.findIndex((line) => line.end > start);
    const first = after < 0 ? lines.length - 1 : after;
    lines.forEach((line, at) => items[at].classList.toggle("within", line.end > start && line.start < end));
    list.scrollTop = items[first].offsetTop - list.offsetTop - 40;
  }
}
