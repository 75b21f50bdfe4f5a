// A broadcast goes on elsewhere: this page asks for its progress again, at most twice a second.
(function () {
  "use strict";
  const live = window.sapa && window.sapa.live;
  if (!live) return;
  const EVERY = 500;
  const WORKING = 3000; // the messages themselves move on without a word about the broadcast
  let waiting = 0;
  function look() {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      document.body.dispatchEvent(new CustomEvent("broadcast-changed"));
    }, EVERY);
  }
  live.on("broadcast", look);
  live.onCatchUp(look);
  live.start();
  setInterval(() => {
    const piece = document.getElementById("broadcast-progress");
    if (!document.hidden && piece && ["listing", "sending", "paused"].includes(piece.dataset.state)) look();
  }, WORKING);
})();
