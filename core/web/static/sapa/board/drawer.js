// A card opened beside the board: what was said on it, and where to answer.
import { columnOf, put, send, spotOf } from "./places.js";

const drawer = document.getElementById("board-drawer");
const panel = () => window.bootstrap.Offcanvas.getOrCreateInstance(drawer);
let opener = null;

export async function openCard(address, card = null) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (answer.headers.get("HX-Redirect")) { location.href = answer.headers.get("HX-Redirect"); return; }
  if (!answer.ok) { window.sapa.toast(document.body.dataset.fail, "danger"); return; }
  const isRefreshed = drawer.contains(document.activeElement);
  drawer.innerHTML = await answer.text();
  window.htmx.process(drawer);
  if (isRefreshed) drawer.focus({ preventScroll: true }); // what had it is gone; Escape still closes
  opener = card;
  const messages = drawer.querySelector(".drawer-messages");
  panel().show();
  messages.scrollTop = messages.scrollHeight;
}
export function refreshCard(ids) {
  const body = drawer.querySelector("[data-drawer-card]");
  const box = drawer.querySelector("textarea");
  if (!body || !drawer.classList.contains("show") || !ids.includes(body.dataset.drawerCard)) return;
  if (box && box.value) return; // somebody is answering
  openCard(body.dataset.drawer, opener);
}

document.addEventListener("click", (event) => {
  const card = event.target.closest(".board-card");
  if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if ("dropped" in card.dataset) return;
  openCard(card.querySelector("[data-open-card]").dataset.openCard, card);
});
drawer.addEventListener("hidden.bs.offcanvas", () => {
  if (opener && opener.isConnected) opener.querySelector(".board-card-title").focus();
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
  const spot = spotOf(card), was = columnOf(card).dataset.stage;
  const first = column.querySelector(".board-card");
  put(card, column, first);
  if (!(await send(card, spot))) event.target.value = was;
});
drawer.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches("[data-drawer-answer]") || !event.detail.successful) return;
  event.target.reset();
  openCard(drawer.querySelector("[data-drawer]").dataset.drawer, opener);
});
