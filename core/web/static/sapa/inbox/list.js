// The list: filters in the address, pages while one scrolls, rows that move when something happens.
import { all, element, find, inbox, openId, parts, thread } from "./dom.js";

const { refreshTimes } = window.sapa;
const rows = find("#inbox-rows");
const filter = find("#inbox-filter");
const title = document.title;
const DEFAULTS = { whose: "all", shelf: "open" };
const BOX = 10; // rows that come and go together: as many as a frame can lay out
const SHELF = 40; // boxes that have one parent
const AHEAD = "1600px"; // the next page is asked for this far before its place is seen

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
// Loaded rows stand in boxes. Boxes far away are emptied and keep their height: however many there
// are, some sixty rows stand in the document, and a frame costs the same at the 10,000th. They are
// filled one a frame, the nearest first: the four of a fetched page at once take 35 ms to lay out.
let pages = []; // {box, away: DocumentFragment of its rows, or null where they are shown}
const known = new Map(); // conversation -> row, shown or away
const pageOf = new WeakMap(); // box -> page
const nearing = new IntersectionObserver((seen) => {
  for (const one of seen) {
    const page = pageOf.get(one.target);
    if (!page) { if (one.isIntersecting) loadMore(one.target); }
    else if (one.isIntersecting) bringSoon(page, one);
    else { due.delete(page); putAway(page, one.boundingClientRect.height); }
  }
}, { root: rows, rootMargin: AHEAD });

export const rowOf = (id) => known.get(String(id)) || null;
const rowsOf = (page) => Array.from((page.away || page.box).children);

const due = new Map(); // page -> how far from the middle of the list it was
let bringing = 0;
function bringSoon(page, seen) {
  if (!page.away) return;
  const list = seen.rootBounds || seen.boundingClientRect, box = seen.boundingClientRect;
  due.set(page, Math.abs(box.top + box.bottom - list.top - list.bottom));
  bringing ||= requestAnimationFrame(bringNearest);
}
function bringNearest() {
  const [nearest] = Array.from(due).sort((one, other) => one[1] - other[1]);
  bringing = due.size > 1 ? requestAnimationFrame(bringNearest) : 0;
  if (!nearest) return;
  due.delete(nearest[0]);
  bring(nearest[0]);
}
function bring(page) {
  if (!page.away) return;
  page.box.append(page.away);
  page.away = null;
  page.box.style.height = "";
  refreshTimes(page.box);
}
function putAway(page, height) {
  if (page.away || !height || page.box.contains(document.activeElement)) return;
  page.away = document.createDocumentFragment();
  page.away.append(...page.box.childNodes);
  page.box.style.height = height + "px";
}
// Takes rows that lie loose in `place` into boxes. Those that aren't in the document yet stay away,
// with the height that rows have, until they are near: forty at once would cost a frame.
function adopt(place = rows) {
  const loose = Array.from(place.children).filter((child) => child.dataset.rank);
  const first = place === rows ? null : find(".inbox-row", rows);
  const height = first ? first.offsetHeight + 1 : 0;
  for (const row of loose) known.set(row.dataset.conversation, row);
  for (let at = 0; at < loose.length; at += BOX) {
    const box = element("div", "inbox-page");
    loose[at].before(box);
    const page = { box, away: null };
    const own = loose.slice(at, at + BOX);
    if (height) {
      page.away = document.createDocumentFragment();
      page.away.append(...own);
      box.style.height = own.length * height - 1 + "px";
    } else box.append(...own);
    pages.push(page);
    pageOf.set(box, page);
    nearing.observe(box);
  }
}
function begin() { // the list was fetched anew
  nearing.disconnect();
  due.clear();
  pages = [];
  known.clear();
  adopt();
  watchMore();
}
function watchMore() {
  const more = find(".inbox-more", rows);
  if (more) nearing.observe(more);
}
async function loadMore(more) {
  if (more.dataset.loading) return;
  more.dataset.loading = "yes";
  const found = await parts(more.dataset.more).catch(() => null);
  if (!found || !more.isConnected) { delete more.dataset.loading; return; }
  for (const row of all(".inbox-row", found)) if (known.has(row.dataset.conversation)) row.remove(); // it moved meanwhile
  nearing.unobserve(more);
  adopt(found);
  const next = find(".inbox-more", found);
  shelve(found, more);
  if (next) more.replaceWith(next);
  else more.remove();
  watchMore();
}
// A style sheet with `:last-child` anywhere makes the browser look at all the siblings of what is
// added: boxes side by side, a thousand of them, would cost each fetched page a frame.
function shelve(found, more) {
  let shelf = more.previousElementSibling;
  if (!shelf || !shelf.matches(".inbox-shelf") || shelf.childElementCount >= SHELF) {
    shelf = element("div", "inbox-shelf");
    more.before(shelf);
  }
  shelf.append(...all(".inbox-page", found));
}

// --- one row --------------------------------------------------------------------------------
const isAbove = (one, other) => Number(one.dataset.rank) > Number(other.dataset.rank)
  || (one.dataset.rank === other.dataset.rank && Number(one.dataset.conversation) > Number(other.dataset.conversation));

function place(row) {
  const old = rowOf(row.dataset.conversation);
  if (old && old.dataset.rank === row.dataset.rank) {
    known.set(row.dataset.conversation, row);
    old.replaceWith(row);
    return;
  }
  take(row.dataset.conversation);
  if (!pages.length) { rows.prepend(row); adopt(); return; }
  const at = pages.find((page) => { const last = (page.away || page.box).lastElementChild; return last && isAbove(row, last); });
  if (!at && find(".inbox-more", rows)) return; // it belongs to a page that isn't loaded yet
  const page = at || pages[pages.length - 1];
  const next = rowsOf(page).find((other) => isAbove(row, other));
  known.set(row.dataset.conversation, row);
  (page.away || page.box).insertBefore(row, next || null);
}
function take(id) {
  const row = rowOf(id);
  if (!row) return;
  known.delete(String(id));
  row.remove();
}

let current = null;
export function mark() {
  const row = openId() ? rowOf(openId()) : null;
  if (current && current !== row) current.removeAttribute("aria-current");
  if (row) row.setAttribute("aria-current", "true");
  current = row;
}
export function choose(id) { // at once: it answers the hand
  if (current) current.removeAttribute("aria-current");
  current = rowOf(id);
  if (current) current.setAttribute("aria-current", "true");
}

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
    place(row);
  }
  for (const id of ids) {
    if (!here.has(id)) take(id);
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
  for (const page of pages.slice(0, 6)) for (const row of rowsOf(page)) asked.add(row.dataset.conversation);
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
  begin();
  mark();
  refreshTimes(rows);
  history.replaceState(history.state, "", addressOf(thread() && inbox.dataset.screen !== "list" ? openId() : ""));
});

export function start() {
  count(find("#inbox-unread"));
  showNarrowed();
  begin();
  mark();
}
