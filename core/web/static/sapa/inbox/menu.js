// Suggestions above the text: `/` calls up quick replies, `@` in a note the colleagues.
import { element, find, inbox, me, people, words } from "./dom.js";
import { box, composer, insert } from "./composer.js";

const SHOWN = 8;
let quickReplies = null; // a promise, from the first `/` on
let offered = [];
let chosen = 0;
let typed = 0; // letters that the choice replaces, its sign included

const menu = () => find("#composer-menu");
export const isOpen = () => menu() && !menu().hidden;

function replies() {
  quickReplies ||= fetch(composer().dataset.quickReplies, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : []))
    .catch(() => { quickReplies = null; return []; });
  return quickReplies;
}
function filled(text) {
  const values = JSON.parse(composer().dataset.filled);
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] || whole);
}
// Beginnings first, then what holds it anywhere.
function fitting(all, wanted, ...fields) {
  const at = (one) => Math.min(...fields.map((field) => { const i = one[field].toLowerCase().indexOf(wanted); return i < 0 ? Infinity : i; }));
  return all.map((one) => [at(one), one]).filter(([i]) => i < Infinity).sort((a, b) => a[0] - b[0]).slice(0, SHOWN).map(([, one]) => one);
}

async function look() {
  const field = box();
  const before = field.value.slice(0, field.selectionStart);
  const isNote = composer().dataset.mode === "note";
  const slash = !isNote && before.match(/(?:^|\s)\/([\w-]*)$/);
  const at = isNote && before.match(/(?:^|[\s(])@([^@\n]{0,40})$/);
  if (slash) {
    typed = slash[1].length + 1;
    const found = fitting(await replies(), slash[1].toLowerCase(), "shortcut", "text");
    if (box() !== field || field.value.slice(0, field.selectionStart) !== before) return; // typed on meanwhile
    offer(found.map((one) => ({ name: "/" + one.shortcut, hint: filled(one.text), text: filled(one.text) })), true);
  } else if (at) {
    typed = at[1].length + 1;
    const team = Array.from(people, ([id, name]) => ({ id, name })).filter((one) => one.id !== me);
    offer(fitting(team, at[1].toLowerCase(), "name").map((one) => ({ name: one.name, hint: "", text: "@" + one.name + " " })), at[1] === "");
  } else close();
}
function offer(found, saysNone) {
  offered = found;
  chosen = 0;
  if (!found.length && !saysNone) return close();
  menu().hidden = false;
  menu().replaceChildren(...(found.length ? found.map((one, i) => {
    const item = element("button", "composer-option");
    item.type = "button";
    item.id = "composer-option-" + i;
    item.setAttribute("role", "option");
    item.dataset.option = i;
    item.append(element("b", "", one.name), element("span", "", one.hint));
    return item;
  }) : [element("p", "composer-option-none", words.nobody)]));
  showChosen();
}
function showChosen() {
  Array.from(menu().children).forEach((item, i) => {
    item.setAttribute("aria-selected", String(i === chosen));
    if (i === chosen) { item.scrollIntoView({ block: "nearest" }); box().setAttribute("aria-activedescendant", item.id); }
  });
}
export function close() {
  if (menu()) menu().hidden = true;
  offered = [];
  if (box()) box().removeAttribute("aria-activedescendant");
}
function take(i) {
  const one = offered[i];
  if (!one) return;
  close();
  insert(one.text, typed);
}

inbox.addEventListener("input", (event) => { if (event.target.id === "composer-text") look(); });
inbox.addEventListener("keydown", (event) => {
  if (event.target.id !== "composer-text" || !isOpen() || event.isComposing) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && offered.length) chosen = (chosen + by + offered.length) % offered.length;
  else if ((event.key === "Enter" || event.key === "Tab") && offered.length) take(chosen);
  else if (event.key === "Escape") { close(); event.stopPropagation(); }
  else return;
  event.preventDefault();
  if (isOpen()) showChosen();
}, true);
inbox.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[data-option]");
  if (!option) return;
  event.preventDefault(); // the text keeps the focus
  take(Number(option.dataset.option));
});
inbox.addEventListener("click", (event) => {
  if (!event.target.closest("[data-quick]")) return;
  const field = box();
  const needsSpace = /\S$/.test(field.value.slice(0, field.selectionStart));
  if (composer().dataset.mode === "note") return;
  insert((needsSpace ? " " : "") + "/");
});
inbox.addEventListener("focusout", (event) => { if (event.target.id === "composer-text") setTimeout(() => document.activeElement !== box() && close(), 150); });
