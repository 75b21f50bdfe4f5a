// Dragging with mouse, pen and finger. A finger holds the card for a moment first: else it scrolls.
import { backTo, board, columnOf, listOf, mayMove, put, send, spotOf } from "./places.js";

const HOLD = 280, SLACK = 6, EDGE = 56, STEP = 14;
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".board-card");
  if (!card || drag || event.button || !board() || !mayMove()) return;
  const box = card.getBoundingClientRect();
  drag = {
    card, id: event.pointerId, isTouch: event.pointerType === "touch", began: false, moved: false,
    x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY,
    left: event.clientX - box.left, top: event.clientY - box.top, width: box.width,
  };
  if (drag.isTouch) drag.timer = setTimeout(begin, HOLD);
});

function begin() {
  const { card } = drag;
  drag.began = true;
  drag.spot = spotOf(card);
  const ghost = card.cloneNode(true);
  ghost.removeAttribute("id");
  ghost.classList.add("is-ghost");
  ghost.setAttribute("aria-hidden", "true");
  ghost.style.width = drag.width + "px";
  document.body.append(ghost);
  drag.ghost = ghost;
  card.classList.add("is-dragged");
  document.documentElement.classList.add("is-dragging-card");
  if (drag.isTouch && navigator.vibrate) navigator.vibrate(12);
  follow();
  drag.frame = requestAnimationFrame(scroll);
}

function follow() {
  drag.ghost.style.transform = `translate(${drag.x - drag.left}px, ${drag.y - drag.top}px) rotate(2deg)`;
  const under = document.elementFromPoint(drag.x, drag.y);
  const column = under && under.closest(".board-column");
  if (!column) return;
  const other = under.closest(".board-card");
  if (other === drag.card) return;
  if (other && columnOf(other) === column) {
    const box = other.getBoundingClientRect();
    put(drag.card, column, drag.y < box.top + box.height / 2 ? other : other.nextElementSibling);
  } else if (columnOf(drag.card) !== column || !under.closest("[data-cards]")) {
    const first = listOf(column).firstElementChild;
    const isAbove = under.closest(".board-column-head") && first !== drag.card;
    if (columnOf(drag.card) !== column || isAbove) put(drag.card, column, isAbove ? first : null);
  }
}

function scroll() {
  if (!drag || !drag.began) return;
  const across = board(), box = across.getBoundingClientRect();
  const near = (at, from, to) => (at < from + EDGE ? -STEP : at > to - EDGE ? STEP : 0);
  across.scrollLeft += near(drag.x, box.left, box.right);
  const column = document.elementFromPoint(drag.x, drag.y)?.closest(".board-column");
  if (column) {
    const list = listOf(column), edges = list.getBoundingClientRect();
    list.scrollTop += near(drag.y, edges.top, edges.bottom);
  }
  drag.frame = requestAnimationFrame(scroll);
}

document.addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  drag.x = event.clientX;
  drag.y = event.clientY;
  const isFar = Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY) > SLACK;
  if (!drag.began) {
    if (!isFar) return;
    if (drag.isTouch) return leave(); // a finger that moves at once scrolls
    begin();
  }
  drag.moved = drag.moved || isFar;
  follow();
});
document.addEventListener("touchmove", (event) => { if (drag && drag.began) event.preventDefault(); }, { passive: false });
document.addEventListener("contextmenu", (event) => { if (drag && drag.isTouch) event.preventDefault(); });
document.addEventListener("dragstart", (event) => { if (event.target.closest(".board-card")) event.preventDefault(); });

document.addEventListener("pointerup", (event) => {
  if (!drag || event.pointerId !== drag.id) return;
  const { card, spot, began, moved } = drag;
  leave();
  if (!began) return;
  if (moved) card.dataset.dropped = ""; // the click that follows opens nothing
  setTimeout(() => delete card.dataset.dropped, 0);
  send(card, spot);
});
document.addEventListener("pointercancel", cancel);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && drag && drag.began) { event.preventDefault(); cancel(); } }, true);

function cancel() {
  if (!drag) return;
  if (drag.began) backTo(drag.card, drag.spot);
  leave();
}
function leave() {
  clearTimeout(drag.timer);
  cancelAnimationFrame(drag.frame);
  if (drag.ghost) drag.ghost.remove();
  drag.card.classList.remove("is-dragged");
  document.documentElement.classList.remove("is-dragging-card");
  drag = null;
}
