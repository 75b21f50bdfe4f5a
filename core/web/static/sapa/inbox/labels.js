// The label menu: finds as one types, makes what isn't there.
import { all, find, inbox } from "./dom.js";

function narrow(form) {
  const wanted = form.elements.name.value.trim();
  const low = wanted.toLowerCase();
  let isExact = false;
  for (const one of all("[data-label-name]", form)) {
    const name = one.dataset.labelName.toLowerCase();
    one.hidden = !name.includes(low);
    isExact = isExact || name === low;
  }
  const make = find(".panel-label-new", form);
  make.hidden = !wanted || isExact;
  find("b", make).textContent = wanted;
}
inbox.addEventListener("input", (event) => {
  const form = event.target.closest("[data-label-form]");
  if (form) narrow(form);
});
inbox.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-label-name]");
  if (!chosen) return;
  const form = chosen.closest("form");
  form.elements.name.value = chosen.dataset.labelName;
  form.requestSubmit();
});
inbox.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-label-form]");
  if (!form || event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  const only = all("[data-label-name]:not([hidden])", form);
  if (event.target.value.trim() && only.length) { // what is there before what isn't
    event.preventDefault();
    only[0].click();
  }
});
inbox.addEventListener("shown.bs.dropdown", (event) => {
  const field = find("[data-label-form] input", event.target.parentElement);
  if (field) field.focus();
});
export function open() {
  const button = find("[data-label-menu]");
  if (button) button.click();
}
