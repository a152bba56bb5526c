// Not a module: it must have run before anything is painted.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("netra.theme");
  } catch {
    // Storage may be closed to pages; the system's choice holds then.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
