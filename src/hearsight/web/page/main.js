// Hearsight's page. The address is the state (state.js); this file lets every part follow it.

import * as detail from "./detail.js";
import { find } from "./dom.js";
import * as example from "./example.js";
import * as filters from "./filters.js";
import * as keyboard from "./keyboard.js";
import * as library from "./library.js";
import { anew, forget, search } from "./search.js";
import * as signin from "./signin.js";
import * as sound from "./sound.js";
import { asking, follow, go, isAsking, read } from "./state.js";
import * as theme from "./theme.js";
import * as welcome from "./welcome.js";

const AGAIN = 3000; // milliseconds until a server that did not answer is asked again

const box = find("q");

theme.begin();
sound.begin();
keyboard.begin();
example.begin();
detail.begin();
library.begin();
find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!box.value.trim()) return box.focus();
  anew();
  go(asking({ q: box.value.trim() }));
  if (matchMedia("(hover: none)").matches) box.blur(); // puts away the keyboard of a phone
});
find("home").addEventListener("click", (event) => {
  event.preventDefault();
  go(asking({}));
  box.focus();
});

await signin.fromAddress();
filters.begin();
follow(show);
if (!isAsking(read())) box.focus();
await begin();

/** Learn what there is, however long it takes until the server answers. */
async function begin() {
  try {
    await welcome.ready();
    await Promise.all([library.follow(told), welcome.examples()]);
  } catch (error) {
    welcome.trouble(error);
    setTimeout(begin, AGAIN);
  }
}

function show(state) {
  document.documentElement.dataset.view = isAsking(state) ? "results" : "first";
  document.title = state.q ? `${state.q} - Hearsight` : "Hearsight";
  box.value = state.q;
  search(state);
  detail.show(state);
}

/** What is in the libraries is known, or is another now. */
function told(libraries) {
  forget();
  filters.offer(libraries);
  welcome.tell(libraries);
  document.documentElement.classList.toggle("several", libraries.length > 1);
}
