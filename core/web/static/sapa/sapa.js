// What every screen shares: dialogs, toasts, forms, selects, tabs, htmx. No framework of its own.
(function () {
  "use strict";
  const { Modal, Toast, Tab } = window.tabler;
  window.bootstrap = window.tabler.bootstrap;
  const find = (selector, root) => (root || document).querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // --- questions and notes ----------------------------------------------------------------
  // -> Promise<boolean>. options: label (of the yes button), danger.
  function confirm(text, options = {}) {
    const dialog = find("#modal-confirm");
    if (!dialog) return Promise.resolve(window.confirm(text));
    const yes = find("#modal-confirm-ok", dialog);
    find("[data-modal-text]", dialog).textContent = text;
    yes.textContent = options.label || yes.dataset.label;
    yes.className = "btn " + (options.danger ? "btn-danger" : "btn-primary");
    return new Promise((resolve) => {
      let answer = false;
      const modal = Modal.getOrCreateInstance(dialog);
      const agree = () => { answer = true; modal.hide(); };
      yes.addEventListener("click", agree);
      dialog.addEventListener("shown.bs.modal", () => yes.focus(), { once: true });
      dialog.addEventListener("hidden.bs.modal", () => {
        yes.removeEventListener("click", agree);
        resolve(answer);
      }, { once: true });
      modal.show();
    });
  }

  function alert(text) {
    const dialog = find("#modal-alert");
    if (!dialog) return;
    find("[data-modal-text]", dialog).textContent = text;
    Modal.getOrCreateInstance(dialog).show();
  }

  // kind: info, success, warning, danger
  function toast(text, kind = "info") {
    const place = find("#toasts");
    if (!place) return;
    const note = document.createElement("div");
    note.className = "toast sapa-toast sapa-toast-" + kind;
    note.setAttribute("role", kind === "danger" ? "alert" : "status");
    const body = document.createElement("div");
    body.className = "toast-body";
    const words = document.createElement("span");
    words.textContent = text;
    body.append(words);
    note.append(body);
    place.append(note);
    note.addEventListener("hidden.bs.toast", () => note.remove());
    Toast.getOrCreateInstance(note, { delay: 5000 }).show();
  }

  // A form with data-confirm asks first, then submits with the button that was pressed.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const options = { label: form.dataset.confirmLabel, danger: "confirmDanger" in form.dataset };
    if (!(await confirm(form.dataset.confirm, options))) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter || undefined);
    delete form.dataset.confirmed;
  });

  // --- forms --------------------------------------------------------------------------------
  // The browser's own check, with its sentence beside the field and not in a bubble.
  function mark(input) {
    const broken = !input.checkValidity();
    const place = input.closest(".sapa-field, .mb-3") || input.parentElement;
    let note = find("[data-client-error]", place);
    input.classList.toggle("is-invalid", broken);
    input.setAttribute("aria-invalid", String(broken));
    if (broken && !note) {
      note = document.createElement("div");
      note.className = "invalid-feedback d-block";
      note.dataset.clientError = "";
      place.append(note);
    }
    if (note) note.textContent = broken ? input.validationMessage : "";
    if (input.tomselect) input.tomselect.wrapper.classList.toggle("is-invalid", broken);
    return !broken;
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("validate" in form.dataset)) return;
    const broken = Array.from(form.elements).filter((input) => input.willValidate && !mark(input));
    if (!broken.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    (broken[0].tomselect || broken[0]).focus();
  }, true);
  document.addEventListener("input", (event) => {
    const input = event.target;
    if (input.closest("[data-validate]") && input.classList.contains("is-invalid")) mark(input);
  });

  // Two clicks, one entry. Left alone where the page stays (downloads, htmx).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });

  // FAB's date-time field takes "2026-01-31 08:00:00", the browser says "2026-01-31T08:00".
  document.addEventListener("formdata", (event) => {
    for (const input of all("input[type=datetime-local][name]", event.target)) {
      if (!input.value) continue;
      const [day, clock] = input.value.split("T");
      event.formData.set(input.name, day + " " + (clock.length === 5 ? clock + ":00" : clock.slice(0, 8)));
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch { // plain http, or not allowed: select it, and Ctrl-C does the rest
      find("input", button.parentElement).select();
      return;
    }
    find("span", button).textContent = button.dataset.copied;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    const input = document.getElementById(button.dataset.reveal);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });

  // "/" goes to the search, unless somebody is typing.
  document.addEventListener("keydown", (event) => {
    const box = find("[data-shortcut='/']");
    if (event.key !== "/" || !box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    box.select();
  });

  // --- selects --------------------------------------------------------------------------------
  // Long and multiple ones are searched; a short one stays the device's own, which phones do best.
  const LONG = 12;
  function enhance(root) {
    for (const select of all("select:not([data-plain])", root)) {
      if (select.tomselect || select.closest("template, .ts-wrapper") || "operator" in select.dataset) continue;
      if (!select.multiple && select.options.length < LONG && !("search" in select.dataset)) continue;
      for (const option of select.options) if (!option.text) option.text = "–"; // else its value shows
      searching(select, {
        plugins: select.multiple ? ["remove_button"] : [],
        maxOptions: 500,
        allowEmptyOption: true,
        hidePlaceholder: true,
        closeAfterSelect: !select.multiple,
      });
    }
    for (const input of all("input[data-endpoint]", root)) remote(input);
  }

  // Enter chooses and never sends the form: whoever types fast would save a half-filled one.
  function searching(element, options) {
    const box = new window.TomSelect(element, { refreshThrottle: 0, ...options });
    box.control_input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    return box;
  }

  // FAB's related-value fields: the options come from `data-endpoint` as [{id, text}].
  function remote(input) {
    if (input.tomselect) return;
    const master = input.dataset.master && document.getElementById(input.dataset.master);
    const address = () => input.dataset.endpoint.replace("{{ID}}", master ? master.value : "");
    const box = searching(input, { valueField: "id", labelField: "text", searchField: "text", maxItems: 1 });
    const load = async () => {
      box.clearOptions();
      if (master && !master.value) return;
      const answer = await fetch(address(), { headers: { Accept: "application/json" } });
      if (!answer.ok) return toast(document.body.dataset.fail, "danger");
      const kept = input.value;
      box.addOptions((await answer.json()).map((one) => ({ id: String(one.id), text: one.text })));
      if (kept) box.setValue(kept, true);
    };
    if (master) master.addEventListener("change", () => { box.clear(true); load(); });
    load();
  }

  // --- tabs: a reload or a way back finds the tab that was open --------------------------------
  for (const tabs of all("[data-keep-tab]")) {
    const wanted = location.hash && find('[data-bs-target="' + CSS.escape(location.hash).replace(/^\\#/, "#") + '"]', tabs);
    if (wanted) Tab.getOrCreateInstance(wanted).show();
    tabs.addEventListener("shown.bs.tab", (event) => {
      history.replaceState(null, "", event.target.dataset.bsTarget);
    });
  }

  // --- htmx -------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    const token = find('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const options = { danger: "confirmDanger" in event.target.dataset, label: event.target.dataset.confirmLabel };
    const box = event.target.type === "checkbox" ? event.target : null;
    confirm(event.detail.question, options).then((yes) => {
      if (yes) event.detail.issueRequest(true);
      else if (box) box.checked = box.defaultChecked; // nothing changed: the switch says so
    });
  });
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.gone, "danger"));
  // A plugin's card beside a customer: nothing to say, or no longer ours to see, takes it away.
  const silent = [204, 403, 404];
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.target.matches("[data-panel]")) return;
    if (silent.includes(event.detail.xhr.status)) event.target.replaceChildren();
    else if (event.detail.failed) event.target.textContent = document.body.dataset.fail;
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    if (event.target.matches("[data-panel]")) return;
    let text = "";
    try { text = JSON.parse(event.detail.xhr.responseText).message; } catch { /* a page, not an answer */ }
    toast(text || document.body.dataset.fail, "danger");
  });
  // A server says HX-Trigger: {"toast": {"text": "Saved", "kind": "success"}}
  document.addEventListener("toast", (event) => toast(event.detail.text || event.detail.value, event.detail.kind));

  window.sapa = { alert, confirm, enhance, toast };
  enhance(document);
})();
