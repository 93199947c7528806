// The first screen: example queries, and the size of the libraries.

import { get } from "./api.js";
import { el, byId } from "./dom.js";
import { queryLink } from "./query-link.js";
import { formatContents, formatCount } from "./format.js";

const POLL_MS = 700; // between two requests while the model is loaded

const summary = byId("library-summary");

/** Wait until the model is loaded, and show that. */
export async function waitForModel() {
  for (;;) {
    const status = await get(["status"]);
    if (status.ready) return;
    // On both screens: a shared link opens its results.
    for (const line of [summary, byId("result-summary")]) line.textContent = `Loading the model ${status.model}…`;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export function showLibraries(libraries) {
  const sum = (name) => libraries.reduce((total, { info }) => total + info[name], 0);
  const contents = { videos: sum("videos"), hours: sum("hours"), pictures: sum("pictures") };
  summary.textContent = sum("clips")
    ? `${formatCount(sum("clips"), "moment")} in ${formatContents(contents)}`
    : "The library is empty. Start an update under “Library”.";
}

export function showError(error) {
  summary.textContent = error.message;
}

export async function showExamples() {
  const list = byId("examples");
  const texts = await get(["examples"]).catch(() => []); // the page works without them
  const link = ({ text, kind }) => queryLink(text, kind === "said" ? ["“", "”"] : undefined);
  list.replaceChildren(...texts.map((example) => el("li", {}, link(example))));
}
