// Keys that work anywhere on the page. Dialogs and the timeline handle their own keys.

import { byId } from "./dom.js";
import { togglePreview } from "./preview.js";
import { toggleSound } from "./sound-switch.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDE_WEIGHT = 4; // up and down prefer the card straight above or below, even if another one is nearer

export function init() {
  addEventListener("keydown", press);
  byId("keys-button").addEventListener("click", () => byId("keys").showModal());
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  const isTyping = target.matches("input, select, textarea");
  const isLeavingBox = key === "ArrowDown" && target === byId("q"); // the box has one line: down goes to the results
  if ((!isTyping || isLeavingBox) && act(key, target)) event.preventDefault();
}

/** Perform the action of a key. Returns false if the key has none, so that the browser handles it. */
function act(key, target) {
  if (key.toLowerCase() === "m") return done(toggleSound());
  if (document.querySelector("dialog[open]")) return false;
  if (key === "?") return done(byId("keys").showModal());
  if (key === "/") return done(focusBox());
  if (key === "Escape") return done(escape(target));
  if (key === " " && target.matches(".open")) return done(togglePreview(target.parentElement.querySelector(".frame")));
  return key in ARROWS && step(target, ARROWS[key]);
}

const done = () => true; // for actions that return nothing

function focusBox() {
  const box = byId("q");
  box.focus();
  box.select();
}

function escape(target) {
  const menu = document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  const row = target.closest(".moments") ?? document.querySelector(".moments");
  if (row) row.querySelector("header button").click();
  else focusBox();
}

/** Move the focus to the nearest result in a direction. Returns whether there is one. */
function step(from, [right, down]) {
  const links = [...byId("grid").querySelectorAll(".open")];
  if (!links.length) return false;
  const card = from.closest(".card");
  const next = card ? nearest(card, links, right, down) : links[0];
  next?.focus();
  next?.closest(".card").scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function nearest(card, links, right, down) {
  const origin = middle(card);
  const ownLink = card.querySelector(".open");
  if (right && !down) return inOrder(links, ownLink, right);
  const distance = (link) => {
    const target = middle(link.closest(".card"));
    const forward = (target.y - origin.y) * down;
    return forward > 8 ? forward + SIDE_WEIGHT * Math.abs(target.x - origin.x) : Infinity;
  };
  const best = links.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return distance(best) < Infinity ? best : null;
}

/** Left and right go through all rows in reading order. */
const inOrder = (links, link, offset) => links[links.indexOf(link) + offset];

function middle(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
