// Light, dark or like the device: set before the first paint, kept in this browser.
(function () {
  "use strict";
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  function choice() {
    try { return localStorage.getItem("sapa-theme") || "auto"; } catch { return "auto"; }
  }
  function apply() {
    const mode = choice();
    const dark = mode === "dark" || (mode === "auto" && device.matches);
    document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === mode));
    }
  }
  apply();
  device.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try { localStorage.setItem("sapa-theme", button.dataset.themeChoice); } catch { /* private mode: this page only */ }
    apply();
  });
})();
