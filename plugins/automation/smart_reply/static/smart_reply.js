// The editor of a smart reply: what is typed into the steps is asked anew, Enter in the phone sends.
"use strict";

const isPhone = (element) => element.closest("#smart-phone") !== null;

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest("#smart-form") || isPhone(event.target)) return;
    document.body.dispatchEvent(new CustomEvent("smart-look"));
  });
}

// a step's name is its line in the menus
document.addEventListener("input", (event) => {
  if (!event.target.matches(".smart-name")) return;
  const key = event.target.closest(".smart-step").id.slice("smart-step-".length);
  for (const option of document.querySelectorAll(`.smart-option option[value="${key}"]`)) option.textContent = event.target.value || "…";
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-try]")) return;
  event.preventDefault(); // the form would be saved
  event.target.closest("#smart-phone").querySelector("[data-try-send]").click();
});

// a look at changed steps takes nothing away of what is being typed, here or there
let next = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "smart-phone") return;
  const box = event.target.querySelector("[data-try]");
  const isLook = event.detail.requestConfig.elt === event.target;
  next = isLook ? { value: box ? box.value : "", hasFocus: box !== null && box === document.activeElement } : { value: "", hasFocus: true };
});

document.addEventListener("htmx:afterSettle", (event) => {
  const talk = document.querySelector(".smart-talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
  const box = document.querySelector("[data-try]");
  if (event.target.id !== "smart-phone" || !box || !next) return;
  box.value = next.value;
  if (next.hasFocus) box.focus();
  next = null;
});
