// Starts the page. The address is the state (state.js), and this file passes every change of it to the parts.

import * as momentDetail from "./moment-detail.js";
import { byId } from "./dom.js";
import * as queryByExample from "./query-by-example.js";
import * as filters from "./filters.js";
import * as keyboard from "./keyboard.js";
import * as library from "./library.js";
import { allowRepeat, clearCache, search } from "./search.js";
import * as signin from "./signin.js";
import * as sound from "./sound-switch.js";
import { newSearch, navigate, onStateChange, hasQuery, readState } from "./state.js";
import * as theme from "./theme.js";
import * as firstScreen from "./first-screen.js";

const RETRY_MS = 3000; // until a server that did not answer is asked again

const box = byId("q");

theme.init();
sound.init();
keyboard.init();
queryByExample.init();
momentDetail.init();
library.init();
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!box.value.trim()) return box.focus();
  allowRepeat();
  navigate(newSearch({ q: box.value.trim() }));
  if (matchMedia("(hover: none)").matches) box.blur(); // closes a phone's keyboard
});
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  navigate(newSearch({}));
  box.focus();
});

await signin.signInFromAddress();
filters.init();
onStateChange(show);
if (!hasQuery(readState())) box.focus();
await loadLibraries();

/** Load the libraries and examples, however long the server takes to answer. */
async function loadLibraries() {
  try {
    await firstScreen.waitForModel();
    await Promise.all([library.onLibraryChange(showLibraries), firstScreen.showExamples()]);
  } catch (error) {
    firstScreen.showError(error);
    setTimeout(loadLibraries, RETRY_MS);
  }
}

function show(state) {
  document.documentElement.dataset.view = hasQuery(state) ? "results" : "first";
  document.title = state.q ? `${state.q} - Hearsight` : "Hearsight";
  box.value = state.q;
  search(state);
  momentDetail.show(state);
}

/** Update the page after the libraries were loaded or have changed. */
function showLibraries(libraries) {
  clearCache();
  filters.setLibraries(libraries);
  firstScreen.showLibraries(libraries);
  document.documentElement.classList.toggle("several", libraries.length > 1);
}
