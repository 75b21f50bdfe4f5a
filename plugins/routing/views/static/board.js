// The live board: drag a conversation to another agent, or choose one from its list by keyboard.
(function () {
  "use strict";
  const place = document.querySelector("[data-board]");
  if (!place) return;
  const AGAIN = 2000; // ms between two looks: a busy desk tells of ten changes a second
  const token = document.querySelector("meta[name=csrf-token]").content;
  const named = document.getElementById("board-name");
  let dragged = null;
  let isBusy = false;
  let waits = null;

  async function show(answer) {
    if (answer.ok) { place.innerHTML = await answer.text(); return; }
    let sentence = document.body.dataset.fail;
    try { sentence = (await answer.json()).message || sentence; } catch { /* a page */ }
    window.sapa.toast(sentence, "danger");
  }
  async function look() {
    waits = null;
    if (isBusy || dragged || place.contains(document.activeElement)) return;
    isBusy = true;
    const where = place.dataset.board + "?" + new URLSearchParams({ name: named.value });
    try { await show(await fetch(where, { headers: { "HX-Request": "true" } })); } catch { /* the next event */ }
    isBusy = false;
  }
  const soon = () => { waits = waits || setTimeout(look, AGAIN); };
  async function give(talk, agent) {
    const body = new URLSearchParams({ conversation: talk, agent, name: named.value });
    const answer = await fetch(place.dataset.giveTo, { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" } });
    await show(answer);
  }
  function unmark() {
    for (const each of place.querySelectorAll(".is-target")) each.classList.remove("is-target");
  }

  place.addEventListener("dragstart", (event) => { dragged = event.target.closest("[data-talk]"); });
  place.addEventListener("dragend", () => { dragged = null; unmark(); });
  place.addEventListener("dragover", (event) => {
    const column = event.target.closest("[data-agent]");
    if (!dragged || !column) return;
    event.preventDefault();
    unmark();
    column.classList.add("is-target");
  });
  place.addEventListener("drop", (event) => {
    const column = event.target.closest("[data-agent]");
    if (!dragged || !column) return;
    event.preventDefault();
    const talk = dragged.dataset;
    dragged = null;
    unmark();
    if (talk.holder !== column.dataset.agent) give(talk.talk, column.dataset.agent);
  });
  // the one list of agents comes to the card whose button was pressed
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-give]");
    if (!button) return;
    const list = document.getElementById("routing-give");
    const holder = button.closest("[data-talk]").dataset.holder;
    list.value = "-";
    for (const option of list.options) option.hidden = option.value === holder;
    button.after(list);
    list.hidden = false;
    list.focus();
    try { list.showPicker(); } catch { /* opened by the next key or press */ }
  });
  place.addEventListener("change", (event) => {
    if (event.target.id !== "routing-give" || event.target.value === "-") return;
    give(event.target.closest("[data-talk]").dataset.talk, event.target.value);
  });
  place.addEventListener("focusout", (event) => {
    if (event.target.id === "routing-give") event.target.hidden = true;
  });
  named.form.addEventListener("submit", (event) => { event.preventDefault(); look(); });
  named.addEventListener("input", () => { clearTimeout(waits); waits = setTimeout(look, 300); });
  if (window.sapa && window.sapa.live) {
    for (const name of ["routing", "agent", "conversation"]) window.sapa.live.on(name, soon);
  }
  setInterval(look, 15000); // what only time changes: how long they wait
})();
