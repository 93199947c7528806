// The player in a moment's details: the whole file, with the browser's controls. A picture is shown.

import { momentUrl } from "./api.js";
import { prefersReducedMotion, el } from "./dom.js";
import { wave } from "./missing-picture.js";
import { playVideo, playbackError } from "./preview.js";
import { fileName, isPicture, visible } from "./format.js";
import { onSoundChange, isSoundOn, setSound } from "./sound-switch.js";

const video = el("video", { controls: true, playsInline: true, preload: "auto" });
const box = el("div", { className: "player" });
let startSecond = 0;

/** Load the file of a hit. onTime: called with the current second while it plays. */
export function load(hit, onTime) {
  if (isPicture(hit)) return showPicture(hit);
  startSecond = hit.moment ?? 0;
  video.muted = !isSoundOn();
  video.poster = momentUrl(hit, "thumbnail");
  video.setAttribute("aria-label", "The video");
  video.ontimeupdate = () => onTime(video.currentTime);
  video.onloadedmetadata = start;
  video.onerror = () => video.hasAttribute("src") && box.replaceChildren(wave(hit.clip), playbackError(hit));
  video.src = momentUrl(hit, "media");
  box.classList.remove("sounding");
  box.replaceChildren(video);
  return box;

  function start() {
    box.classList.toggle("sounding", video.videoWidth === 0);
    if (video.videoWidth === 0) box.prepend(wave(hit.clip));
    video.currentTime = startSecond;
    if (!prefersReducedMotion()) playVideo(video);
  }
}

function showPicture(hit) {
  const image = el("img", { alt: visible(fileName(hit.path)), src: momentUrl(hit, "media") });
  image.onerror = () => box.replaceChildren(el("img", { alt: "", src: momentUrl(hit, "thumbnail") }), playbackError(hit));
  box.classList.remove("sounding");
  box.replaceChildren(image);
  return box;
}

/** Go to a second, also before the file is loaded. */
export function seek(seconds) {
  startSecond = seconds;
  if (video.readyState > 0) video.currentTime = seconds;
}

export function toggle() {
  if (!video.hasAttribute("src")) return; // a picture
  if (video.paused) playVideo(video);
  else video.pause();
}

/** Stop, and close the connection. */
export function unload() {
  video.removeAttribute("src");
  video.load();
}

// The choice made with the player's own button also applies to the next moments.
video.addEventListener("volumechange", () => video.muted === isSoundOn() && setSound(!video.muted));
onSoundChange((on) => (video.muted = !on));
