// One key for what is done two hundred times a day. `?` shows them.
import { find, inbox, isPhone, openId } from "./dom.js";
import { neighbour } from "./list.js";
import { open, show } from "./thread.js";
import { box, setMode, toggleTemplates } from "./composer.js";
import { open as openLabels } from "./labels.js";

export function togglePanel(wanted) {
  if (isPhone()) return show("details");
  if (matchMedia("(max-width: 1399.98px)").matches) return inbox.classList.toggle("with-panel", wanted);
  const off = inbox.classList.toggle("no-panel", wanted === undefined ? undefined : !wanted);
  try { localStorage.setItem("sapa-inbox-no-panel", off ? "1" : ""); } catch { /* private mode */ }
}
export function openPanel() {
  if (isPhone() || getComputedStyle(find("#inbox-panel")).display === "none") togglePanel(true);
}
function sheet() { window.tabler.Modal.getOrCreateInstance(find("#inbox-keys")).show(); }
function press(selector) { const button = find(selector); if (button) button.click(); }
function move(by) {
  const next = neighbour(by);
  if (!next) return;
  open(next.id, { message: next.message }).then(() => { if (box()) box().blur(); });
}
function write(mode) {
  if (!box()) return;
  setMode(mode);
  box().focus();
}
function labels() {
  if (!openId()) return;
  if (getComputedStyle(find("#inbox-panel")).display === "none") togglePanel(true);
  openLabels();
}
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  r: () => write("reply"),
  n: () => write("note"),
  e: () => press(find("#thread-head [data-close]") ? "#thread-head [data-close]" : "#thread-head [data-reopen]"),
  s: () => press("#thread-head [data-snooze]"),
  a: () => press("#thread-head [data-take]"),
  A: () => press("#thread-head [data-assign]"),
  l: labels,
  t: toggleTemplates,
  "/": () => find("#inbox-search").select(),
  "?": sheet,
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if (event.key === "Escape" && field && field.closest("#inbox")) return field.blur();
  if (field || find(".modal.show") || find("#inbox .dropdown-menu.show")) return;
  const does = KEYS[event.key];
  if (!does) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // "/" is here the inbox's own search
  does();
}, true);

inbox.addEventListener("click", (event) => {
  const back = event.target.closest("[data-screen-to]");
  if (back) {
    show(back.dataset.screenTo);
    inbox.classList.remove("with-panel");
  } else if (event.target.closest("[data-opens-panel]")) openPanel();
  else if (event.target.closest("[data-toggle-panel]")) togglePanel();
  else if (event.target.closest("[data-keys]")) sheet();
});
