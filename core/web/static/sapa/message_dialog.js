// The dialog beside every phone number: [data-message="/message/?to=…"] opens it.
(function () {
  "use strict";
  const find = (selector, root) => root.querySelector(selector);
  const all = (selector, root) => Array.from(root.querySelectorAll(selector));

  function holder() {
    let dialog = document.getElementById("message-dialog");
    if (dialog) return dialog;
    dialog = document.createElement("div");
    dialog.id = "message-dialog";
    dialog.className = "modal fade";
    dialog.tabIndex = -1;
    const inner = document.createElement("div");
    inner.className = "modal-dialog modal-dialog-centered";
    dialog.append(inner);
    document.body.append(dialog);
    return dialog;
  }
  async function open(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer) return window.sapa.toast(document.body.dataset.gone, "danger");
    if (answer.status === 401) return location.assign(answer.headers.get("HX-Redirect") || "/");
    if (!answer.ok) {
      let sentence = "";
      try { sentence = (await answer.json()).message; } catch { /* a page */ }
      return window.sapa.toast(sentence || document.body.dataset.fail, "danger");
    }
    const dialog = holder();
    dialog.firstElementChild.innerHTML = await answer.text();
    window.htmx.process(dialog);
    fit(find("form", dialog));
    dialog.addEventListener("shown.bs.modal", () => {
      const text = find("#message-text", dialog);
      if (text && text.offsetParent) text.focus();
    }, { once: true });
    window.tabler.Modal.getOrCreateInstance(dialog).show();
  }

  // Shows what fits the chosen sender and template: variables, preview, free text or not.
  function fit(form) {
    const select = form.elements.template;
    const channel = find("[name=channel]:checked", form);
    const needs = channel && "needsTemplate" in channel.dataset;
    const approved = (option) => "approved" in option.dataset;
    if (select) {
      for (const option of select.options) {
        const isOthers = option.dataset.channel && channel && option.dataset.channel !== channel.value;
        option.disabled = Boolean(isOthers || (needs && option.value && !approved(option)) || (needs && !option.value));
      }
      const first = Array.from(select.options).find((option) => !option.disabled);
      if (select.selectedOptions[0] && select.selectedOptions[0].disabled && first) select.value = first.value;
    }
    const chosen = select && select.value ? select.selectedOptions[0] : null;
    find("[data-free]", form).hidden = Boolean(chosen);
    if (!select) return;
    const place = find("[data-variables]", form);
    if (place.dataset.of !== select.value) {
      place.dataset.of = select.value;
      const filled = JSON.parse(form.dataset.filled);
      place.replaceChildren(...(chosen ? chosen.dataset.names.split(" ").filter(Boolean) : []).map((name) => {
        const label = document.createElement("label");
        label.className = "form-label d-block";
        label.textContent = name;
        const input = document.createElement("input");
        input.className = "form-control mt-1";
        input.name = "var_" + name;
        input.required = true;
        input.maxLength = 500;
        input.value = filled[name] || "";
        label.append(input);
        return label;
      }));
    }
    const preview = find("[data-message-preview]", form);
    preview.hidden = !chosen;
    preview.textContent = chosen ? chosen.dataset.body.replace(/\{(\w+)\}/g, (whole, name) => (form.elements["var_" + name] || {}).value || whole) : "";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-message][title]");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation(); // not also the row that it stands in
    open(button.dataset.message);
  }, true);
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest("[data-message-form]");
      if (form) fit(form);
    });
  }
  document.addEventListener("htmx:responseError", (event) => {
    const form = event.target.closest("[data-message-form]");
    if (!form) return;
    let told = null;
    try { told = JSON.parse(event.detail.xhr.responseText); } catch { return; }
    event.stopPropagation();
    const field = Object.keys(told.errors || {})[0] || "text";
    for (const note of all("[data-error]", form)) {
      const isIt = note.dataset.error.split(" ").includes(field);
      note.textContent = isIt ? told.message : "";
      note.classList.toggle("d-block", isIt);
    }
  }, true);
})();
