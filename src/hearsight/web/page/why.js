// What spoke for a moment: sight, sound, speech. In bars, and in words for people who have read no paper.

import { el } from "./dom.js";

const BRANCHES = ["seen", "heard", "said"];

const SPEAKER = { seen: "What is seen", heard: "What is heard", said: "What is said" };
const HELPS = 0.25; // of the strongest; less is hardly a help

/**
 * How much each branch spoke for a hit, from 0 to 1.
 *
 * most: what 1 stands for, the most that sight, sound or speech added to any hit. What is said also speaks by its very
 * words, for which 1 is certain; the longer of the two counts.
 */
function shares(hit, most) {
  const share = (value) => (most > 0 ? Math.min(Math.max(value, 0) / most, 1) : 0);
  return { seen: share(hit.seen), heard: share(hit.heard), said: Math.max(share(hit.said), hit.words) };
}

export const mostOf = (hits) => Math.max(0, ...hits.flatMap((hit) => [hit.seen, hit.heard, hit.said]));

/** Three labelled bars, of which the longest is lit. */
export function bars(hit, most) {
  const share = shares(hit, most);
  const longest = strongest(share)[0];
  const percent = (name) => `${name} ${Math.round(100 * share[name])} %`;
  const name = `What speaks for it: ${BRANCHES.map(percent).join(", ")}`;
  return el("div", { className: "bars", role: "img", "aria-label": name }, ...BRANCHES.map(bar));

  function bar(branch) {
    const fill = el("i");
    fill.style.width = `${100 * share[branch]}%`;
    const lit = branch === longest && share[branch] > 0;
    return el("span", { className: lit ? "bar lit" : "bar" }, branch, el("b", {}, fill));
  }
}

function strongest(share) {
  return [...BRANCHES].sort((a, b) => share[b] - share[a]);
}

/** "What is seen speaks most for this moment; what is said helps." */
export function sentence(hit, most) {
  const share = shares(hit, most);
  const [first, ...others] = strongest(share);
  if (share[first] === 0) return "Nothing speaks for this moment by itself: it came up for want of better ones.";
  const words = first === "said" && hit.words > 0.5 ? "The very words that are said speak" : `${SPEAKER[first]} speaks`;
  const helping = others.filter((branch) => share[branch] >= HELPS * share[first]);
  const help = helping.map((branch) => SPEAKER[branch].toLowerCase()).join(" and ");
  const second = help ? `${help} ${helping.length > 1 ? "help" : "helps"}` : "the rest adds little";
  return `${words} most for this moment; ${second}.`;
}

const PARTS = { audio: "the sound", speech: "what is said" };

/** What the gates say: how much of sound and speech the model let into its picture of the clip. */
export function openness(gates) {
  const told = Object.keys(PARTS).filter((branch) => branch in gates);
  if (!told.length) return null;
  const parts = told.map((branch) => `${amount(gates[branch])} of ${PARTS[branch]}`);
  return `Into its picture of the moment the model let ${parts.join(", and ")}.`;
}

const amount = (gate) => (gate > 0.5 ? "much" : gate > 0.15 ? "a little" : "hardly anything");
