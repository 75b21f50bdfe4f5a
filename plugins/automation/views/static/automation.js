// The rule's editor: a chip puts its variable where the cursor stands.
"use strict";

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-insert]");
  if (!chip) return;
  const box = document.getElementById(chip.dataset.into);
  const { selectionStart: from, selectionEnd: to, value } = box;
  const word = chip.dataset.insert;
  box.value = value.slice(0, from) + word + value.slice(to);
  box.focus();
  box.setSelectionRange(from + word.length, from + word.length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
});
