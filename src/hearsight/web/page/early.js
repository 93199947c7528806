// What must be known before the first paint, so that nothing flashes: the theme that was chosen, and whether the
// address asks for anything.
{
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const asked = new URLSearchParams(location.search);
  if (asked.get("q") || asked.get("similar")) document.documentElement.dataset.view = "results";
}
