// A link that searches for another text.

import { el } from "./dom.js";
import { navigate, newSearch, readState, stateUrl } from "./state.js";

/** marks: the quotation marks around the text, if there are any. */
export function queryLink(text, marks = ["", ""]) {
  const state = newSearch({ q: text });
  const anchor = el("a", { href: stateUrl({ ...readState(), ...state }) }, marks[0], el("bdi", {}, text), marks[1]);
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    navigate(state);
  });
  return anchor;
}
