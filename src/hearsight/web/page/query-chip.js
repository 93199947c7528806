// The chip above the results of a search without words: the moment or the file that the results are similar to.

import { get } from "./api.js";
import { thumbnail } from "./moment-card.js";
import { button, el, byId } from "./dom.js";
import { exampleOf } from "./query-by-example.js";
import { wave } from "./missing-picture.js";
import { newSearch, navigate, parseMoment } from "./state.js";
import { fileName, range, visible } from "./format.js";

const box = byId("query-chip");
let pictureUrl = null; // of an example picture; has to be revoked

export function show(state) {
  if (pictureUrl) URL.revokeObjectURL(pictureUrl);
  pictureUrl = null;
  box.replaceChildren();
  const file = exampleOf(state.example);
  if (file) showChip(pictureOf(file), visible(file.name));
  else if (state.similar) showMoment(parseMoment(state.similar));
}

/** Show how much of a file is sent, from 0 to 1; null hides it. */
export function progress(share) {
  const bar = box.querySelector("progress");
  if (!bar) return;
  bar.hidden = share === null;
  // After the upload the server decodes and searches, which takes an unknown time.
  if (share !== null && share < 1) bar.value = share;
  else bar.removeAttribute("value");
}

async function showMoment(moment) {
  const name = showChip(thumbnail(moment), "…");
  try {
    const clip = await get(["libraries", moment.library, "clips", moment.clip]);
    name.textContent = `${visible(fileName(clip.path))}, ${range(clip)}`;
  } catch {
    name.textContent = "a moment"; // the search shows what is wrong
  }
}

function pictureOf(file) {
  if (!file.type.startsWith("image/")) return wave(file.name);
  pictureUrl = URL.createObjectURL(file);
  return el("img", { src: pictureUrl, alt: "", className: "loaded" });
}

function showChip(image, text) {
  const name = el("bdi", {}, text);
  const bar = el("progress", { max: 1, hidden: true, "aria-label": "Sending the example" });
  box.append(
    el("div", { className: "frame" }, image),
    el("p", {}, "Similar to ", name, bar),
    button("Back to the start", "close", () => navigate(newSearch({})), { bare: true }),
  );
  return name;
}
