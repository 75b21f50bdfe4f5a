// What happens elsewhere, told to this page: a stream while it is looked at, else now and then a poll.
(function () {
  "use strict";
  const POLL = 8000;       // no stream to be had, or one that doesn't hear every process
  const POLL_HIDDEN = 30000; // nobody looks: a stream would hold a place for nothing
  const RETRY = 60000;
  const hears = {};
  const catchUps = [];
  const page = Math.random().toString(36).slice(2, 14);
  const KEPT = "sapa.live"; // the page that was in this tab before: the server frees its place at once
  const after = sessionStorage.getItem(KEPT) || "";
  sessionStorage.removeItem(KEPT); // a duplicated tab copies the storage, and is another page
  let source = null;
  let timer = 0;
  let wasOpen = false;

  function catchUp() { for (const each of catchUps) each(); }

  function poll(every) {
    clearInterval(timer);
    timer = every ? setInterval(catchUp, every) : 0;
  }

  function connect() {
    if (source || document.hidden) return;
    const stream = new EventSource("/live/?page=" + page + "&after=" + after);
    source = stream;
    stream.onopen = () => {
      poll(0);
      if (wasOpen) catchUp(); // what was told while the line was down
      wasOpen = true;
      document.documentElement.dataset.live = "stream";
    };
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      source = null;
      wasOpen = true;
      document.documentElement.dataset.live = "poll";
      poll(POLL);
      setTimeout(connect, RETRY);
    };
    stream.addEventListener("deaf", () => poll(POLL));
    stream.addEventListener("missed", () => { poll(0); catchUp(); });
    for (const name of Object.keys(hears)) listen(stream, name);
  }

  function listen(stream, name) {
    stream.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      for (const hear of hears[name]) hear(data);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
      poll(POLL_HIDDEN);
    } else {
      poll(0);
      catchUp();
      connect();
    }
  });
  window.addEventListener("pagehide", () => {
    sessionStorage.setItem(KEPT, page);
    if (source) source.close();
    source = null;
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return; // back from the browser's cache, where nothing was heard
    catchUp();
    connect();
  });

  // hear(data) for each event of a name; catchUp() whenever events may have been missed.
  window.sapa.live = {
    on(name, hear) {
      if (!(name in hears)) {
        hears[name] = [];
        if (source) listen(source, name);
      }
      hears[name].push(hear);
    },
    onCatchUp(each) { catchUps.push(each); },
    start: connect,
  };

  // --- times that say how long ago: "now", "5 min", then what the server wrote --------------
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang.replace("_", "-") || "en", { numeric: "auto", style: "narrow" });
  const formats = {}; // making one costs more than a frame can bear for each of many rows
  const count = (number, unit) => (formats[unit] ||= new Intl.NumberFormat(document.documentElement.lang.replace("_", "-") || "en", { style: "unit", unit, unitDisplay: "short" })).format(number);
  function brief(time) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes < 1) return words.format(0, "second");
    if (minutes < 60) return count(minutes, "minute");
    const hours = Math.floor(minutes / 60);
    if (!("since" in time.dataset)) return time.dataset.brief;
    return hours < 24 ? count(hours, "hour") : count(Math.floor(hours / 24), "day"); // how long somebody waits
  }
  window.sapa.refreshTimes = function (root) {
    for (const time of (root || document).querySelectorAll("time[data-brief]")) {
      const text = brief(time);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(() => window.sapa.refreshTimes(), 30000);
  window.sapa.refreshTimes();

  // --- text boxes that grow; Enter sends --------------------------------------------------
  window.sapa.grow = function (box) {
    box.style.height = "auto";
    box.style.height = box.scrollHeight + "px";
  };
  window.sapa.entersOn = function (event) {
    return event.key === "Enter" && !event.shiftKey && !event.isComposing && !event.altKey;
  };
})();
