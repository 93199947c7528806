// The state of the page is its address: what is asked for and how, and which moment is open. So every view can be
// shared, and Back, Forward and reload need no code of their own.
//
// An example that was dropped in is the exception: a file has no address. It has a number in history.state instead.

const PAGE = 24;
const USUAL = {
  q: "",
  mode: "",
  speech: "",
  sound: "",
  length: "",
  folder: "",
  library: "",
  similar: "",
  open: "",
  limit: PAGE,
};
export const MOST = 100; // results that the server gives at once
export const FILTERS = ["speech", "sound", "length", "folder", "library"];

const SECONDS = { short: [null, 60], medium: [60, 600], long: [600, 3600], film: [3600, null] };
const listeners = [];

export function read() {
  const state = { ...USUAL };
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name in USUAL) state[name] = value;
  }
  state.limit = Math.min(Math.max(PAGE, Number.parseInt(state.limit, 10) || PAGE), MOST);
  state.example = history.state?.example ?? null;
  return state;
}

/** The address of a state. What is usual is left out. */
export function address(state) {
  const given = Object.keys(USUAL).filter((name) => state[name] !== USUAL[name]);
  const query = new URLSearchParams(given.map((name) => [name, state[name]]));
  return given.length ? `?${query}` : "./";
}

/** Change the state: a new entry in the history, or in place of the present one. */
export function go(changes, { replace = false } = {}) {
  const before = read();
  const state = { ...before, ...changes };
  // Whether closing a moment may be a step back, rather than one more step forward.
  const opened = Boolean(state.open) && (replace ? history.state?.opened : !before.open);
  const kept = { example: state.example, opened };
  history[replace ? "replaceState" : "pushState"](kept, "", address(state));
  if (!replace && searchKey(state) !== searchKey(before)) scrollTo(0, 0);
  changed();
}

/** Close the moment that is open. */
export function close() {
  if (history.state?.opened) history.back();
  else go({ open: "" }, { replace: true });
}

/** Call the listener now and after every change. */
export function follow(listener) {
  listeners.push(listener);
  listener(read());
}

export function changed() {
  for (const listener of listeners) listener(read());
}

addEventListener("popstate", changed);

/** What begins a new search; all of what may be set beside it stays. */
export const asking = (what) => ({ q: "", similar: "", example: null, open: "", limit: PAGE, ...what });

export const more = (state) => ({ limit: Math.min(state.limit + PAGE, MOST) });

export const isAsking = (state) => Boolean(state.q || state.similar || state.example !== null);

/** The same for states that show the same results. */
export const searchKey = (state) => JSON.stringify({ ...state, open: "" });

/** The moment that an address names: library/clip. */
export function place(text) {
  const slash = text.lastIndexOf("/");
  return { library: text.slice(0, slash), clip: text.slice(slash + 1) };
}

export const named = ({ library, clip }) => `${library}/${clip}`;

/** The state's filters as the API takes them. */
export function parameters(state) {
  const [least, most] = SECONDS[state.length] ?? [null, null];
  return {
    mode: state.mode,
    limit: state.limit,
    library: state.library,
    path: state.folder && `${escaped(state.folder)}/*`,
    min_seconds: least,
    max_seconds: most,
    has_speech: answer(state.speech),
    has_sound: answer(state.sound),
  };
}

const answer = (choice) => ({ yes: true, no: false })[choice] ?? null;

/** A folder's name in a pattern, where *, ? and [ have a meaning. */
const escaped = (name) => name.replace(/[*?[]/g, "[$&]");
