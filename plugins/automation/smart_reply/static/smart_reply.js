// The editor of a smart reply: what is typed into the steps is asked anew, Enter in the phone sends.
"use strict";

const isPhone = (element) => element.closest("#smart-phone") !== null;

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest("#smart-form") || isPhone(event.target)) return;
    document.body.dispatchEvent(new CustomEvent("smart-look"));
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-try]")) return;
  event.preventDefault(); // the form would be saved
  event.target.closest("#smart-phone").querySelector("[data-try-send]").click();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const talk = document.querySelector(".smart-talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
  if (event.target.id !== "smart-phone") return;
  const sent = event.detail.requestConfig && event.detail.requestConfig.elt;
  if (sent && sent.matches("[data-try-send]")) document.querySelector("[data-try]").focus();
});
