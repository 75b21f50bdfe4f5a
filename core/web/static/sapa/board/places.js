// Where cards stand: read from the page, changed there at once, then told to the server.
export const board = () => document.getElementById("board");
export const columnOf = (node) => node.closest(".board-column");
export const cardsIn = (column) => Array.from(column.querySelectorAll(".board-card:not(.is-ghost)"));
export const listOf = (column) => column.querySelector("[data-cards]");
export const titleOf = (card) => card.querySelector(".board-card-title");
export const mayMove = () => "move" in board().dataset;

// A place in the page, to go back to.
export const spotOf = (card) => ({ list: card.parentElement, next: card.nextElementSibling });
export function backTo(card, spot) {
  spot.list.insertBefore(card, spot.next && spot.next.parentElement === spot.list ? spot.next : null);
}
export const isAt = (card, spot) => card.parentElement === spot.list && card.nextElementSibling === spot.next;

// Put a card before another node of a column, or last among those that are loaded.
export function put(card, column, before = null) {
  const list = listOf(column);
  list.insertBefore(card, before || list.querySelector("[data-more]"));
}

// Tell the server where the card stands now; refused, it goes back to `spot` and a note says why.
export async function send(card, spot) {
  if (isAt(card, spot)) return true;
  const column = columnOf(card);
  const next = card.nextElementSibling, previous = card.previousElementSibling;
  const body = new FormData();
  body.set("stage", column.dataset.stage);
  if (next && next.matches(".board-card")) body.set("before", next.dataset.card);
  else if (previous) body.set("after", previous.dataset.card);
  card.classList.add("is-sending");
  card.setAttribute("aria-busy", "true");
  let sentence = document.body.dataset.gone;
  try {
    const answer = await fetch(board().dataset.move.replace("/card/0/", `/card/${card.dataset.card}/`), {
      method: "POST", body,
      headers: { "HX-Request": "true", Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    });
    if (answer.headers.get("HX-Redirect")) { location.href = answer.headers.get("HX-Redirect"); return false; }
    const text = await answer.text();
    if (answer.ok) { lay(text, [card.dataset.card], ticket()); return true; }
    try { sentence = JSON.parse(text).message; } catch { sentence = document.body.dataset.fail; }
  } catch { /* no connection: said below */ }
  card.classList.remove("is-sending");
  card.removeAttribute("aria-busy");
  backTo(card, spot);
  titleOf(card).focus({ preventScroll: true });
  window.sapa.toast(sentence, "danger");
  return false;
}

// Questions are numbered as they are put: an answer that comes late undoes nothing that was asked since,
// and one for a board that has been filtered meanwhile is for nobody.
let asked = 0;
let laid = { board: null, since: 0, cards: new Map() };
export function ticket() {
  if (laid.board !== board()) laid = { board: board(), since: asked, cards: new Map() };
  return ++asked;
}
function isLate(number, id) {
  if (laid.board !== board() || number <= laid.since) return true;
  if (number < (laid.cards.get(id) || 0)) return true;
  laid.cards.set(id, number);
  return false;
}

// Lay in what the server says of the cards `ids`, and of the heads of all columns.
export function lay(html, ids, number) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const found = new Map(Array.from(holder.content.querySelectorAll(".board-card"), (card) => [card.dataset.card, card]));
  const focused = document.activeElement && document.activeElement.closest(".board-card");
  for (const id of new Set([...ids.map(String), ...found.keys()])) {
    if (isLate(number, id)) continue;
    const old = document.getElementById("card-" + id);
    if (old && (old.classList.contains("is-dragged") || old.classList.contains("is-lifted"))) continue; // in somebody's hand
    const card = found.get(id);
    if (!card) { if (old) old.remove(); continue; }
    const column = Array.from(document.querySelectorAll(".board-column")).find((each) => each.dataset.stage === card.dataset.stage);
    const next = column && cardsIn(column).find((other) => other.dataset.card !== id && isBehind(other, card));
    const isFurther = column && !next && listOf(column).querySelector("[data-more]"); // among cards that aren't loaded
    if (!column || isFurther) { if (old) old.remove(); continue; }
    if (old) old.remove();
    put(card, column, next);
    window.htmx.process(card);
    window.sapa.refreshTimes(card);
    if (focused && focused.dataset.card === id) titleOf(card).focus({ preventScroll: true });
  }
  if (isLate(number, "totals")) return;
  const totals = new Map(Array.from(holder.content.querySelectorAll("[data-total]"), (each) => [each.dataset.total, each]));
  for (const head of document.querySelectorAll(".board-total")) {
    const total = totals.get(head.dataset.total);
    if (total) head.replaceChildren(...total.childNodes);
    else { head.querySelector("[data-count]").textContent = "0"; for (const sum of head.querySelectorAll(".board-sum")) sum.remove(); }
  }
}
function isBehind(other, card) {
  const here = Number(card.dataset.place), there = Number(other.dataset.place);
  return there > here || (there === here && Number(other.dataset.card) > Number(card.dataset.card));
}
