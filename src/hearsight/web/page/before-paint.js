// Runs before the first paint, so that nothing flashes: sets the user's theme, and the view that the address needs.
{
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage is disabled: the system's theme is used.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const query = new URLSearchParams(location.search);
  if (query.get("q") || query.get("similar")) document.documentElement.dataset.view = "results";
}
