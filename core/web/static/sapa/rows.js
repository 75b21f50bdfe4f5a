// Rows that repeat: [data-rows] holds [data-row]s, a <template> of one and a [data-add-row] button.
// `data-sum-into="total"` shows quantity × price of all rows as that field's placeholder.
(function () {
  "use strict";
  for (const place of document.querySelectorAll("[data-rows]")) {
    const blank = place.querySelector("template");
    const rows = () => Array.from(place.querySelectorAll("[data-row]"));
    const value = (row, part) => row.querySelector(`[name$="-${part}"]`).value;
    const sum = () => {
      const into = document.getElementById(place.dataset.sumInto || "");
      if (!into) return;
      const total = rows().reduce((all, row) => all + Number(value(row, "quantity") || 1) * Number(value(row, "price")), 0);
      into.placeholder = total ? String(Math.round(total * 100) / 100) : "";
    };
    place.addEventListener("click", (event) => {
      if (event.target.closest("[data-add-row]")) {
        blank.before(blank.content.cloneNode(true));
        rows().at(-1).querySelector("input").focus();
      }
      const gone = event.target.closest("[data-remove-row]");
      if (gone) {
        const row = gone.closest("[data-row]");
        if (rows().length > 1) row.remove();
        else for (const input of row.querySelectorAll("input")) input.value = "";
        sum();
      }
    });
    place.addEventListener("input", sum);
    sum();
  }
})();
