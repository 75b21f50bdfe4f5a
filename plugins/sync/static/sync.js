// Runs go on elsewhere: this page asks for its piece again, at most three times a second.
(function () {
  "use strict";
  const live = window.sapa && window.sapa.live;
  if (!live) return;
  const EVERY = 300;
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
})();
