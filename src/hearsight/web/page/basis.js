// What the results are like, where no words were asked for: a moment, or a file that was dropped in.

import { get } from "./api.js";
import { thumbnail } from "./card.js";
import { button, el, find } from "./dom.js";
import { exampleOf } from "./example.js";
import { wave } from "./placeholder.js";
import { asking, go, place } from "./state.js";
import { fileName, range, visible } from "./text.js";

const box = find("basis");
let picture = null; // the address of a dropped picture, which has to be given back

export function show(state) {
  if (picture) URL.revokeObjectURL(picture);
  picture = null;
  box.replaceChildren();
  const file = exampleOf(state.example);
  if (file) chip(drawing(file), visible(file.name));
  else if (state.similar) moment(place(state.similar));
}

/** How much of a file is sent, from 0 to 1; null when that is over. */
export function progress(share) {
  const bar = box.querySelector("progress");
  if (!bar) return;
  bar.hidden = share === null;
  // Sending is the smaller part: from then on the server looks and listens, nobody knows how long.
  if (share !== null && share < 1) bar.value = share;
  else bar.removeAttribute("value");
}

async function moment(which) {
  const name = chip(thumbnail(which), "…");
  try {
    const clip = await get(["libraries", which.library, "clips", which.clip]);
    name.textContent = `${visible(fileName(clip.path))}, ${range(clip)}`;
  } catch {
    name.textContent = "a moment"; // the search tells what is wrong with it
  }
}

function drawing(file) {
  if (!file.type.startsWith("image/")) return wave(file.name);
  picture = URL.createObjectURL(file);
  return el("img", { src: picture, alt: "", className: "here" });
}

function chip(image, text) {
  const name = el("bdi", {}, text);
  const bar = el("progress", { max: 1, hidden: true, "aria-label": "Sending the example" });
  box.append(
    el("div", { className: "frame" }, image),
    el("p", {}, "Like ", name, bar),
    button("Back to the beginning", "close", () => go(asking({})), { bare: true }),
  );
  return name;
}
