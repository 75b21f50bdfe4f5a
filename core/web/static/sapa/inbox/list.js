// The list: filters in the address, pages while one scrolls, rows that move when something happens.
import { all, element, find, inbox, openId, parts, thread } from "./dom.js";
import { rowsIn } from "./rows.js";

const { refreshTimes } = window.sapa;
const rows = find("#inbox-rows");
const filter = find("#inbox-filter");
const title = document.title;
const DEFAULTS = { whose: "all", shelf: "open" };
const AHEAD = "3000px"; // the next page is asked for this far before its place is seen

// --- the address ----------------------------------------------------------------------------
export function query() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filter)) {
    if (value && DEFAULTS[name] !== value) asked.set(name, value);
  }
  return asked;
}
export function addressOf(id) {
  const asked = query().toString();
  return (id ? `/inbox/${id}/` : "/inbox/") + (asked ? "?" + asked : "");
}

function showNarrowed() {
  const narrowing = all("[data-narrows]", filter).filter((select) => select.value);
  const badge = find("[data-narrowed]", filter);
  badge.hidden = !narrowing.length;
  badge.textContent = String(narrowing.length);
  const chips = find("#inbox-chips");
  chips.hidden = !narrowing.length;
  chips.replaceChildren(...narrowing.map((select) => {
    const chip = element("button", "inbox-chip", select.selectedOptions[0].text);
    chip.type = "button";
    chip.dataset.unnarrow = select.id;
    return chip;
  }));
}
filter.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-unnarrow]");
  if (!chip) return;
  const select = document.getElementById(chip.dataset.unnarrow);
  select.value = "";
  select.dispatchEvent(new Event("change", { bubbles: true }));
});
filter.addEventListener("change", showNarrowed);

// --- rows -----------------------------------------------------------------------------------
let busy = new Set(); // conversations that somebody is answering
const list = rowsIn(rows, {
  dress(row, id) {
    if (String(id) === chosen) row.setAttribute("aria-current", "true");
    if (busy.has(String(id))) row.classList.add("is-answered");
    refreshTimes(row);
  },
});
export const { unreadOf } = list;
export function showAnswered(ids) {
  const changed = [...ids, ...busy];
  busy = ids;
  for (const id of changed) { const row = list.rowOf(id); if (row) row.classList.toggle("is-answered", ids.has(id)); }
}

const nearing = new IntersectionObserver((seen) => {
  for (const one of seen) if (one.isIntersecting) loadMore(one.target);
}, { root: rows, rootMargin: AHEAD });
const ranked = (place) => all(".inbox-row[data-rank]", place);

function begin() { // the list was fetched anew
  nearing.disconnect();
  const more = find(".inbox-more", rows);
  list.begin(ranked(rows), !more);
  if (more) nearing.observe(more);
}
async function loadMore(more) {
  if (more.dataset.loading) return;
  more.dataset.loading = "yes";
  const found = await parts(more.dataset.more).catch(() => null);
  if (!found || !more.isConnected) { delete more.dataset.loading; return; }
  const next = find(".inbox-more", found);
  nearing.unobserve(more);
  list.add(ranked(found), !next);
  if (next) {
    more.replaceWith(next);
    nearing.observe(next);
  } else more.remove();
}

let chosen = ""; // the conversation whose row is marked
export function choose(id) { // at once: it answers the hand
  const old = list.rowOf(chosen);
  if (old) old.removeAttribute("aria-current");
  chosen = String(id || "");
  const row = list.rowOf(chosen);
  if (row) row.setAttribute("aria-current", "true");
}
export const mark = () => choose(openId());

let told = null; // the counts as they were told last
export const calls = () => Number(told.mentions); // conversations where somebody called, unseen
export function count(unread) {
  told = unread.dataset;
  for (const badge of all("[data-count]", filter)) {
    const number = Number(told[badge.dataset.count]);
    badge.textContent = number > 99 ? "99+" : String(number);
    badge.hidden = !number;
  }
  const mine = Number(told.forMe);
  document.title = mine ? "(" + mine + ") " + title : title;
  document.dispatchEvent(new CustomEvent("inbox-unread", { detail: mine }));
}

// Several events in one moment make one request.
const asked = new Set();
let asking = 0;
export function refreshRow(id) {
  asked.add(String(id));
  if (!asking) asking = setTimeout(refreshRows, 60);
}
async function refreshRows() {
  const ids = Array.from(asked).slice(0, 200);
  asked.clear();
  asking = 0;
  const wanted = new URLSearchParams(new FormData(filter));
  wanted.set("ids", ids.join(","));
  const found = await parts("/inbox/rows?" + wanted);
  if (!found) return;
  const here = new Set();
  for (const row of all(".inbox-row", found)) {
    here.add(row.dataset.conversation);
    list.put(row);
  }
  for (const id of ids) {
    if (!here.has(id)) list.take(id);
  }
  const none = find("[data-none]", rows);
  if (none && !list.isEmpty()) none.remove();
  if (!none && list.isEmpty() && !find(".inbox-hit", rows)) window.htmx.trigger(filter, "submit"); // it says why
  count(find("#inbox-unread", found));
}
export async function catchUp() {
  const found = await parts("/inbox/list?" + new URLSearchParams(new FormData(filter)));
  if (!found) return;
  for (const row of all(".inbox-row[data-conversation]", found)) asked.add(row.dataset.conversation);
  for (const id of list.first(60)) asked.add(String(id));
  if (asked.size) refreshRows();
}

// What stands `by` steps from the open one, the first where none is open, brought into sight:
// {id, message: of a hit, else ""}, or null at either end.
export function neighbour(by) {
  const id = list.neighbour(chosen, by);
  if (id !== null) {
    list.show(id);
    return { id, message: "" };
  }
  const hit = by > 0 && find(".inbox-hit", rows);
  if (!hit) return null;
  hit.scrollIntoView({ block: "nearest" });
  return { id: hit.dataset.open, message: hit.dataset.atMessage };
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "inbox-rows") return;
  rows.scrollTop = 0;
  begin();
  mark();
  history.replaceState(history.state, "", addressOf(thread() && inbox.dataset.screen !== "list" ? openId() : ""));
});

export function start() {
  count(find("#inbox-unread"));
  showNarrowed();
  begin();
  mark();
}
