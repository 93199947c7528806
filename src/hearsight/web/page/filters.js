// The filters and the mode: what is chosen is in the state, what can be chosen comes from the libraries.

import { el, find } from "./dom.js";
import { FILTERS, follow, go, parameters } from "./state.js";
import { url } from "./api.js";
import { visible } from "./text.js";

const form = find("filters");
const menu = find("export");

export function begin() {
  form.addEventListener("change", ({ target }) => go({ [target.name]: target.value }));
  form.addEventListener("submit", (event) => event.preventDefault());
  find("loosen").addEventListener("click", () => go(Object.fromEntries(FILTERS.map((name) => [name, ""]))));
  follow(show);
}

function show(state) {
  for (const select of form.querySelectorAll("select")) choose(select, state[select.name]);
  form.elements.mode.hidden = !state.q;
  find("loosen").hidden = !FILTERS.some((name) => state[name]);
  // Only what has an address can be asked for again, as a file.
  menu.hidden = !state.q;
  for (const link of menu.querySelectorAll("a")) {
    link.href = url(["search", "export"], { format: link.dataset.format, q: state.q, ...parameters(state) });
  }
}

/** A choice that is not in the list (a shared link, a folder that is gone) is still told. */
function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(option(value));
  select.value = value;
  select.classList.toggle("chosen", value !== "");
}

/** Offer the libraries and their folders. */
export function offer(libraries) {
  const folders = [...new Set(libraries.flatMap((library) => library.folders))].sort();
  fill(form.elements.folder, folders);
  fill(
    form.elements.library,
    libraries.map((library) => library.name),
  );
  form.elements.folder.hidden = folders.length === 0;
  form.elements.library.hidden = libraries.length < 2;
}

function fill(select, values) {
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...values.map(option));
  choose(select, chosen);
}

const option = (value) => el("option", { value }, visible(value));
