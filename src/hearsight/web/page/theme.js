// Light or dark: as the system says, until somebody chooses.

import { find } from "./dom.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

const theme = () => root.dataset.theme ?? (system.matches ? "dark" : "light");

export function begin() {
  const button = find("theme-button");
  const name = () => {
    const label = theme() === "dark" ? "Light theme" : "Dark theme";
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
    name();
  });
  system.addEventListener("change", name);
  name();
}
