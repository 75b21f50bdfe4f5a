// The thread: opening one, and laying in what happens meanwhile. Only what changed is fetched.
import { all, find, inbox, isPhone, openId, parts, post, thread } from "./dom.js";
import { addressOf, calls, choose, mark, unreadOf } from "./list.js";

const { refreshTimes } = window.sapa;
const FINAL = new Set(["received", "read", "played", "failed"]);
const afterOpening = [];
export const onOpened = (each) => afterOpening.push(each);

// --- screens: a phone shows one pane at a time --------------------------------------------------
export function show(screen) {
  inbox.dataset.screen = screen;
  document.body.classList.toggle("inbox-away", screen !== "list"); // a phone has no room for the bar
}

// --- opening ------------------------------------------------------------------------------------
let opening = 0;
export async function open(id, { message = "", push = true } = {}) {
  const turn = ++opening;
  choose(id);
  const found = await parts(`/inbox/${id}/thread` + (message ? "?message=" + message : "")).catch(() => null);
  if (turn !== opening) return; // another one was chosen meanwhile
  if (!found) { mark(); window.sapa.toast(document.body.dataset.fail, "danger"); return; }
  const panel = find("#inbox-panel", found);
  find("#inbox-panel").replaceChildren(...panel.childNodes);
  panel.remove();
  find("#inbox-thread").replaceChildren(found);
  inbox.classList.remove("no-thread");
  window.htmx.process(find("#inbox-thread"));
  window.htmx.process(find("#inbox-panel"));
  if (push) history.pushState({ inbox: id }, "", addressOf(id));
  show("thread");
  inbox.classList.remove("with-panel");
  opened();
}
export function opened() {
  mark();
  refreshTimes(inbox);
  const hit = thread().dataset.hit;
  if (hit) jump(hit);
  else toBottom();
  for (const image of all("#thread-messages img")) image.addEventListener("load", () => !hit && isAtBottom() && toBottom(), { once: true });
  for (const each of afterOpening) each();
  markRead();
}
window.addEventListener("popstate", () => {
  const [, id] = location.pathname.match(/^\/inbox\/(\d+)\//) || [];
  if (id) open(id, { push: false });
  else show("list");
});

// --- places in it -----------------------------------------------------------------------------
const scroller = () => find("#thread-scroll");
const isAtBottom = () => { const s = scroller(); return s.scrollHeight - s.scrollTop - s.clientHeight < 80; };
export function toBottom() {
  const s = scroller();
  if (s) s.scrollTop = s.scrollHeight;
  const down = find("[data-to-bottom]");
  if (down) down.hidden = true;
}
export function jump(id) {
  const wanted = document.getElementById("message-" + id);
  if (!wanted) return false;
  wanted.scrollIntoView({ block: "center" });
  wanted.classList.add("is-shown");
  setTimeout(() => wanted.classList.remove("is-shown"), 2000);
  return true;
}
const lastId = () => all("[data-message]", thread()).reduce((most, b) => Math.max(most, Number(b.dataset.message)), 0);

// --- laying in ----------------------------------------------------------------------------------
// What follows a day's line or a log line begins a group of its own.
export function layIn(found, isOwn) {
  const place = find("#thread-messages");
  if (!place || !found) return;
  const stays = isOwn || isAtBottom();
  let arrived = false;
  for (const node of Array.from(found.children)) {
    if (node.dataset.day) {
      if (!find('[data-day="' + node.dataset.day + '"]', place)) place.append(node);
      continue;
    }
    const old = document.getElementById(node.id);
    if (node.dataset.log) {
      if (!old) place.append(node);
      continue;
    }
    if (!node.dataset.message) continue;
    if (old) {
      node.classList.toggle("is-first", old.classList.contains("is-first"));
      old.replaceWith(node);
    } else {
      const before = place.lastElementChild;
      const goesOn = before && before.dataset.who === node.dataset.who;
      node.classList.toggle("is-first", !goesOn);
      node.classList.add("is-new");
      place.append(node);
      arrived = true;
    }
    window.htmx.process(node);
  }
  const none = find("[data-none]", place);
  if (none && find(".bubble", place)) none.remove();
  if (stays) toBottom();
  else if (arrived) find("[data-to-bottom]").hidden = false;
}

let reading = Promise.resolve();
let collecting = 0;
const toRead = new Set();
export function refresh(ids = []) { // several events in one moment make one request
  for (const id of ids) toRead.add(id);
  if (!collecting) collecting = setTimeout(read, 40);
}
function read() { // one after the other: two answers must not cross
  collecting = 0;
  const changed = Array.from(toRead);
  toRead.clear();
  const id = openId();
  if (!id) return;
  reading = reading.then(async () => {
    if (openId() !== id || ("later" in thread().dataset && !changed.length)) return;
    const asked = new URLSearchParams({ after: lastId(), ids: changed.join(",") });
    const found = await parts(thread().dataset.messages + "?" + asked);
    if (openId() !== id) return;
    if ("later" in thread().dataset) { // in the middle of it: only what is shown changes
      for (const node of Array.from(found.children)) if (!document.getElementById(node.id)) node.remove();
    }
    layIn(found, false);
    markRead();
  }).catch(() => {});
}
async function loadLater() {
  const id = openId();
  const found = await parts(thread().dataset.messages + "?after=" + lastId()).catch(() => null);
  if (!found || openId() !== id) return;
  const isLast = all("[data-message]", found).length < 80;
  const kept = scroller().scrollTop;
  layIn(found, false);
  scroller().scrollTop = kept;
  if (!isLast) return;
  delete thread().dataset.later;
  find(".thread-later").remove();
}
// Somebody else gave it away or closed it; a menu that is open stays.
export async function refreshHead() {
  const id = openId();
  const isInUse = () => find("#thread-head .show"); // of the head that stands there now
  if (!id || isInUse()) return;
  const found = await parts(`/inbox/${id}/head`).catch(() => null);
  if (!found || openId() !== id || isInUse()) return;
  find("#thread-head").replaceWith(found);
  window.htmx.process(find("#thread-head"));
}
export const has = (id) => Number(id) <= lastId();
export function catchUp() {
  const unsettled = all("[data-message]", thread() || inbox).filter((b) => !FINAL.has(b.dataset.state)).slice(-50);
  refresh(unsettled.map((b) => b.dataset.message));
}

export function markRead() {
  const t = thread();
  if (!t || !t.dataset.read || document.hidden) return;
  if (isPhone() && inbox.dataset.screen === "list") return;
  if (unreadOf(openId()) === 0 && !calls()) return;
  post(t.dataset.read, {});
}

// --- clicks ---------------------------------------------------------------------------------------
inbox.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  let hit;
  if ((hit = on("[data-open]"))) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return; // a tab of its own
    event.preventDefault();
    open(hit.dataset.open, { message: hit.dataset.atMessage || "" });
  } else if (on("[data-to-bottom]")) toBottom();
  else if (on("[data-load-later]")) loadLater();
  else if ((hit = on("[data-jump]"))) {
    event.preventDefault();
    if (!jump(hit.dataset.jump)) open(openId(), { message: hit.dataset.jump, push: false });
  }
});
// A picture that is none becomes what it is: a file to download.
inbox.addEventListener("error", (event) => {
  const link = event.target.tagName === "IMG" && event.target.closest("[data-fallback]");
  if (!link) return;
  link.className = "bubble-file";
  link.setAttribute("download", "");
  link.textContent = link.dataset.fallback;
}, true);

// Earlier messages come in above; what was being read stays where it is.
let heightBefore = 0;
document.addEventListener("htmx:beforeSwap", () => { if (scroller()) heightBefore = scroller().scrollHeight; });
document.addEventListener("htmx:afterSwap", (event) => {
  const by = event.detail.requestConfig.elt.dataset;
  if (!by || !("earlier" in by)) return;
  const days = all("[data-day]", thread());
  days.forEach((day, i) => { if (days.findIndex((other) => other.dataset.day === day.dataset.day) < i) day.remove(); });
  scroller().scrollTop += scroller().scrollHeight - heightBefore;
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) markRead(); });
