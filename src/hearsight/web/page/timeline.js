// The strip of the score over a video: a bar for every clip, as wide as it is long. A slider for keyboard and screen
// reader, which steps from clip to clip.

import { el, svg } from "./dom.js";
import { counted, range } from "./text.js";

const WIDTH = 1000;
const HEIGHT = 100;
const FLOOR = 20; // of HEIGHT, so that the worst clip can still be seen and hit

/** moments: hits in order of time. choose: called with the moment that was clicked or stepped to. */
export function timeline(moments, duration, choose) {
  const length = Math.max(duration, moments.at(-1).end);
  const height = heights(moments);
  const column = svg("path", { class: "column" });
  const chosen = svg("path", { class: "chosen" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  drawing.append(svg("path", { class: "clips", d: moments.map((moment, at) => bar(moment, height[at])).join("") }));
  drawing.append(column, chosen);
  const head = el("i", { className: "head" });
  const tip = el("output", { className: "tip", hidden: true, "aria-hidden": "true" });
  const strip = el("div", { className: "strip", role: "slider", tabIndex: 0 }, drawing, head, tip);
  strip.setAttribute("aria-label", "Moments of this video");
  strip.setAttribute("aria-valuemin", "1");
  strip.setAttribute("aria-valuemax", moments.length);
  strip.addEventListener("click", (event) => choose(under(event)));
  strip.addEventListener("pointermove", (event) => point(under(event)));
  strip.addEventListener("pointerleave", () => (tip.hidden = true));
  strip.addEventListener("keydown", step);
  let current = 0;

  return { strip, mark, playAt: (seconds) => (head.style.left = `${(100 * seconds) / length}%`) };

  /** Mark the moment that is open. */
  function mark(clip) {
    current = Math.max(
      0,
      moments.findIndex((moment) => moment.clip === clip),
    );
    column.setAttribute("d", bar(moments[current], HEIGHT));
    chosen.setAttribute("d", bar(moments[current], height[current]));
    strip.setAttribute("aria-valuenow", current + 1);
    const place = `${current + 1} of ${moments.length}`;
    strip.setAttribute("aria-valuetext", `${range(moments[current])}, moment ${place}, ${ranked(moments[current])}`);
  }

  function bar({ start, end }, high) {
    const x = (WIDTH * start) / length;
    const wide = Math.max((WIDTH * (end - start)) / length - 1.5, 0.5);
    return `M${x.toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${wide.toFixed(1)}V${HEIGHT}Z`;
  }

  function under(event) {
    const box = strip.getBoundingClientRect();
    const seconds = (length * (event.clientX - box.left)) / box.width;
    return moments.findLast((moment) => moment.start <= seconds) ?? moments[0];
  }

  function point(moment) {
    tip.hidden = false;
    tip.textContent = `${range(moment)} · ${ranked(moment)}`;
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
    choose(moments[Math.min(Math.max(to, 0), moments.length - 1)]);
  }

  function ranked(moment) {
    return moments.length === 1 ? "the whole video" : moment.rank === 1 ? "the best" : `number ${moment.rank}`;
  }
}

/** The scores as heights, from the worst to the best of this video. */
function heights(moments) {
  const scores = moments.map((moment) => moment.score);
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  const share = (score) => (most > least ? (score - least) / (most - least) : 1);
  return scores.map((score) => FLOOR + (HEIGHT - FLOOR) * share(score));
}

export const caption = (moments) =>
  moments.length > 1 ? `How well each of its ${counted(moments.length, "moment")} answers` : "It is one moment long";
