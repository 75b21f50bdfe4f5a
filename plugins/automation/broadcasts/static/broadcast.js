// A broadcast goes on elsewhere: this page asks for its progress again, at most twice a second and
// never more than a quarter of the time: of a hundred thousand people that takes a while to count.
(function () {
  "use strict";
  const live = window.sapa && window.sapa.live;
  if (!live) return;
  const EVERY = 500;
  const REST = 3; // times as long as the last answer took
  const WORKING = 3000; // the messages themselves move on without a word about the broadcast
  const PIECES = ["broadcast-progress", "broadcast-people"];
  let waiting = 0;
  let asked = 0;
  let rest = EVERY;
  function look() {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      asked = performance.now();
      document.body.dispatchEvent(new CustomEvent("broadcast-changed"));
      document.body.dispatchEvent(new CustomEvent("broadcast-people"));
    }, rest);
  }
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (PIECES.includes(event.target.id)) rest = Math.max(EVERY, REST * (performance.now() - asked));
  });
  live.on("broadcast", look);
  live.onCatchUp(look);
  live.start();
  setInterval(() => {
    const piece = document.getElementById("broadcast-progress");
    if (!document.hidden && piece && ["listing", "sending", "paused"].includes(piece.dataset.state)) look();
  }, WORKING);
})();
