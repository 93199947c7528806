// The timeline of a video: a bar for every clip, as wide as the clip is long and as high as its match is sure. For the
// keyboard and screen readers it is a slider that steps from clip to clip.

import { el, svg } from "./dom.js";
import { formatCount, range } from "./format.js";

const WIDTH = 1000;
const HEIGHT = 100;
const MIN_HEIGHT = 20; // so that every clip can be seen and clicked

/** moments: hits in order of time. onChoose: called with the moment that is clicked or stepped to. */
export function timeline(moments, duration, onChoose) {
  const length = Math.max(duration, moments.at(-1).end);
  const height = moments.map(({ confidence }) => MIN_HEIGHT + (HEIGHT - MIN_HEIGHT) * confidence);
  const column = svg("path", { class: "column" });
  const selected = svg("path", { class: "selected" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const bars = moments.map((moment, index) => bar(moment, height[index]));
  drawing.append(svg("path", { class: "clips", d: bars.join("") }));
  drawing.append(column, selected);
  const playhead = el("i", { className: "playhead" });
  const tip = el("output", { className: "tip", hidden: true, "aria-hidden": "true" });
  const strip = el("div", { className: "strip", role: "slider", tabIndex: 0 }, drawing, playhead, tip);
  strip.setAttribute("aria-label", "Moments of this video");
  strip.setAttribute("aria-valuemin", "1");
  strip.setAttribute("aria-valuemax", moments.length);
  strip.addEventListener("click", (event) => onChoose(momentAt(event)));
  strip.addEventListener("pointermove", (event) => showTip(momentAt(event)));
  strip.addEventListener("pointerleave", () => (tip.hidden = true));
  strip.addEventListener("keydown", step);
  let current = 0;

  return { strip, mark, playAt: (seconds) => (playhead.style.left = `${(100 * seconds) / length}%`) };

  /** Mark the open moment. */
  function mark(clip) {
    current = Math.max(
      0,
      moments.findIndex((moment) => moment.clip === clip),
    );
    column.setAttribute("d", bar(moments[current], HEIGHT));
    selected.setAttribute("d", bar(moments[current], height[current]));
    strip.setAttribute("aria-valuenow", current + 1);
    const position = `${current + 1} of ${moments.length}`;
    const moment = moments[current];
    strip.setAttribute("aria-valuetext", `${range(moment)}, moment ${position}, ${rankText(moment)}`);
  }

  function bar({ start, end }, high) {
    const x = (WIDTH * start) / length;
    const wide = Math.max((WIDTH * (end - start)) / length - 1.5, 0.5);
    return `M${x.toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${wide.toFixed(1)}V${HEIGHT}Z`;
  }

  function momentAt(event) {
    const box = strip.getBoundingClientRect();
    const seconds = (length * (event.clientX - box.left)) / box.width;
    return moments.findLast((moment) => moment.start <= seconds) ?? moments[0];
  }

  function showTip(moment) {
    tip.hidden = false;
    tip.textContent = `${range(moment)} · ${rankText(moment)}`;
    tip.style.left = `${Math.min(Math.max((100 * moment.start) / length, 12), 88)}%`;
  }

  function step(event) {
    const to = {
      ArrowRight: current + 1,
      ArrowUp: current + 1,
      ArrowLeft: current - 1,
      ArrowDown: current - 1,
      PageUp: current + 10,
      PageDown: current - 10,
      Home: 0,
      End: moments.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChoose(moments[Math.min(Math.max(to, 0), moments.length - 1)]);
  }

  function rankText(moment) {
    return moments.length === 1 ? "the whole video" : moment.rank === 1 ? "the best" : `number ${moment.rank}`;
  }
}

export function caption(moments) {
  if (moments.length === 1) return "This video is one moment long";
  return `How surely each of its ${formatCount(moments.length, "moment")} matches`;
}
