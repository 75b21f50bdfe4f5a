// The list: filters in the address, pages while one scrolls, rows that move when something happens.
import { all, element, find, inbox, openId, parts, thread } from "./dom.js";

const { refreshTimes } = window.sapa;
const rows = find("#inbox-rows");
const filter = find("#inbox-filter");
const title = document.title;
const DEFAULTS = { whose: "all", shelf: "open" };
const AHEAD = "1600px"; // the next page is asked for this far before its place is seen

export const rowOf = (id) => document.getElementById("row-" + id);
export const shownRows = () => all(".inbox-row", rows);

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

// --- pages ----------------------------------------------------------------------------------
const nearing = new IntersectionObserver((seen) => {
  for (const one of seen) if (one.isIntersecting) loadMore(one.target);
}, { root: rows, rootMargin: AHEAD });
let watched = null;
export function watchMore() {
  const more = find("[data-more]", rows);
  if (more === watched) return;
  if (watched) nearing.unobserve(watched);
  watched = more;
  if (more) nearing.observe(more);
}
async function loadMore(more) {
  if (more.dataset.loading) return;
  more.dataset.loading = "yes";
  const found = await parts(more.dataset.more).catch(() => null);
  if (!found || !more.isConnected) { delete more.dataset.loading; return; }
  for (const row of all(".inbox-row", found)) if (document.getElementById(row.id)) row.remove(); // it moved meanwhile
  more.replaceWith(found);
  refreshTimes(rows);
  watchMore();
}

// --- one row --------------------------------------------------------------------------------
const isAbove = (one, other) => Number(one.dataset.rank) > Number(other.dataset.rank)
  || (one.dataset.rank === other.dataset.rank && Number(one.dataset.conversation) > Number(other.dataset.conversation));

function place(row) {
  const old = document.getElementById(row.id);
  if (old && old.dataset.rank === row.dataset.rank) { old.replaceWith(row); return; }
  if (old) old.remove();
  // what happens now belongs near the top: look from there
  let next = find(".inbox-row[data-rank]", rows);
  while (next && next.dataset.rank && !isAbove(row, next)) {
    do next = next.nextElementSibling; while (next && !next.dataset.rank && !next.matches(".inbox-more, .inbox-part"));
  }
  if (!next && find(".inbox-more", rows)) return; // it belongs to a page that isn't loaded yet
  if (next && next.matches(".inbox-more")) return;
  rows.insertBefore(row, next);
}

export function mark() {
  for (const row of all(".inbox-row[aria-current]", rows)) row.removeAttribute("aria-current");
  const row = openId() && rowOf(openId());
  if (row) row.setAttribute("aria-current", "true");
}

export function count(unread) {
  const told = unread.dataset;
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
    place(row);
  }
  for (const id of ids) {
    const gone = !here.has(id) && rowOf(id);
    if (gone) gone.remove();
  }
  const none = find("[data-none]", rows);
  if (none && find(".inbox-row", rows)) none.remove();
  count(find("#inbox-unread", found));
  refreshTimes(rows);
  mark();
}
export async function catchUp() {
  const found = await parts("/inbox/list?" + new URLSearchParams(new FormData(filter)));
  if (!found) return;
  for (const row of all(".inbox-row[data-conversation]", found)) asked.add(row.dataset.conversation);
  for (const row of all(".inbox-row[data-conversation]", rows).slice(0, 60)) asked.add(row.dataset.conversation);
  if (asked.size) refreshRows();
}

// The row `by` steps from the open one; the first one when none is open.
export function neighbour(by) {
  const list = shownRows();
  const at = list.findIndex((row) => row.getAttribute("aria-current"));
  return list[at < 0 ? 0 : at + by] || null;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "inbox-rows") return;
  rows.scrollTop = 0;
  mark();
  watchMore();
  refreshTimes(rows);
  history.replaceState(history.state, "", addressOf(thread() && inbox.dataset.screen !== "list" ? openId() : ""));
});

export function start() {
  count(find("#inbox-unread"));
  showNarrowed();
  mark();
  watchMore();
}
