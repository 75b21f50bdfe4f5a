// A dialog of a plugin: [data-dialog="/address"] opens what the address answers, a .modal-content.
(function () {
  "use strict";
  function holder() {
    let dialog = document.getElementById("plugin-dialog");
    if (dialog) return dialog;
    dialog = document.createElement("div");
    dialog.id = "plugin-dialog";
    dialog.className = "modal fade";
    dialog.tabIndex = -1;
    const inner = document.createElement("div");
    inner.className = "modal-dialog modal-dialog-centered modal-dialog-scrollable modal-lg";
    dialog.append(inner);
    // a refused form comes back with 422 and what was typed: show it all the same
    dialog.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) event.detail.shouldSwap = true;
    });
    document.body.append(dialog);
    return dialog;
  }
  async function open(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer) return window.sapa.toast(document.body.dataset.gone, "danger");
    if (answer.status === 401) return location.assign(answer.headers.get("HX-Redirect") || "/");
    if (!answer.ok) return window.sapa.toast(document.body.dataset.fail, "danger");
    const dialog = holder();
    dialog.firstElementChild.innerHTML = await answer.text();
    window.htmx.process(dialog);
    window.tabler.Modal.getOrCreateInstance(dialog).show();
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dialog]");
    if (button) open(button.dataset.dialog);
  });
})();
