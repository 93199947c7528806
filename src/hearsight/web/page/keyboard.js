// Keys that work anywhere on the page. Those of a dialog or of the strip are theirs.

import { find } from "./dom.js";
import { toggleFrame } from "./preview.js";
import { toggleSound } from "./sound.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 4; // a step to the next row goes to what is straight below, even if something else is nearer

export function begin() {
  addEventListener("keydown", press);
  find("keys-button").addEventListener("click", () => find("keys").showModal());
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const { key, target } = event;
  const typing = target.matches("input, select, textarea");
  const leaving = key === "ArrowDown" && target === find("q"); // the box is one line: down is to the results
  if ((!typing || leaving) && act(key, target)) event.preventDefault();
}

/** Do what a key stands for. Returns whether it stands for anything here: if not, the browser does as ever. */
function act(key, target) {
  if (key.toLowerCase() === "m") return done(toggleSound());
  if (document.querySelector("dialog[open]")) return false;
  if (key === "?") return done(find("keys").showModal());
  if (key === "/") return done(focusBox());
  if (key === "Escape") return done(escape(target));
  if (key === " " && target.matches(".open")) return done(toggleFrame(target.parentElement.querySelector(".frame")));
  return key in ARROWS && step(target, ARROWS[key]);
}

const done = () => true;

function focusBox() {
  const box = find("q");
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
  const links = [...find("grid").querySelectorAll(".open")];
  if (!links.length) return false;
  const card = from.closest(".card");
  const next = card ? nearest(card, links, right, down) : links[0];
  next?.focus();
  next?.closest(".card").scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

function nearest(card, links, right, down) {
  const here = middle(card);
  const own = card.querySelector(".open");
  if (right && !down) return inOrder(links, own, right);
  const distance = (link) => {
    const there = middle(link.closest(".card"));
    const ahead = (there.y - here.y) * down;
    return ahead > 8 ? ahead + ASIDE * Math.abs(there.x - here.x) : Infinity;
  };
  const best = links.reduce((one, other) => (distance(other) < distance(one) ? other : one));
  return distance(best) < Infinity ? best : null;
}

/** Left and right go through all rows, as a reader does. */
const inOrder = (links, own, by) => links[links.indexOf(own) + by];

function middle(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
