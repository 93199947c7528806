// Why a moment matches: how sure that is, what is seen, heard, said and read in it, and what says so, in plain words.

import { el } from "./dom.js";
import { clock, visible } from "./format.js";

const SENSES = ["seen", "heard", "said"];
const MATCHES = { strong: "Strong match", likely: "Likely match", weak: "Weak match" };

/** Return the match of a hit in a word, and how sure it is; null for a hit of a search without words. */
export function matchLabel(hit) {
  if (!hit.match) return null;
  return el("p", { className: `match ${hit.match}` }, `${MATCHES[hit.match]}, ${sure(hit.confidence)}`);
}

/**
 * Return labelled bars, the longest of them highlighted; null for a hit of a search without words. The one for what is
 * read is there if something is: in most libraries nothing is.
 */
export function bars(hit) {
  if (!hit.match) return null;
  const senses = hit.read > 0 ? [...SENSES, "read"] : SENSES;
  const longest = senses.reduce((a, b) => (hit[b] > hit[a] ? b : a));
  const name = `Why it matches: ${senses.map((sense) => `${sense} ${percent(hit[sense])}`).join(", ")}`;
  return el("div", { className: "bars", role: "img", "aria-label": name }, ...senses.map(bar));

  function bar(sense) {
    const fill = el("i");
    fill.style.width = `${100 * hit[sense]}%`;
    const isLongest = sense === longest && hit[sense] > 0;
    return el("span", { className: isLongest ? "bar longest" : "bar" }, sense, el("b", {}, fill));
  }
}

/**
 * Return what says that a hit matches, or is like an example, as a list such as "Said at 0:14: “the doctor lost it”, by
 * its meaning".
 */
export function evidenceList(hit) {
  if (!hit.evidence.length) return el("p", {}, "Nothing in this moment matches better than by chance.");
  return el("ul", { className: "evidence" }, ...hit.evidence.map((evidence) => el("li", {}, ...sentence(evidence))));
}

function sentence({ expert, sense, confidence, moment, line }) {
  const quotation = line ? [": “", el("bdi", {}, visible(line)), "”"] : [];
  const place = `${sense[0].toUpperCase()}${sense.slice(1)} at ${clock(moment)}`;
  const certainty = confidence === null ? "" : `, ${sure(confidence)}`; // null for one that is like an example
  return [place, ...quotation, el("small", {}, ` ${reason(expert, sense)}${certainty}`)];
}

const REASONS = { model: "by the video model", words: "by its words" };
const reason = (expert, sense) => {
  if (expert === "words" && sense === "heard") return "as its subtitles describe it";
  return REASONS[expert] ?? `by its ${sense === "heard" ? "sound" : "meaning"} (${expert})`;
};

const MOST_SURE = 0.99; // that is shown: nothing is certain
const sure = (confidence) => `${percent(Math.min(confidence, MOST_SURE))} sure`;
const percent = (share) => `${Math.round(100 * share)} %`;

const PARTS = { audio: "the sound", speech: "what is said" };

/** Return a sentence on the gates: how much of the sound and the speech the model has used. */
export function gateSentence(gates) {
  const branches = Object.keys(PARTS).filter((branch) => branch in gates);
  if (!branches.length) return null;
  const parts = branches.map((branch) => `${amount(gates[branch])} of ${PARTS[branch]}`);
  return `For this moment the model has used ${parts.join(", and ")}.`;
}

const amount = (gate) => (gate > 0.5 ? "much" : gate > 0.15 ? "a little" : "hardly anything");
