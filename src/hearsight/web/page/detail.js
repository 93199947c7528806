// A moment by itself: player, strip of the whole video, what spoke for it, what is said around it.

import { get } from "./api.js";
import { find } from "./dom.js";
import * as parts from "./detail-parts.js";
import * as player from "./player.js";
import { stop } from "./preview.js";
import * as results from "./results.js";
import { close, go, named, place } from "./state.js";
import { timeline } from "./timeline.js";
import { transcript } from "./transcript.js";
import { mostOf } from "./why.js";

const dialog = find("detail");
let shown = null; // what is on the sheet

export function begin() {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && close());
  dialog.addEventListener("keydown", press);
}

/** Space plays, left and right go through the results, where the focus is on nothing that has these keys itself. */
function press(event) {
  const { key, target } = event;
  const step = { ArrowLeft: "before", ArrowRight: "after" }[key];
  if (key === " " && !target.closest("button, a, video")) player.toggle();
  else if (step && !target.closest("video, input, [role=slider]")) shown?.beside[step]?.();
  else return;
  event.preventDefault();
}

/** Show the moment that a state has open, or none. */
export function show(state) {
  if (!state.open) return hide();
  const asked = { q: state.q, mode: state.mode };
  const key = JSON.stringify(asked);
  const which = place(state.open);
  if (shown?.key === key && shown.has(which)) return shown.turnTo(which);
  load(which, asked, key);
}

function hide() {
  if (!dialog.open) return;
  dialog.close();
  player.unload();
  shown?.abort();
  results.focus(shown?.hit);
  shown = null;
}

/** Put a moment on the sheet: at once what is known of it, and what has to be asked for when it comes. */
async function load(which, asked, key) {
  shown?.abort();
  player.unload();
  stop();
  const abort = new AbortController();
  const at = ["libraries", which.library, "clips", which.clip];
  const hit = results.hitOf(which) ?? which;
  const sheet = { key, hit, beside: beside(hit), abort: () => abort.abort(), has: () => false };
  shown = sheet;
  const slots = parts.sheet(sheet.beside, close);
  if (hit.path) slots.head(hit);
  present(slots.all);
  try {
    const [clip, moments, said] = await Promise.all([
      get(at, {}, abort.signal),
      asked.q ? get([...at, "moments"], asked, abort.signal) : [], // without a query, nothing ranks
      get([...at, "transcript"], { q: asked.q }, abort.signal),
    ]);
    if (shown === sheet) fill(sheet, slots, clip, moments, said);
  } catch (error) {
    if (!abort.signal.aborted) slots.trouble(error);
  }
}

/** Show a new sheet, with the focus on the same button as before, or on its name. */
function present(all) {
  const held = dialog.contains(document.activeElement) && document.activeElement.title;
  dialog.replaceChildren(...all);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  const same = held && [...dialog.querySelectorAll("button:enabled")].find((button) => button.title === held);
  (same || dialog.querySelector("h2")).focus();
}

/** Put all parts on the sheet, and let them move together. */
function fill(sheet, slots, clip, moments, said) {
  const { library } = clip;
  const known = results.hits();
  const most = Math.max(mostOf(known), mostOf(moments));
  const words = transcript(said, player.seek);
  const choose = (moment) => {
    player.seek(moment.moment);
    go({ open: named({ ...moment, library }) }, { replace: true });
  };
  const strip = moments.length ? timeline(moments, clip.duration, choose) : null;
  const of = (which) => moments.find((moment) => moment.clip === which.clip);
  sheet.has = (which) => which.library === library && Boolean(of(which));
  sheet.turnTo = (which) => {
    const hit = { ...clip, moment: clip.start, ...of(which), library };
    sheet.hit = hit;
    slots.head(hit);
    slots.why(hit, most, Boolean(of(which)));
    strip?.mark(hit.clip);
    words.show(hit);
  };
  slots.player(
    player.load({ ...clip, moment: clip.start, ...of(clip) }, (seconds) => {
      strip?.playAt(seconds);
      words.playAt(seconds);
    }),
  );
  slots.strip(strip, moments);
  slots.words(words.list, said);
  sheet.turnTo(clip);
}

/** The results before and after a moment's video, as functions that go there. */
function beside(hit) {
  const hits = results.hits();
  const at = results.indexOf(hit);
  const to = (other) => other && (() => go({ open: named(other) }, { replace: true }));
  return at < 0 ? {} : { at, of: hits.length, before: to(hits[at - 1]), after: to(hits[at + 1]) };
}
