// The number beside "Inbox" in the menu. The inbox itself tells it; other pages ask now and then.
(function () {
  "use strict";
  const badge = document.querySelector("[data-unread-badge]");
  if (!badge) return;
  const EVERY = 60000;
  function show(number) {
    badge.textContent = number > 99 ? "99+" : String(number);
    badge.hidden = !number;
  }
  document.addEventListener("inbox-unread", (event) => show(event.detail));
  if (document.getElementById("inbox")) return;
  async function ask() {
    if (document.hidden) return;
    const answer = await fetch(badge.dataset.from, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && answer.ok && !answer.redirected) show((await answer.json()).for_me);
  }
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
  ask();
})();
