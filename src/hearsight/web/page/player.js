// The player of a moment's details: the whole file, with the browser's own controls.

import { momentUrl } from "./api.js";
import { calm, el } from "./dom.js";
import { wave } from "./placeholder.js";
import { attempt, refusal } from "./preview.js";
import { followSound, hasSound, setSound } from "./sound.js";

const video = el("video", { controls: true, playsInline: true, preload: "auto" });
const box = el("div", { className: "player" });
let first = 0;

/** Make the player that of another file. follow: called with the second that is played. */
export function load(hit, follow) {
  first = hit.moment ?? 0;
  video.muted = !hasSound();
  video.poster = momentUrl(hit, "thumbnail");
  video.setAttribute("aria-label", "The video");
  video.ontimeupdate = () => follow(video.currentTime);
  video.onloadedmetadata = begin;
  video.onerror = () => video.hasAttribute("src") && box.replaceChildren(wave(hit.clip), refusal(hit));
  video.src = momentUrl(hit, "media");
  box.classList.remove("sounding");
  box.replaceChildren(video);
  return box;

  function begin() {
    box.classList.toggle("sounding", video.videoWidth === 0);
    if (video.videoWidth === 0) box.prepend(wave(hit.clip));
    video.currentTime = first;
    if (!calm()) attempt(video);
  }
}

/** Go to a second; also one that is asked for before the file is there. */
export function seek(seconds) {
  first = seconds;
  if (video.readyState > 0) video.currentTime = seconds;
}

export function toggle() {
  if (video.paused) attempt(video);
  else video.pause();
}

/** Stop, and let go of the connection. */
export function unload() {
  video.removeAttribute("src");
  video.load();
}

// What is chosen with the player's own button holds for the next moments, too.
video.addEventListener("volumechange", () => video.muted === hasSound() && setSound(!video.muted));
followSound((on) => (video.muted = !on));
