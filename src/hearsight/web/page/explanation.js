// Why a moment matches: what is seen, heard and said in it. As bars, and as sentences without technical terms.

import { el } from "./dom.js";

const BRANCHES = ["seen", "heard", "said"];

const SUBJECTS = { seen: "What is seen", heard: "What is heard", said: "What is said" };
const MIN_HELP = 0.25; // share of the strongest that counts as a help

/**
 * Return how much each branch contributes to a hit, from 0 to 1.
 *
 * scale: the contribution that is shown as 1, the largest one of all hits. For speech, the certainty that the words of
 * the query are said counts instead if it is larger.
 */
function shares(hit, scale) {
  const share = (value) => (scale > 0 ? Math.min(Math.max(value, 0) / scale, 1) : 0);
  return { seen: share(hit.seen), heard: share(hit.heard), said: Math.max(share(hit.said), hit.words) };
}

export const barScale = (hits) => Math.max(0, ...hits.flatMap((hit) => [hit.seen, hit.heard, hit.said]));

/** Return three labelled bars, the longest of them highlighted. */
export function bars(hit, scale) {
  const share = shares(hit, scale);
  const longest = byShare(share)[0];
  const percent = (name) => `${name} ${Math.round(100 * share[name])} %`;
  const name = `Why it matches: ${BRANCHES.map(percent).join(", ")}`;
  return el("div", { className: "bars", role: "img", "aria-label": name }, ...BRANCHES.map(bar));

  function bar(branch) {
    const fill = el("i");
    fill.style.width = `${100 * share[branch]}%`;
    const isLongest = branch === longest && share[branch] > 0;
    return el("span", { className: isLongest ? "bar longest" : "bar" }, branch, el("b", {}, fill));
  }
}

function byShare(share) {
  return [...BRANCHES].sort((a, b) => share[b] - share[a]);
}

/** Return a sentence such as "What is seen matches best; what is said helps." */
export function matchSentence(hit, scale) {
  const share = shares(hit, scale);
  const [first, ...rest] = byShare(share);
  if (share[first] === 0) return "Nothing in this moment matches by itself: there are no better ones.";
  const words = first === "said" && hit.words > 0.5 ? "The spoken words match best" : `${SUBJECTS[first]} matches best`;
  const helping = rest.filter((branch) => share[branch] >= MIN_HELP * share[first]);
  const help = helping.map((branch) => SUBJECTS[branch].toLowerCase()).join(" and ");
  const second = help ? `${help} ${helping.length > 1 ? "help" : "helps"}` : "the rest contributes little";
  return `${words}; ${second}.`;
}

const PARTS = { audio: "the sound", speech: "what is said" };

/** Return a sentence on the gates: how much of the sound and the speech the model has used. */
export function gateSentence(gates) {
  const branches = Object.keys(PARTS).filter((branch) => branch in gates);
  if (!branches.length) return null;
  const parts = branches.map((branch) => `${amount(gates[branch])} of ${PARTS[branch]}`);
  return `For this moment the model has used ${parts.join(", and ")}.`;
}

const amount = (gate) => (gate > 0.5 ? "much" : gate > 0.15 ? "a little" : "hardly anything");
