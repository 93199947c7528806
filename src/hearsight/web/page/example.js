// Query by example: a picture, a sound or a short video that is dropped in, pasted or chosen.

import { find } from "./dom.js";
import { asking, go } from "./state.js";

const files = new Map(); // by the number in history.state; they live as long as the page

// The history outlives a reload, so the numbers of before must not come again.
let latest = Date.now();

export const hasExample = (number) => files.has(number);
export const exampleOf = (number) => files.get(number);

function searchLike(file) {
  if (!file) return;
  latest += 1;
  files.set(latest, file);
  go(asking({ example: latest }));
}

export function begin() {
  const chooser = find("file");
  find("choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    searchLike(chooser.files[0]);
    chooser.value = ""; // the same file may be chosen again
  });
  addEventListener("paste", (event) => searchLike(event.clipboardData.files[0]));
  followDrags();
}

function followDrags() {
  const veil = find("drop");
  const ours = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    veil.hidden = true;
    searchLike(event.dataTransfer.files[0]);
  });
}
