// Runs go on elsewhere: this page asks for its piece again, at most three times a second.
(function () {
  "use strict";
  const live = window.sapa && window.sapa.live;
  if (!live) return;
  const EVERY = 300;
  const WORKING = 2000; // a bar on the page: its run may have ended before the stream was open
  let waiting = 0;
  function look() {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      document.body.dispatchEvent(new CustomEvent("sync-changed"));
    }, EVERY);
  }
  live.on("sync", look);
  live.on("channel", look);
  live.onCatchUp(look);
  live.start();
  setInterval(() => {
    if (!document.hidden && document.querySelector(".sync-progress")) look();
  }, WORKING);
})();
