// Light or dark: the system setting, until the user chooses.

import { byId } from "./dom.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const theme = () => root.dataset.theme ?? (system.matches ? "dark" : "light");

export function init() {
  const button = byId("theme-button");
  const setLabel = () => {
    const label = theme() === "dark" ? "Light theme" : "Dark theme";
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage is disabled: the choice lasts until the page is closed.
    }
    setLabel();
  });
  system.addEventListener("change", setLabel);
  setLabel();
}
