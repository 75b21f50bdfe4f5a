// Lists: filters, chosen rows and their actions, rows that open on a click.
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // --- filters: _flt_<operator>_<column>=<value> in the address, as FAB reads it ---------------
  for (const form of all("[data-filters]")) {
    const rows = form.querySelector("[data-filter-rows]");
    const submit = form.querySelector("[data-filter-submit]");

    const value = (row) => row.querySelector("[data-value], .sapa-filter-value input, .sapa-filter-value select, .sapa-filter-value textarea");
    const refresh = () => {
      submit.hidden = !rows.children.length && JSON.parse(form.dataset.filters).length === 0;
    };

    function add(column, operatorName, given) {
      const template = form.querySelector('template[data-filter="' + CSS.escape(column) + '"]');
      if (!template) return null;
      const row = template.content.firstElementChild.cloneNode(true);
      const operator = row.querySelector("[data-operator]");
      const field = value(row);
      const named = Array.from(operator.options).find((option) => option.text === operatorName);
      if (named) named.selected = true;
      const rename = () => { field.name = "_flt_" + operator.value + "_" + column; };
      rename();
      operator.addEventListener("change", rename);
      field.removeAttribute("required");
      field.id = "filter-" + column + "-" + rows.children.length;
      field.setAttribute("aria-label", row.getAttribute("aria-label"));
      field.classList.add(field.tagName === "SELECT" ? "form-select-sm" : "form-control-sm");
      if (given !== undefined && field.type !== "hidden") {
        field.value = field.type === "datetime-local" ? String(given).replace(" ", "T") : given;
      }
      rows.append(row);
      window.sapa.enhance(row);
      refresh();
      return field;
    }

    for (const [column, operatorName, given] of JSON.parse(form.dataset.filters)) {
      for (const one of Array.isArray(given) ? given : [given]) add(column, operatorName, one);
    }
    form.addEventListener("click", (event) => {
      const wanted = event.target.closest("[data-add-filter]");
      const unwanted = event.target.closest("[data-remove-filter]");
      if (wanted) {
        const field = add(wanted.dataset.addFilter);
        // after the menu has closed, which would take the focus back
        setTimeout(() => (field.tomselect || field).focus(), 0);
      }
      if (unwanted) {
        unwanted.closest(".sapa-filter").remove();
        refresh();
        if (!rows.children.length && JSON.parse(form.dataset.filters).length) form.requestSubmit();
      }
    });
    refresh();
  }

  // --- chosen rows ---------------------------------------------------------------------------------
  for (const bar of all("[data-bulk]")) {
    const form = document.getElementById(bar.dataset.bulk);
    if (!form) continue;
    const boxes = all('input[name=rowid][form="' + form.id + '"]');
    const master = document.querySelector('[data-check-all="' + form.id + '"]');
    const refresh = () => {
      const chosen = boxes.filter((box) => box.checked);
      bar.hidden = chosen.length === 0;
      bar.querySelector("[data-bulk-count]").textContent = chosen.length;
      for (const box of boxes) {
        const row = box.closest("tr, .sapa-block");
        if (row) row.classList.toggle("sapa-row-chosen", box.checked);
      }
      if (master) {
        master.checked = chosen.length === boxes.length;
        master.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
      }
    };
    const choose = (yes) => { for (const box of boxes) box.checked = yes; refresh(); };
    for (const box of boxes) box.addEventListener("change", refresh);
    if (master) master.addEventListener("change", () => choose(master.checked));
    bar.addEventListener("click", async (event) => {
      if (event.target.closest("[data-bulk-clear]")) return choose(false);
      const button = event.target.closest("[data-action]");
      if (!button) return;
      const question = button.dataset.question;
      if (question && !(await window.sapa.confirm(question, { label: button.textContent.trim() }))) return;
      form.elements.action.value = button.dataset.action;
      form.requestSubmit();
    });
    refresh(); // the way back may have kept the check marks
  }

  // --- the head stays in sight, but where the table must be moved sideways ---------------------
  const widths = new ResizeObserver((seen) => {
    for (const { target } of seen) target.classList.toggle("sapa-fits", target.scrollWidth <= target.clientWidth);
  });
  for (const box of all(".table-responsive")) widths.observe(box);

  // --- a row opens on a click; its first cell holds the real link for keyboards and new tabs -----
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-href]");
    if (!row || event.defaultPrevented || event.button !== 0) return;
    if (event.target.closest("a, button, input, select, label, form, .dropdown-menu, .sapa-check, .sapa-row-actions")) return;
    if (String(window.getSelection())) return; // somebody copies text out of the row
    if (event.metaKey || event.ctrlKey) window.open(row.dataset.href, "_blank");
    else location.assign(row.dataset.href);
  });
})();
