// Plays a moment in its card: one at a time, from its best second, in a loop until another one plays.

import { momentUrl, checkFile } from "./api.js";
import { el, icon } from "./dom.js";
import { onSoundChange, isSoundOn } from "./sound-switch.js";
import { isPicture, visible } from "./format.js";

const HOVER_MS = 250; // over a picture before it plays, so that a passing pointer starts nothing
const MIN_SECONDS = 1; // a moment nearer to the end plays from the start of the clip

let current = null;
let timer; // starts the next preview

/** Play a hit in its frame under the pointer, and with the button that is returned. */
export function playButton(frame, hit, name) {
  const preview = { frame, hit };
  frame.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") timer = setTimeout(start, HOVER_MS, preview);
  });
  frame.addEventListener("pointerleave", (event) => {
    clearTimeout(timer);
    if (event.pointerType === "mouse" && current === preview) stopPreview();
  });
  const label = `Play ${name}`;
  preview.button = el("button", { type: "button", className: "play", "aria-label": label, "aria-pressed": "false" });
  preview.button.append(icon("play"));
  preview.button.addEventListener("click", () => toggle(preview));
  previews.set(frame, preview);
  return preview.button;
}

const previews = new WeakMap();

/** Play the preview in a frame, or stop it; a picture has none. */
export const togglePreview = (frame) => previews.has(frame) && toggle(previews.get(frame));

const toggle = (preview) => (current === preview ? stopPreview() : start(preview));

function start(preview) {
  stopPreview();
  current = preview;
  const { frame, hit, button } = preview;
  const bar = el("i", { className: "played" });
  const video = el("video", { muted: !isSoundOn(), playsInline: true, preload: "auto", tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  const first = hit.end - hit.moment < MIN_SECONDS ? hit.start : hit.moment;
  video.addEventListener("loadedmetadata", () => (video.currentTime = first));
  video.addEventListener("playing", () => frame.classList.add(video.videoWidth ? "playing" : "sounding"));
  video.addEventListener("timeupdate", () => {
    if (video.currentTime >= hit.end) video.currentTime = hit.start;
    bar.style.transform = `scaleX(${(video.currentTime - hit.start) / (hit.end - hit.start)})`;
  });
  video.addEventListener("ended", () => {
    video.currentTime = hit.start;
    playVideo(video);
  });
  video.addEventListener("error", () => current === preview && showError(preview));
  video.src = momentUrl(hit, "media");
  preview.parts = [video, bar];
  frame.append(...preview.parts);
  button.setAttribute("aria-pressed", "true");
  button.replaceChildren(icon("pause"));
  playVideo(video);
}

/** Play a video; without sound if the browser forbids sound before the first click on the page. */
export function playVideo(video) {
  video.play().catch((error) => {
    if (error.name === "NotAllowedError" && !video.muted) {
      video.muted = true;
      video.play().catch(() => {});
    }
  });
}

/** Stop the preview that plays or is about to play. */
export function stopPreview() {
  clearTimeout(timer);
  if (!current) return;
  const { frame, button, parts } = current;
  current = null;
  for (const part of parts) part.remove();
  const [video] = parts;
  video.removeAttribute("src");
  video.load(); // closes the connection: a browser has only six to a server
  frame.classList.remove("playing", "sounding");
  button.setAttribute("aria-pressed", "false");
  button.replaceChildren(icon("play"));
}

function showError(preview) {
  stopPreview();
  preview.frame.querySelector(".playback-error")?.remove();
  preview.frame.append(playbackError(preview.hit));
}

/** Return the message that replaces a file that does not play. */
export function playbackError(hit) {
  const address = momentUrl(hit, "media");
  const link = el("a", { href: address, target: "_blank" }, "Open the file");
  const problem = `This browser cannot ${isPicture(hit) ? "show" : "play"} this file. `;
  const text = el("p", { className: "playback-error", role: "status" }, problem, link);
  checkFile(address).catch((error) => text.replaceChildren(visible(error.message))); // the file may be missing
  return text;
}

onSoundChange((on) => {
  if (current) current.parts[0].muted = !on;
});
