// The filters and the mode: the choices come from the libraries, the chosen values are in the state.

import { el, byId } from "./dom.js";
import { FILTERS, navigate, onStateChange } from "./state.js";
import { visible } from "./format.js";

const form = byId("filters");

export function init() {
  form.addEventListener("change", ({ target }) => navigate({ [target.name]: target.value }));
  form.addEventListener("submit", (event) => event.preventDefault());
  const noFilters = Object.fromEntries(FILTERS.map((name) => [name, ""]));
  byId("clear-filters").addEventListener("click", () => navigate(noFilters));
  onStateChange(show);
}

function show(state) {
  for (const select of form.querySelectorAll("select")) choose(select, state[select.name]);
  form.elements.mode.hidden = !state.q;
  if (state.q) form.elements.by.hidden = true;
  byId("clear-filters").hidden = !FILTERS.some((name) => state[name]);
}

/** Select a value, and add it to the list if it is missing, as in a shared link to a deleted folder. */
function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(option(value));
  select.value = value;
  select.classList.toggle("chosen", value !== "");
}

/** Offer to compare an example by one of its senses, where it has several. senses: [] for a search by words. */
export function setSenses(senses) {
  const select = form.elements.by;
  for (const option of select.options) {
    option.hidden = option.value !== "" && !option.selected && !senses.includes(option.value);
  }
  select.hidden = senses.length < 2 && !select.value;
}

/** Fill the lists of libraries and folders. */
export function setLibraries(libraries) {
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
  const current = select.value;
  select.replaceChildren(select.options[0], ...values.map(option));
  choose(select, current);
}

const option = (value) => el("option", { value }, visible(value));
