// The details of a moment: a player, the timeline of the video, the explanation of the match, and the transcript.

import { get } from "./api.js";
import { byId } from "./dom.js";
import { isPicture } from "./format.js";
import { createSheet } from "./moment-sheet.js";
import * as player from "./player.js";
import { stopPreview } from "./preview.js";
import * as results from "./results.js";
import { closeMoment, navigate, momentKey, parseMoment } from "./state.js";
import { timeline } from "./timeline.js";
import { transcript } from "./transcript.js";

const dialog = byId("detail");
let shown = null; // the sheet of the open moment

export function init() {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeMoment();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && closeMoment());
  dialog.addEventListener("keydown", press);
}

/** Space plays, left and right go to the next results, unless the focused element uses these keys itself. */
function press(event) {
  const { key, target } = event;
  const step = { ArrowLeft: "previous", ArrowRight: "next" }[key];
  if (key === " " && !target.closest("button, a, video")) player.toggle();
  else if (step && !target.closest("video, input, [role=slider]")) shown?.neighbours[step]?.();
  else return;
  event.preventDefault();
}

/** Show the open moment of a state, or close the sheet. */
export function show(state) {
  if (!state.open) return hide();
  const query = { q: state.q, mode: state.mode };
  const key = JSON.stringify(query);
  const which = parseMoment(state.open);
  if (shown?.key === key && shown.has(which)) return shown.select(which);
  load(which, query, key);
}

function hide() {
  if (!dialog.open) return;
  dialog.close();
  player.unload();
  shown?.abort();
  results.focus(shown?.hit);
  shown = null;
}

/** Open the sheet of a moment: at once with the known details, and with the rest when the server has answered. */
async function load(which, query, key) {
  shown?.abort();
  player.unload();
  stopPreview();
  const abort = new AbortController();
  const route = ["libraries", which.library, "clips", which.clip];
  const hit = results.findHit(which) ?? which;
  const sheet = { key, hit, neighbours: neighbours(hit), abort: () => abort.abort(), has: () => false };
  shown = sheet;
  const slots = createSheet(sheet.neighbours, closeMoment);
  if (hit.path) slots.head(hit);
  present(slots.all);
  try {
    const [clip, moments, spoken] = await Promise.all([
      get(route, {}, abort.signal),
      query.q ? get([...route, "moments"], query, abort.signal) : [], // without a query there are no scores
      get([...route, "transcript"], { q: query.q }, abort.signal),
    ]);
    if (shown === sheet) fill(sheet, slots, clip, moments, spoken, query);
  } catch (error) {
    if (!abort.signal.aborted) slots.error(error);
  }
}

/** Show a new sheet. The focus stays on the same button, or goes to the name. */
function present(all) {
  const focusedTitle = dialog.contains(document.activeElement) && document.activeElement.title;
  dialog.replaceChildren(...all);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  const buttons = [...dialog.querySelectorAll("button:enabled")];
  const sameButton = focusedTitle && buttons.find((button) => button.title === focusedTitle);
  (sameButton || dialog.querySelector("h2")).focus();
}

/** Fill the sheet with its parts, and connect them: player, timeline and transcript follow each other. */
function fill(sheet, slots, clip, moments, spoken, query) {
  const { library } = clip;
  const words = transcript(spoken, player.seek);
  const choose = (moment) => {
    player.seek(moment.moment);
    navigate({ open: momentKey({ ...moment, library }) }, { replace: true });
  };
  const strip = moments.length && !isPicture(clip) ? timeline(moments, clip.duration, choose) : null;
  const similar = query.q ? undefined : results.findHit(clip); // what is known of it without a query
  const described = similar ? [similar] : moments;
  const findMoment = (which) => described.find((moment) => moment.clip === which.clip);
  sheet.has = (which) => which.library === library && Boolean(findMoment(which));
  sheet.select = (which) => {
    const hit = { ...clip, moment: clip.start, ...findMoment(which), library };
    sheet.hit = hit;
    slots.head(hit);
    slots.explanation(hit, Boolean(findMoment(which)));
    strip?.mark(hit.clip);
    words.show(hit);
  };
  slots.player(
    player.load({ ...clip, moment: clip.start, ...findMoment(clip) }, (seconds) => {
      strip?.playAt(seconds);
      words.playAt(seconds);
    }),
  );
  slots.strip(strip, moments);
  if (!isPicture(clip)) slots.words(words.list, spoken);
  sheet.select(clip);
}

/** Return the position of a moment's video in the results, and functions that open the previous and the next one. */
function neighbours(hit) {
  const hits = results.hits();
  const index = results.indexOf(hit);
  const open = (result) => result && (() => navigate({ open: momentKey(result) }, { replace: true }));
  return index < 0 ? {} : { index, total: hits.length, previous: open(hits[index - 1]), next: open(hits[index + 1]) };
}
