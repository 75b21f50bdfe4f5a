// Today: a card leaves when its task is done, a new one comes in by itself.
(function () {
  "use strict";
  const today = document.getElementById("today");
  if (!today) return;
  const { live, refreshTimes, grow, entersOn } = window.sapa;
  const cards = document.getElementById("today-cards");
  const all = (root) => Array.from(root.querySelectorAll("[data-task]"));

  function settle() { document.getElementById("today-none").hidden = all(cards).some((card) => !card.classList.contains("is-leaving")); }
  function leave(card) {
    card.classList.add("is-leaving");
    settle();
    setTimeout(() => { card.remove(); settle(); }, 220);
  }
  async function refresh(ids) {
    if (!ids.length) return;
    const answer = await fetch(today.dataset.rows + "?ids=" + ids.join(","), { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const found = new Set();
    for (const card of all(holder.content)) {
      found.add(card.dataset.task);
      const old = document.getElementById(card.id);
      const box = old && old.querySelector("textarea");
      if (box && (box.value || box === document.activeElement)) continue; // somebody is answering here
      if (old) old.replaceWith(card);
      else cards.insertBefore(card, all(cards).find((other) => other.dataset.order > card.dataset.order) || null);
      window.htmx.process(card);
    }
    for (const id of ids) {
      const card = document.getElementById("task-" + id);
      if (card && !found.has(String(id))) leave(card);
    }
    settle();
    refreshTimes(cards);
  }

  function say(form, sentence) {
    const note = form.parentElement.querySelector("[data-error]");
    note.textContent = sentence;
    note.hidden = !sentence;
  }
  today.addEventListener("htmx:responseError", (event) => {
    if (event.target.tagName !== "FORM") return;
    let sentence = "";
    try { sentence = JSON.parse(event.detail.xhr.responseText).message; } catch { return; }
    event.stopPropagation();
    say(event.target, sentence);
  });
  today.addEventListener("input", (event) => {
    if (event.target.tagName !== "TEXTAREA") return;
    grow(event.target);
    say(event.target.form, "");
  });
  today.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "TEXTAREA" || !entersOn(event) || matchMedia("(hover: none)").matches) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("task-done", (event) => {
    const card = document.getElementById("task-" + event.detail.task);
    if (card) leave(card);
  });

  live.on("task", (data) => refresh([data.task]));
  live.onCatchUp(() => location.search || refresh(all(cards).map((card) => card.dataset.task)));
  live.start();
})();
