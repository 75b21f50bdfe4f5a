// A card opened beside the board: what was said on it, and where to answer.
import { columnOf, put, send, spotOf, titleOf } from "./places.js";

const drawer = document.getElementById("board-drawer");
const panel = () => window.bootstrap.Offcanvas.getOrCreateInstance(drawer);
let opened = ""; // the id of the card that was clicked
let asking = 0; // each look into a card has a number: an older answer is dropped

export async function openCard(address, card = "") {
  const number = ++asking;
  const answer = await ask(address);
  if (!answer || number !== asking) return;
  fill(answer);
  opened = card;
  panel().show();
  toTheLast();
}
async function ask(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (answer.headers.get("HX-Redirect")) { location.href = answer.headers.get("HX-Redirect"); return ""; }
  if (answer.ok) return answer.text();
  window.sapa.toast(document.body.dataset.fail, "danger");
  return "";
}
function fill(html) {
  const isRefreshed = drawer.contains(document.activeElement);
  drawer.innerHTML = html;
  window.htmx.process(drawer);
  if (isRefreshed) drawer.focus({ preventScroll: true }); // what had it is gone; Escape still closes
}
function toTheLast() {
  const messages = drawer.querySelector(".drawer-messages");
  messages.scrollTop = messages.scrollHeight;
}
export async function refreshCard(ids) {
  const body = openBody();
  if (!body || !ids.includes(body.dataset.drawerCard) || isAnswering()) return;
  const number = ++asking;
  const html = await ask(body.dataset.drawer);
  if (!html || number !== asking || !openBody() || isAnswering()) return; // closed meanwhile: it stays closed
  fill(html);
  toTheLast();
}
const isOpen = () => drawer.classList.contains("show") && !drawer.classList.contains("hiding");
const openBody = () => (isOpen() ? drawer.querySelector("[data-drawer-card]") : null);
function isAnswering() {
  const box = drawer.querySelector("textarea");
  return Boolean(box && box.value);
}

document.addEventListener("click", (event) => {
  const card = event.target.closest(".board-card");
  if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if ("dropped" in card.dataset) return;
  openCard(card.querySelector("[data-open-card]").dataset.openCard, card.dataset.card);
});
drawer.addEventListener("hide.bs.offcanvas", () => { asking += 1; });
drawer.addEventListener("hidden.bs.offcanvas", () => {
  const card = opened && document.getElementById("card-" + opened);
  if (card) titleOf(card).focus();
  drawer.replaceChildren();
  const here = new URL(location.href);
  here.searchParams.delete("card"); // an address that opened the drawer has done so
  history.replaceState(history.state, "", here);
});

// the stage, chosen: the way for who can neither drag nor reach a keyboard
drawer.addEventListener("change", async (event) => {
  if (!event.target.matches("[data-move-to]")) return;
  const body = event.target.closest("[data-drawer-card]");
  const card = document.getElementById("card-" + body.dataset.drawerCard);
  const column = Array.from(document.querySelectorAll(".board-column")).find((each) => each.dataset.stage === event.target.value);
  if (!card || !column) return;
  asking += 1; // what is being looked up was so before
  const spot = spotOf(card), was = columnOf(card).dataset.stage;
  const first = column.querySelector(".board-card");
  put(card, column, first);
  if (!(await send(card, spot))) event.target.value = was;
});
drawer.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches("[data-drawer-answer]") || !event.detail.successful) return;
  event.target.reset();
  refreshCard([event.target.closest("[data-drawer-card]").dataset.drawerCard]);
});
