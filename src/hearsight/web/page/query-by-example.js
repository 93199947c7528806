// Query by example: a picture, a sound or a short video that the user drops, pastes or chooses.

import { byId } from "./dom.js";
import { newSearch, navigate } from "./state.js";

const files = new Map(); // by the number in history.state, until the page is closed

// The history outlives a reload, so numbers must not be used again.
let latestNumber = Date.now();

export const hasExample = (number) => files.has(number);
export const exampleOf = (number) => files.get(number);

function searchSimilar(file) {
  if (!file) return;
  latestNumber += 1;
  files.set(latestNumber, file);
  navigate(newSearch({ example: latestNumber }));
}

export function init() {
  const chooser = byId("file");
  byId("choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    searchSimilar(chooser.files[0]);
    chooser.value = ""; // so that the same file can be chosen again
  });
  addEventListener("paste", (event) => searchSimilar(event.clipboardData.files[0]));
  handleDrops();
}

function handleDrops() {
  const dropHint = byId("drop");
  const hasFiles = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dropHint.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) dropHint.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dropHint.hidden = true;
    searchSimilar(event.dataTransfer.files[0]);
  });
}
