// Writing: answers and notes, drafts, files, templates.
import { all, element, find, fragment, inbox, keep, kept, openId } from "./dom.js";
import { weigh } from "./sms_parts.js";
import { layIn } from "./thread.js";

const { grow, entersOn } = window.sapa;
export const composer = () => find("#composer");
export const box = () => find("#composer-text");
const draftName = (mode) => ["sapa-draft", inbox.dataset.tenant, inbox.dataset.me, openId(), mode].join("-");
let files = [];

export function setMode(mode) {
  const c = composer();
  if (!c || (mode === "reply" && "onlyNote" in c.dataset)) return;
  if (!find('.composer-mode[data-mode="' + mode + '"]', c)) return;
  c.dataset.mode = mode;
  for (const tab of all(".composer-mode", c)) tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
  for (const part of all("[data-when]", c)) part.hidden = part.dataset.when !== mode;
  const text = box();
  text.placeholder = mode === "note" ? text.dataset.placeholderNote : text.dataset.placeholderReply;
  text.value = kept(draftName(mode));
  grow(text);
  weigh(text);
  say("");
}
export function prepare() {
  files = [];
  if (!composer()) return;
  const noteWaits = !kept(draftName("reply")) && kept(draftName("note"));
  setMode("onlyNote" in composer().dataset || noteWaits ? "note" : "reply");
  if (matchMedia("(hover: hover)").matches) box().focus({ preventScroll: true });
}

// Puts text in place of the last `back` letters before the caret, and chooses the first {blank}.
export function insert(text, back = 0) {
  const field = box();
  const start = field.selectionStart - back;
  field.setRangeText(text, start, field.selectionEnd, "end");
  const blank = text.match(/\{\w+\}/);
  if (blank) field.setSelectionRange(start + blank.index, start + blank.index + blank[0].length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function say(sentence, form) {
  const note = find("[data-error]", form || find("#composer-form"));
  if (!note) return;
  note.textContent = sentence;
  note.hidden = !sentence;
  note.classList.toggle("d-block", Boolean(sentence));
}
export function quote(id, text) {
  find('#composer-form [name="reply_to"]').value = id;
  const chip = find("#composer-quote");
  find("span", chip).textContent = text;
  chip.hidden = !id;
}

// --- files: each is a message; the text goes with the first --------------------------------------
function attach(more) {
  const input = find("#composer-upload");
  if (!input || !more.length) return;
  if (composer().dataset.mode !== "reply") setMode("reply");
  files = files.concat(Array.from(more)).slice(0, 10);
  input.value = "";
  showFiles();
  box().focus();
}
function showFiles() {
  const place = find("#composer-files");
  for (const picture of all("img", place)) URL.revokeObjectURL(picture.src);
  place.replaceChildren(...files.map((file, at) => {
    const chip = element("div", "composer-chip");
    if (file.type.startsWith("image/")) {
      const picture = element("img");
      picture.src = URL.createObjectURL(file);
      picture.alt = "";
      chip.append(picture);
    }
    const away = element("button", "btn-close");
    away.type = "button";
    away.setAttribute("aria-label", place.dataset.remove);
    away.addEventListener("click", () => { files.splice(at, 1); showFiles(); });
    chip.append(element("span", "", file.name), away);
    return chip;
  }));
}
inbox.addEventListener("change", (event) => { if (event.target.id === "composer-upload") attach(event.target.files); });
inbox.addEventListener("paste", (event) => {
  if (event.target.id !== "composer-text" || !event.clipboardData.files.length) return;
  event.preventDefault();
  attach(event.clipboardData.files);
});
const holdsFiles = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
let over = 0; // enter and leave come for each element below
inbox.addEventListener("dragenter", (event) => {
  if (!holdsFiles(event) || !event.target.closest("#inbox-thread") || !find("#composer-upload")) return;
  over += 1;
  find("#inbox-thread").classList.add("is-dropping");
});
inbox.addEventListener("dragleave", (event) => {
  if (!holdsFiles(event) || !event.target.closest("#inbox-thread")) return;
  over = Math.max(0, over - 1);
  if (!over) find("#inbox-thread").classList.remove("is-dropping");
});
inbox.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
inbox.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault(); // else the browser would open it, and the inbox be gone
  over = 0;
  find("#inbox-thread").classList.remove("is-dropping");
  if (event.target.closest("#inbox-thread")) attach(event.dataTransfer.files);
});

// --- sending ----------------------------------------------------------------------------------------
function written() {
  keep(draftName(composer().dataset.mode), "");
  box().value = "";
  grow(box());
  weigh(box());
  quote("", "");
  files.shift();
  showFiles();
  say("");
  if (files.length) find("#composer-form").requestSubmit();
}
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "composer-form") return;
  const mode = composer().dataset.mode;
  event.detail.path = event.target.dataset[mode];
  if (mode === "reply" && files.length) event.detail.formData.set("upload", files[0]);
});
inbox.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target;
  if (!("writes" in form.dataset) || !event.detail.successful) return;
  layIn(fragment(event.detail.xhr.responseText), true);
  if (form.id === "composer-form") written();
  if ("template" in form.dataset) { say("", form); find("#composer-templates").hidden = true; }
});
// A refusal is said beside the field; what was typed stays. Nothing else hears of it.
inbox.addEventListener("htmx:responseError", (event) => {
  const form = event.target;
  if (form.tagName !== "FORM" || !("writes" in form.dataset || "says" in form.dataset)) return;
  let sentence = "";
  try { sentence = JSON.parse(event.detail.xhr.responseText).message; } catch { /* no sentence */ }
  if (!sentence) return;
  event.stopPropagation();
  say(sentence, form);
  if (form.id === "composer-form") box().focus();
});
document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer-form") return;
  const hasFile = composer().dataset.mode === "reply" && files.length;
  if ((!box().value.trim() && !hasFile) || event.target.classList.contains("htmx-request")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
inbox.addEventListener("keydown", (event) => {
  if (event.target.id !== "composer-text" || event.defaultPrevented || !entersOn(event)) return;
  if (matchMedia("(hover: none)").matches) return; // a phone's Enter is a new line
  event.preventDefault();
  find("#composer-form").requestSubmit();
});
inbox.addEventListener("input", (event) => {
  const field = event.target;
  if (field.id === "composer-text") {
    keep(draftName(composer().dataset.mode), field.value);
    grow(field);
    weigh(field);
    say("");
  }
  if (field.dataset.variable) {
    const form = field.closest("form");
    const preview = find("[data-preview]", form);
    preview.textContent = preview.dataset.preview.replace(/\{(\w+)\}/g, (whole, name) => {
      const given = find('[data-variable="' + name + '"]', form);
      return (given && given.value) || whole;
    });
  }
  if ("findTemplate" in field.dataset) {
    const wanted = field.value.trim().toLowerCase();
    for (const one of all("[data-template-text]", composer())) one.hidden = !one.dataset.templateText.includes(wanted);
  }
});

export function toggleTemplates() {
  const list = find("#composer-templates");
  if (!list) return;
  list.hidden = !list.hidden;
  if (!list.hidden) find("[data-find-template]", list).focus();
  else box().focus();
}
inbox.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  let hit;
  if ((hit = on(".composer-mode"))) { setMode(hit.dataset.mode); box().focus(); }
  else if ((hit = on("[data-quote]"))) { setMode("reply"); quote(hit.dataset.quote, hit.dataset.quoteText); box().focus(); }
  else if (on("[data-drop]")) quote("", "");
  else if (on("[data-templates]")) toggleTemplates();
});
