// The board: what happens elsewhere is laid in, cards are added in place.
import { board, lay, ticket } from "./places.js";
import { openCard, refreshCard } from "./drawer.js";
import "./drag.js";
import "./keys.js";

const { live } = window.sapa;

// --- live: ids are gathered for a moment, then asked about at once -----------------------------
const waiting = { cards: new Set(), conversations: new Set(), tasks: new Set() };
let timer = 0;
function hear(noun, id) {
  waiting[noun].add(String(id));
  timer ||= setTimeout(look, 150);
}
async function look() {
  timer = isFiltering ? setTimeout(look, 150) : 0; // the board is about to be another one
  if (timer) return;
  const number = ticket();
  const address = new URL(board().dataset.changed, location.href);
  const asked = [...waiting.cards];
  for (const [noun, ids] of Object.entries(waiting)) {
    if (ids.size) address.searchParams.set(noun, [...ids].slice(0, 200).join(","));
    ids.clear();
  }
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer || !answer.ok) return;
  const html = await answer.text();
  lay(html, asked, number);
  refreshCard([...html.matchAll(/data-card="(\d+)"/g)].map((each) => each[1]));
}
const loaded = () => Array.from(document.querySelectorAll(".board-card[data-card]"), (card) => card.dataset.card);
live.on("card", (data) => String(data.module) === board().dataset.module && hear("cards", data.card));
live.on("message", (data) => hear("conversations", data.conversation));
live.on("task", (data) => hear("tasks", data.task));
live.onCatchUp(() => { for (const id of loaded().slice(0, 200)) hear("cards", id); });
live.start();

let isFiltering = false;
const filter = document.querySelector(".board-filter");
filter.addEventListener("htmx:beforeRequest", () => { isFiltering = true; });
filter.addEventListener("htmx:afterRequest", () => { isFiltering = false; });

// --- adding a card in place ---------------------------------------------------------------------
function say(form, sentence) {
  const note = form.querySelector("[data-error]");
  note.textContent = sentence;
  note.hidden = !sentence;
}
function people(select) {
  if (select.tomselect) return select.tomselect;
  const box = new window.TomSelect(select, {
    valueField: "id", labelField: "text", searchField: [], maxItems: 1, create: false, loadThrottle: 200,
    load: async (text, done) => {
      const answer = await fetch(select.dataset.people + "?q=" + encodeURIComponent(text), { headers: { Accept: "application/json" } }).catch(() => null);
      box.clearOptions();
      done(answer && answer.ok ? await answer.json() : []);
    },
    shouldLoad: (text) => text.length > 0,
    score: () => () => 1,
  });
  box.control_input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  return box;
}
function show(form, isShown) {
  form.hidden = !isShown;
  form.closest(".board-column").querySelector("[data-add]").setAttribute("aria-expanded", String(isShown));
  say(form, "");
  if (isShown) people(form.querySelector("[data-people]")).focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-add-close]");
  if (!button) return;
  const form = button.closest(".board-column").querySelector("[data-add-form]");
  show(form, "add" in button.dataset && form.hidden);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target;
  if (!form.matches || !form.matches("[data-add-form]") || !event.detail.successful) return;
  lay(event.detail.xhr.responseText, [], ticket());
  form.reset();
  people(form.querySelector("[data-people]")).clear();
  show(form, false);
});
document.addEventListener("htmx:responseError", (event) => {
  if (!event.target.matches("[data-add-form], [data-drawer-answer]")) return;
  let sentence = "";
  try { sentence = JSON.parse(event.detail.xhr.responseText).message; } catch { return; }
  event.stopPropagation();
  say(event.target, sentence);
}, true);

document.addEventListener("htmx:afterSettle", () => window.sapa.refreshTimes());
if (board().dataset.opens) openCard(board().dataset.opens);
