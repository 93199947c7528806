// Whether moments play with sound. They begin without: nobody likes a page that suddenly speaks.

import { find, icon } from "./dom.js";

let on = false;
const listeners = [];

export const hasSound = () => on;

export function setSound(value) {
  on = value;
  for (const listener of listeners) listener(on);
}

export const toggleSound = () => setSound(!on);

/** Call the listener now and after every change. */
export function followSound(listener) {
  listeners.push(listener);
  listener(on);
}

export function begin() {
  const button = find("sound");
  button.addEventListener("click", toggleSound);
  followSound(() => {
    button.replaceChildren(icon(on ? "sound" : "muted"), on ? "Sound on" : "Sound off");
    button.setAttribute("aria-pressed", on);
  });
}
