// Moving cards without a pointer: Space picks up and puts down, arrows move, Escape gives up.
import { backTo, board, cardsIn, columnOf, mayMove, put, send, spotOf, titleOf } from "./places.js";

let lifted = null;

function say(name, card) {
  const column = columnOf(card);
  const words = { card: titleOf(card).textContent, stage: column.dataset.stage, place: cardsIn(column).indexOf(card) + 1 };
  document.getElementById("board-said").textContent =
    board().dataset[name].replace(/\{(\w+)\}/g, (_, word) => words[word]);
}
const beside = (column, way) => {
  const all = Array.from(document.querySelectorAll(".board-column"));
  return all[all.indexOf(column) + way];
};

function lift(card) {
  lifted = { card, spot: spotOf(card) };
  card.classList.add("is-lifted");
  say("lifted", card);
}
function drop(isKept) {
  const { card, spot } = lifted;
  lifted = null;
  card.classList.remove("is-lifted");
  if (isKept) { say("put", card); send(card, spot); return; }
  backTo(card, spot);
  say("left", card);
  titleOf(card).focus();
}

function carry(card, key) {
  const column = columnOf(card), cards = cardsIn(column), at = cards.indexOf(card);
  if (key === "ArrowUp" && at > 0) put(card, column, cards[at - 1]);
  else if (key === "ArrowDown" && at < cards.length - 1) put(card, column, cards[at + 2] || null);
  else if (key === "ArrowLeft" || key === "ArrowRight") {
    const target = beside(column, key === "ArrowLeft" ? -1 : 1);
    if (target) put(card, target, cardsIn(target)[Math.min(at, cardsIn(target).length)] || null);
  }
  titleOf(card).focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  say("at", card);
}
function walk(card, key) {
  const column = columnOf(card), cards = cardsIn(column), at = cards.indexOf(card);
  let target = null;
  if (key === "ArrowUp") target = cards[at - 1];
  if (key === "ArrowDown") target = cards[at + 1];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    let next = beside(column, key === "ArrowLeft" ? -1 : 1);
    while (next && !cardsIn(next).length) next = beside(next, key === "ArrowLeft" ? -1 : 1);
    target = next && cardsIn(next)[Math.min(at, cardsIn(next).length - 1)];
  }
  if (target) titleOf(target).focus();
}

document.addEventListener("keydown", (event) => {
  const card = event.target.matches(".board-card-title") && event.target.closest(".board-card");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  const isArrow = event.key.startsWith("Arrow");
  if (lifted && lifted.card === card) {
    if (isArrow) carry(card, event.key);
    else if (event.key === " " || event.key === "Enter") drop(true);
    else if (event.key === "Escape") drop(false);
    else return;
  } else if (isArrow) walk(card, event.key);
  else if (event.key === " " && mayMove()) lift(card);
  else return;
  event.preventDefault();
  event.stopPropagation();
});
document.addEventListener("focusout", (event) => {
  // gone elsewhere with a card in the hand: it stays where it was
  if (!lifted || !event.target.matches(".board-card-title")) return;
  const { card } = lifted;
  setTimeout(() => { if (lifted && lifted.card === card && !card.contains(document.activeElement)) drop(false); }, 0);
});
