// A drawing for files without a picture: a sound wave, always the same for the same moment.

import { svg } from "./dom.js";

const BARS = 40;

export function wave(seed) {
  const heights = Array.from({ length: BARS }, noise(seed));
  const bars = heights.map((height, index) => line(4 + index * 4, smooth(heights, index) * 0.7 + height * 0.3));
  const path = bars.join("");
  return svg("svg", { class: "wave", viewBox: "0 0 164 92", "aria-hidden": "true" }, svg("path", { d: path }));
}

function line(x, height) {
  const half = 2 + 26 * height;
  return `M${x} ${(46 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
}

const smooth = (heights, index) =>
  (heights[Math.max(index - 1, 0)] + heights[index] + heights[Math.min(index + 1, BARS - 1)]) / 3;

/** Return a generator of pseudorandom numbers from 0 to 1 (Lehmer's). */
function noise(seed) {
  let state = 1;
  for (const char of seed) state = (state * 31 + char.codePointAt(0)) % 2147483647 || 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
