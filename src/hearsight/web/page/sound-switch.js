// Whether moments play with sound. It is off at first: a page should not suddenly make noise.

import { byId, icon } from "./dom.js";

let isOn = false;
const listeners = [];

export const isSoundOn = () => isOn;

export function setSound(value) {
  isOn = value;
  for (const listener of listeners) listener(isOn);
}

export const toggleSound = () => setSound(!isOn);

/** Call the listener now and after every change. */
export function onSoundChange(listener) {
  listeners.push(listener);
  listener(isOn);
}

export function init() {
  const button = byId("sound");
  button.addEventListener("click", toggleSound);
  onSoundChange(() => {
    button.replaceChildren(icon(isOn ? "sound" : "muted"), isOn ? "Sound on" : "Sound off");
    button.setAttribute("aria-pressed", isOn);
  });
}
