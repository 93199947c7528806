// The menu of files that the results of a search by text can be saved as.

import { url } from "./api.js";
import { byId } from "./dom.js";
import { parameters } from "./state.js";

const menu = byId("export");

/** Show the menu for a result, unless its file would be empty: it has weak matches only while the page shows them. */
export function show(state, { hits, matched }) {
  menu.hidden = !state.q || !(state.weak ? hits.length : matched);
  for (const link of menu.querySelectorAll("a")) {
    const options = { format: link.dataset.format, q: state.q, min_confidence: state.weak ? 0 : null };
    link.href = url(["search", "export"], { ...options, ...parameters(state) });
  }
}

export function hide() {
  menu.hidden = true;
}
