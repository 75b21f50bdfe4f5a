// A long list of which only the rows near the place one looks at stand in the document. The rest is
// text: ten thousand rows cost neither layout nor the collector's time. All rows are equally high,
// so where one stands is a multiplication, and nothing is measured while one scrolls.
//
//   const list = rowsIn(scroller, { dress(row, id) {} });   // `dress`: what the text doesn't say
//   list.begin(elements, isWhole); list.add(elements, isWhole); list.put(element); list.take(id);
//
// An element has data-conversation (its id) and data-rank (the higher, the further up). A row stands
// in a slot that tells a screen reader its place, also of how many once the end is known.
import { element } from "./dom.js";

const AHEAD = 12; // rows kept ready in the direction of the scroll, half of it behind
const EACH_FRAME = 5; // rows made ready at once beside those that are seen: one costs up to 2 ms
const GAP = 1;
const REST = 500; // ms; a slow frame is no rest

const isBefore = (one, other) => one.rank > other.rank || (one.rank === other.rank && one.id > other.id);

export function rowsIn(scroller, { dress }) {
  const maker = document.createElement("template");
  let entries = []; // {id, rank, unread, html, slot: element, or null: not in the document}
  let known = new Map(); // id -> entry
  let shown = []; // entries with a slot
  let holder = null;
  // makes the holder as high as all rows. Not by the holder's own style: `[style*=…]` in a style
  // sheet, Tabler's has one, makes everything below what changes it be styled anew
  let floor = null;
  let isWhole = true; // the list's end is loaded
  let step = 0; // a row and the gap below it
  let start = 0; // where the first row stands in the scroller
  let view = 0;
  let before = 0; // where the scroller stood, to know its direction
  let frame = 0;
  let spare = []; // slots that show nothing
  let resting = 0;

  const entryOf = (row) => ({
    id: Number(row.dataset.conversation), rank: Number(row.dataset.rank), unread: Number(row.dataset.unread),
    html: row.outerHTML, slot: null, at: 0,
  });
  function place(entry) { // the first index whose entry stands behind
    let low = 0, high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(entries[middle], entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  function measure() {
    const row = shown[0] && shown[0].slot.firstElementChild;
    if (row) {
      const height = Math.ceil(row.getBoundingClientRect().height);
      if (!height) return; // a phone shows the thread
      step = height + GAP;
      holder.style.setProperty("--inbox-step", step + "px");
    }
    start = holder.offsetTop - scroller.offsetTop;
    view = scroller.clientHeight;
  }
  function stand(entry, at) {
    entry.at = at;
    entry.slot.style.top = at * step + "px";
    entry.slot.setAttribute("aria-posinset", String(at + 1));
    entry.slot.setAttribute("aria-setsize", String(isWhole ? entries.length : -1));
  }
  // Slots are used again and stay where they are among their siblings: a style sheet that counts
  // children (`:nth-last-child`, Tabler's has one) makes all of them be styled anew for each that
  // comes or goes. Their order is put right when the scrolling rests.
  function show(entry, at) {
    maker.innerHTML = entry.html;
    const row = maker.content.firstElementChild;
    entry.slot = spare.pop() || newSlot();
    entry.slot.hidden = false;
    entry.slot.replaceChildren(row);
    dress(row, entry.id);
    stand(entry, at);
    shown.push(entry);
  }
  function newSlot() {
    const slot = element("div", "inbox-slot");
    slot.setAttribute("role", "listitem");
    holder.append(slot);
    return slot;
  }
  function hide(entry) {
    spare.push(entry.slot);
    entry.slot = null;
  }
  function order() { // as one reads and tabs; what has the focus isn't moved, or would lose it
    shown.sort((one, other) => one.at - other.at);
    if (shown.every((entry, at) => holder.children[at + 1] === entry.slot)) return;
    const still = shown.find((entry) => entry.slot.contains(document.activeElement));
    let isBehind = !still;
    for (const entry of shown) {
      if (entry === still) isBehind = true;
      else if (isBehind) holder.append(entry.slot);
      else holder.insertBefore(entry.slot, still.slot);
    }
    holder.append(...spare);
  }

  // Reads where the scroller stands before anything is written: the layout is clean then.
  function draw() {
    frame = 0;
    if (!holder || !entries.length) return;
    const top = scroller.scrollTop - start;
    const isDown = top >= before;
    before = top;
    const first = Math.max(0, Math.floor(top / step)), end = Math.min(entries.length, Math.ceil((top + view) / step));
    const from = Math.max(0, first - (isDown ? AHEAD / 2 : AHEAD)), to = Math.min(entries.length, end + (isDown ? AHEAD : AHEAD / 2));
    shown = shown.filter((entry) => {
      const stays = (entry.at >= from && entry.at < to) || entry.slot.contains(document.activeElement);
      if (!stays) hide(entry);
      return stays;
    });
    for (let at = first; at < end; at++) if (!entries[at].slot) show(entries[at], at);
    let left = EACH_FRAME;
    const ready = (at) => { if (!entries[at].slot && left-- > 0) show(entries[at], at); };
    if (isDown) for (let at = end; at < to; at++) ready(at);
    for (let at = first - 1; at >= from; at--) ready(at);
    if (!isDown) for (let at = end; at < to; at++) ready(at);
    for (const slot of spare) {
      slot.hidden = true;
      slot.replaceChildren();
    }
    if (left < 0) drawSoon();
    clearTimeout(resting);
    resting = setTimeout(order, REST);
  }
  function drawSoon() { frame ||= requestAnimationFrame(draw); }

  function settle() { // how many there are, or where they stand, has changed
    floor.style.height = Math.max(0, entries.length * step - GAP) + "px";
    const wanted = new Set(shown);
    for (let at = 0, left = wanted.size; left && at < entries.length; at++) {
      if (wanted.has(entries[at])) { stand(entries[at], at); left--; }
    }
  }
  function change(out, into) { // one goes, one comes, or both; what one looks at stays where it is
    const top = scroller.scrollTop - start;
    const hadFocus = out && out.slot && out.slot.contains(document.activeElement);
    let moved = 0;
    if (out) {
      const at = entries.indexOf(out);
      if (at * step < top) moved--;
      entries.splice(at, 1);
      known.delete(out.id);
      shown = shown.filter((other) => other !== out);
      if (out.slot) hide(out);
    }
    const at = into ? place(into) : entries.length;
    const comes = into && (at < entries.length || isWhole); // else it waits for its page
    if (comes) {
      if (at * step < top) moved++;
      entries.splice(at, 0, into);
      known.set(into.id, into);
      if (hadFocus || !shown.length) show(into, at);
      if (entries.length === 1) measure();
    }
    settle();
    if (moved && top > step) scroller.scrollTop += moved * step;
    draw();
    if (hadFocus && comes) into.slot.firstElementChild.focus({ preventScroll: true });
  }

  scroller.addEventListener("scroll", drawSoon, { passive: true });
  function measureAgain() {
    if (!holder || !holder.isConnected) return;
    measure();
    settle();
    draw();
  }
  new ResizeObserver(measureAgain).observe(scroller);
  document.fonts.ready.then(measureAgain); // a row is as high as its letters

  return {
    begin(rows, isEnd) { // a list that was fetched anew; its rows stand loose in the scroller
      isWhole = isEnd;
      before = 0;
      entries = rows.map(entryOf);
      known = new Map(entries.map((entry) => [entry.id, entry]));
      shown = [];
      spare = [];
      holder = element("div", "inbox-window");
      holder.setAttribute("role", "list");
      floor = element("div", "inbox-floor");
      floor.setAttribute("role", "presentation");
      holder.append(floor);
      if (rows.length) rows[0].before(holder);
      else scroller.prepend(holder);
      for (const row of rows) row.remove();
      step = 76;
      if (entries.length) {
        show(entries[0], 0);
        measure();
      }
      settle();
      draw();
    },
    add(rows, isEnd) { // the next page
      isWhole = isEnd;
      for (const row of rows) {
        const entry = entryOf(row);
        if (known.has(entry.id)) continue; // it moved meanwhile
        entries.push(entry);
        known.set(entry.id, entry);
      }
      floor.style.height = Math.max(0, entries.length * step - GAP) + "px";
      if (isWhole) settle();
      drawSoon();
    },
    put(row) { // new, changed or moved
      const entry = entryOf(row), old = known.get(entry.id);
      if (old && old.rank === entry.rank) {
        old.html = entry.html;
        old.unread = entry.unread;
        if (old.slot) {
          const hadFocus = old.slot.contains(document.activeElement);
          dress(row, entry.id);
          old.slot.replaceChildren(row);
          if (hadFocus) row.focus({ preventScroll: true });
        }
        return;
      }
      change(old, entry);
    },
    take(id) {
      const entry = known.get(Number(id));
      if (entry) change(entry, null);
    },
    rowOf(id) { // null: not in the document
      const entry = known.get(Number(id));
      return entry && entry.slot ? entry.slot.firstElementChild : null;
    },
    unreadOf(id) { // null: not in the list
      const entry = known.get(Number(id));
      return entry ? entry.unread : null;
    },
    isEmpty: () => !entries.length,
    first: (count) => entries.slice(0, count).map((entry) => entry.id),
    neighbour(id, by) { // the id `by` steps from that one, the first where it isn't listed; null: the end
      const at = known.has(Number(id)) ? entries.indexOf(known.get(Number(id))) + by : 0;
      return entries[at] ? entries[at].id : null;
    },
    show(id) { // scrolls as little as it must
      const at = entries.indexOf(known.get(Number(id)));
      const top = start + at * step;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top + step > scroller.scrollTop + view) scroller.scrollTop = top + step - view;
      draw();
    },
  };
}
