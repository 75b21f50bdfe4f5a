// The live board: drag a conversation to another agent, or choose one from its list by keyboard.
(function () {
  "use strict";
  const place = document.querySelector("[data-board]");
  if (!place) return;
  const token = document.querySelector("meta[name=csrf-token]").content;
  let dragged = null;
  let isBusy = false;

  async function show(answer) {
    if (answer.ok) { place.innerHTML = await answer.text(); return; }
    let sentence = document.body.dataset.fail;
    try { sentence = (await answer.json()).message || sentence; } catch { /* a page */ }
    window.sapa.toast(sentence, "danger");
  }
  async function look() {
    if (isBusy || dragged || place.contains(document.activeElement)) return;
    isBusy = true;
    try { await show(await fetch(place.dataset.board, { headers: { "HX-Request": "true" } })); } catch { /* the next event */ }
    isBusy = false;
  }
  async function give(talk, agent) {
    const body = new URLSearchParams({ conversation: talk, agent });
    const answer = await fetch(place.dataset.giveTo, { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" } });
    await show(answer);
  }
  place.addEventListener("dragstart", (event) => { dragged = event.target.closest("[data-talk]"); });
  place.addEventListener("dragend", () => { dragged = null; });
  place.addEventListener("dragover", (event) => {
    const column = event.target.closest("[data-agent]");
    if (!dragged || !column) return;
    event.preventDefault();
    for (const each of place.querySelectorAll(".is-target")) each.classList.remove("is-target");
    column.classList.add("is-target");
  });
  place.addEventListener("drop", (event) => {
    const column = event.target.closest("[data-agent]");
    if (!dragged || !column) return;
    event.preventDefault();
    const talk = dragged.dataset.talk;
    dragged = null;
    give(talk, column.dataset.agent);
  });
  place.addEventListener("change", (event) => {
    if (!event.target.matches("[data-give]") || event.target.value === "-") return;
    give(event.target.closest("[data-talk]").dataset.talk, event.target.value);
  });
  if (window.sapa && window.sapa.live) {
    for (const name of ["routing", "agent", "conversation"]) window.sapa.live.on(name, look);
  }
  setInterval(look, 15000); // what only time changes: how long they wait
})();
