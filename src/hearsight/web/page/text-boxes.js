// Frames around the text in a moment's picture that speaks for it.

import { svg } from "./dom.js";

const MARGIN = 0.01; // around a text, as a share of the picture's width

/** Draw the frames over the picture of a hit, once it has loaded; nothing if no text in it matches. */
export function markText(image, hit) {
  const boxes = (hit.evidence ?? []).filter(({ sense, box }) => sense === "read" && box).map(({ box }) => box);
  const distinct = new Map(boxes.map((box) => [String(box), box]));
  if (distinct.size) image.addEventListener("load", () => image.after(drawing(image, [...distinct.values()])));
}

/** The drawing has the size of the picture's pixels, and is fitted into the frame as the picture is. */
function drawing({ naturalWidth: width, naturalHeight: height }, boxes) {
  const margin = MARGIN * width;
  const rectangles = boxes.map(([left, top, right, bottom]) =>
    svg("rect", {
      x: left * width - margin,
      y: top * height - margin,
      width: (right - left) * width + 2 * margin,
      height: (bottom - top) * height + 2 * margin,
      rx: margin,
    }),
  );
  return svg("svg", { class: "text-boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...rectangles);
}
