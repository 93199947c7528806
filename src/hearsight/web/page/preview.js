// Playing a moment in its card: one at a time, from its best second, round and round until something else plays.

import { momentUrl, probe } from "./api.js";
import { el, icon } from "./dom.js";
import { followSound, hasSound } from "./sound.js";
import { visible } from "./text.js";

const DELAY = 250; // milliseconds over a picture before it plays: a pointer that only passes starts nothing
const SHORTEST = 1; // seconds; from nearer to the end it would hardly be seen

let current = null;
let timer; // of what plays next

/** Let a hit play in its frame: under the pointer, and by the button that is returned. */
export function playable(frame, hit, name) {
  const preview = { frame, hit };
  frame.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") timer = setTimeout(start, DELAY, preview);
  });
  frame.addEventListener("pointerleave", (event) => {
    clearTimeout(timer);
    if (event.pointerType === "mouse" && current === preview) stop();
  });
  const label = `Play ${name}`;
  preview.button = el("button", { type: "button", className: "play", "aria-label": label, "aria-pressed": "false" });
  preview.button.append(icon("play"));
  preview.button.addEventListener("click", () => toggle(preview));
  previews.set(frame, preview);
  return preview.button;
}

const previews = new WeakMap();

/** Play what is in a frame, or stop it. */
export const toggleFrame = (frame) => toggle(previews.get(frame));

const toggle = (preview) => (current === preview ? stop() : start(preview));

function start(preview) {
  stop();
  current = preview;
  const { frame, hit, button } = preview;
  const bar = el("i", { className: "played" });
  const video = el("video", { muted: !hasSound(), playsInline: true, preload: "auto", tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  const first = hit.end - hit.moment < SHORTEST ? hit.start : hit.moment;
  video.addEventListener("loadedmetadata", () => (video.currentTime = first));
  video.addEventListener("playing", () => frame.classList.add(video.videoWidth ? "playing" : "sounding"));
  video.addEventListener("timeupdate", () => {
    if (video.currentTime >= hit.end) video.currentTime = hit.start;
    bar.style.transform = `scaleX(${(video.currentTime - hit.start) / (hit.end - hit.start)})`;
  });
  video.addEventListener("ended", () => {
    video.currentTime = hit.start;
    attempt(video);
  });
  video.addEventListener("error", () => current === preview && refuse(preview));
  video.src = momentUrl(hit, "media");
  preview.parts = [video, bar];
  frame.append(...preview.parts);
  button.setAttribute("aria-pressed", "true");
  button.replaceChildren(icon("pause"));
  attempt(video);
}

/** A browser may forbid sound until the page was touched: then play without. */
export function attempt(video) {
  video.play().catch((error) => {
    if (error.name === "NotAllowedError" && !video.muted) {
      video.muted = true;
      video.play().catch(() => {});
    }
  });
}

/** Stop what plays, or is about to. */
export function stop() {
  clearTimeout(timer);
  if (!current) return;
  const { frame, button, parts } = current;
  current = null;
  for (const part of parts) part.remove();
  const [video] = parts;
  video.removeAttribute("src");
  video.load(); // lets go of the connection: a browser has only six to a server
  frame.classList.remove("playing", "sounding");
  button.setAttribute("aria-pressed", "false");
  button.replaceChildren(icon("play"));
}

function refuse(preview) {
  stop();
  preview.frame.querySelector(".refused")?.remove();
  preview.frame.append(refusal(preview.hit));
}

/** What is shown in place of a file that does not play. */
export function refusal(hit) {
  const address = momentUrl(hit, "media");
  const link = el("a", { href: address, target: "_blank" }, "Open the file");
  const text = el("p", { className: "refused", role: "status" }, "This browser cannot play this file. ", link);
  probe(address).catch((error) => text.replaceChildren(visible(error.message))); // or there is none
  return text;
}

followSound((on) => {
  if (current) current.parts[0].muted = !on;
});
