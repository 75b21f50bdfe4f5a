// The phone: shows what arrives, tells Sapa when it is looked at.
(function () {
  "use strict";
  const phone = document.getElementById("phone");
  if (!phone) return;
  const { live, grow, entersOn } = window.sapa;
  const screen = document.getElementById("phone-screen");
  const form = document.getElementById("phone-write");
  const text = document.getElementById("phone-text");

  function settled() {
    for (const time of screen.querySelectorAll("time")) {
      time.textContent = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
    }
    screen.scrollTop = screen.scrollHeight;
    look();
  }
  function look() {
    if (document.hidden || !phone.dataset.look || !screen.querySelector('.line-ours[data-state="arrived"]')) return;
    fetch(phone.dataset.look, { method: "POST", headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content } });
  }
  let fetching = Promise.resolve();
  function refresh() {
    if (!phone.dataset.screen) return;
    fetching = fetching.then(async () => {
      const answer = await fetch(phone.dataset.screen, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      screen.innerHTML = await answer.text();
      window.htmx.process(screen);
      settled();
    }).catch(() => {});
  }
  function quote(name, words) {
    form.elements.reply_to.value = name;
    const chip = document.getElementById("phone-quote");
    chip.hidden = !name;
    chip.querySelector("span").textContent = words;
  }
  function say(where, sentence) {
    const note = where.querySelector("[data-error]");
    note.textContent = sentence;
    note.hidden = !sentence;
  }

  document.addEventListener("htmx:responseError", (event) => {
    const place = event.target.closest("form");
    if (!place || !place.querySelector("[data-error]")) return;
    let sentence = "";
    try { sentence = JSON.parse(event.detail.xhr.responseText).message; } catch { return; }
    event.stopImmediatePropagation();
    say(place, sentence);
  }, true);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.querySelector && event.target.querySelector("[data-error]")) say(event.target, "");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== screen) return;
    if (event.detail.requestConfig.elt === form) {
      form.reset();
      quote("", "");
      grow(text);
    }
    settled();
  });
  screen.addEventListener("click", (event) => {
    const button = event.target.closest("[data-quote-line]");
    if (!button) return;
    quote(button.dataset.quoteLine, button.dataset.text);
    text.focus();
  });
  if (form) {
    form.addEventListener("click", (event) => event.target.closest("[data-unquote]") && quote("", ""));
    text.addEventListener("input", () => grow(text));
    text.addEventListener("keydown", (event) => {
      if (!entersOn(event)) return;
      event.preventDefault();
      if (text.value.trim()) form.requestSubmit();
    });
    document.getElementById("phone-image").addEventListener("change", (event) => {
      if (event.target.files.length) form.requestSubmit();
    });
  }
  live.on("simulator", (data) => {
    if (String(data.channel) === phone.dataset.channel && String(data.person) === phone.dataset.person) refresh();
  });
  live.onCatchUp(refresh);
  document.addEventListener("visibilitychange", look);
  settled();
  live.start();
})();
