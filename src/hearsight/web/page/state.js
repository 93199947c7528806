// The state of the page is its address: the query, its filters and the open moment. So every view can be shared, and
// Back, Forward and reload need no code.
//
// An example file is the exception, because it cannot be part of an address: history.state contains its number.

const PAGE = 24;
const DEFAULTS = {
  q: "",
  mode: "",
  speech: "",
  sound: "",
  length: "",
  folder: "",
  library: "",
  similar: "",
  by: "", // what of an example is compared: seen, heard or said; all by default
  open: "",
  weak: "", // "yes": weak matches are shown
  limit: PAGE,
};
export const MAX_RESULTS = 100; // the limit of the server
export const FILTERS = ["speech", "sound", "length", "folder", "library"];

const LENGTHS = { short: [null, 60], medium: [60, 600], long: [600, 3600], film: [3600, null] };
const listeners = [];

export function readState() {
  const state = { ...DEFAULTS };
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name in DEFAULTS) state[name] = value;
  }
  state.limit = Math.min(Math.max(PAGE, Number.parseInt(state.limit, 10) || PAGE), MAX_RESULTS);
  state.example = history.state?.example ?? null;
  return state;
}

/** Return the address of a state, without defaults. */
export function stateUrl(state) {
  const changed = Object.keys(DEFAULTS).filter((name) => state[name] !== DEFAULTS[name]);
  const query = new URLSearchParams(changed.map((name) => [name, state[name]]));
  return changed.length ? `?${query}` : "./";
}

/** Change the state: add an entry to the history, or replace the current one. */
export function navigate(changes, { replace = false } = {}) {
  const before = readState();
  const state = { ...before, ...changes };
  // Whether closing the moment is a step back in the history, or else a new entry.
  const opened = Boolean(state.open) && (replace ? history.state?.opened : !before.open);
  const entry = { example: state.example, opened };
  history[replace ? "replaceState" : "pushState"](entry, "", stateUrl(state));
  if (!replace && searchKey(state) !== searchKey(before)) scrollTo(0, 0);
  notify();
}

/** Close the open moment. */
export function closeMoment() {
  if (history.state?.opened) history.back();
  else navigate({ open: "" }, { replace: true });
}

/** Call the listener now and after every change. */
export function onStateChange(listener) {
  listeners.push(listener);
  listener(readState());
}

function notify() {
  for (const listener of listeners) listener(readState());
}

addEventListener("popstate", notify);

/** Return the changes of state for a new search. The filters stay. */
export const newSearch = (what) => ({
  q: "",
  similar: "",
  by: "",
  example: null,
  open: "",
  weak: "",
  limit: PAGE,
  ...what,
});

export const nextPage = (state) => ({ limit: Math.min(state.limit + PAGE, MAX_RESULTS) });

export const hasQuery = (state) => Boolean(state.q || state.similar || state.example !== null);

/** Return a key that is equal for states with the same results. */
export const searchKey = (state) => JSON.stringify({ ...state, open: "" });

/** Return the library and clip of a moment in an address: library/clip. */
export function parseMoment(text) {
  const slash = text.lastIndexOf("/");
  return { library: text.slice(0, slash), clip: text.slice(slash + 1) };
}

export const momentKey = ({ library, clip }) => `${library}/${clip}`;

/** Return the state's filters as parameters of the API. */
export function parameters(state) {
  const [minimum, maximum] = LENGTHS[state.length] ?? [null, null];
  return {
    mode: state.mode,
    limit: state.limit,
    library: state.library,
    path: state.folder && `${folderPattern(state.folder)}/*`,
    min_seconds: minimum,
    max_seconds: maximum,
    has_speech: parseChoice(state.speech),
    has_sound: parseChoice(state.sound),
  };
}

const parseChoice = (choice) => ({ yes: true, no: false })[choice] ?? null;

/** Return a pattern for a folder's name. Only * and ? mean more than themselves: ? is any character, so * is, too. */
const folderPattern = (name) => name.replaceAll("*", "?");
