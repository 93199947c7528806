// The first screen: what may be asked for, and what there is.

import { get } from "./api.js";
import { el, find } from "./dom.js";
import { address, asking, go, read } from "./state.js";
import { counted, inHours } from "./text.js";

const AGAIN = 700; // milliseconds between two looks at a model that is being loaded

const holds = find("holds");

/** Wait until the model is there, and tell so. */
export async function ready() {
  for (;;) {
    const status = await get(["status"]);
    if (status.ready) return;
    // On either screen: a shared link begins at its results.
    for (const place of [holds, find("told")]) place.textContent = `The model ${status.model} is being loaded…`;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

export function tell(libraries) {
  const sum = (name) => libraries.reduce((total, { info }) => total + info[name], 0);
  holds.textContent = sum("clips")
    ? `${counted(sum("clips"), "moment")} in ${counted(sum("videos"), "video")}, ${inHours(sum("hours"))}`
    : "There is nothing in the library yet. Start an update under “Library”.";
}

export function trouble(error) {
  holds.textContent = error.message;
}

export async function examples() {
  const list = find("examples");
  const texts = await get(["examples"]).catch(() => []); // the page is as good without
  list.replaceChildren(...texts.map(({ text, kind }) => el("li", {}, link(text, kind))));
}

function link(text, kind) {
  const state = asking({ q: text });
  const [before, after] = kind === "said" ? ["“", "”"] : ["", ""];
  const anchor = el("a", { href: address({ ...read(), ...state }) }, before, el("bdi", {}, text), after);
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    go(state);
  });
  return anchor;
}
