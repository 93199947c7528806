// What there is to say about a search besides its results: that nothing matches, what the library cannot do, and other
// spellings of the query.

import { el, byId } from "./dom.js";
import { queryLink } from "./query-link.js";
import { visible } from "./format.js";

const box = byId("hints");

/** Show the hints of a result. nearest: whether results are shown though nothing matches. */
export function show({ notes, suggestions }, nearest) {
  const lines = notes.map((note) => el("p", {}, `Note: ${visible(note)}.`));
  if (suggestions.length) lines.push(el("p", {}, "Did you mean ", ...orList(suggestions), "?"));
  if (nearest) lines.push(el("h2", {}, "Nothing here looks, sounds or reads like that. The nearest:"));
  box.replaceChildren(...lines);
}

export function clear() {
  box.replaceChildren();
}

const orList = (queries) => queries.flatMap((query, index) => [index ? " or " : "", queryLink(query)]);
