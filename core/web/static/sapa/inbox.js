// The inbox: opens conversations, writes, and lays in what happens meanwhile. Only what changed is
// fetched again: rows by id, messages after the last one.
(function () {
  "use strict";
  const inbox = document.getElementById("inbox");
  if (!inbox) return;
  const { live, refreshTimes, grow, entersOn, toast } = window.sapa;
  const find = (selector, root) => (root || document).querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const rows = find("#inbox-rows");
  const filter = find("#inbox-filter");
  const title = document.title;
  const thread = () => find("#thread");
  const openId = () => (thread() ? thread().dataset.conversation : "");
  const FINAL = new Set(["received", "read", "played", "failed"]);

  async function fetchParts(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) { location.assign(answer.headers.get("HX-Redirect") || "/"); return null; }
    if (!answer.ok) return null;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    return holder.content;
  }

  // --- screens: a phone shows one pane at a time -------------------------------------------
  function show(screen) { inbox.dataset.screen = screen; }
  function togglePanel(wanted) {
    if (matchMedia("(max-width: 767.98px)").matches) return show("details");
    if (matchMedia("(max-width: 1399.98px)").matches) return inbox.classList.toggle("with-panel", wanted);
    const off = inbox.classList.toggle("no-panel", wanted === undefined ? undefined : !wanted);
    keep("sapa-inbox-no-panel", off ? "1" : "");
  }
  function keep(name, value) {
    try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* private mode */ }
  }
  function kept(name) {
    try { return localStorage.getItem(name) || ""; } catch { return ""; }
  }

  // --- the list ---------------------------------------------------------------------------
  const above = (one, other) => Number(one.dataset.at) > Number(other.dataset.at)
    || (one.dataset.at === other.dataset.at && Number(one.dataset.conversation) > Number(other.dataset.conversation));

  function place(row) {
    const old = document.getElementById(row.id);
    if (old && old.dataset.at === row.dataset.at) { old.replaceWith(row); return; }
    if (old) old.remove();
    const next = all(".inbox-row", rows).find((other) => above(row, other));
    const more = find(".inbox-more", rows);
    if (!next && more) return; // it belongs to a page that isn't loaded yet
    rows.insertBefore(row, next || more || null);
  }

  function mark() {
    for (const row of all(".inbox-row[aria-current]", rows)) row.removeAttribute("aria-current");
    const row = openId() && document.getElementById("row-" + openId());
    if (row) row.setAttribute("aria-current", "true");
  }

  function count(unread) {
    const told = unread.dataset;
    for (const badge of all("[data-count]", filter)) {
      const number = Number(told[badge.dataset.count]);
      badge.textContent = number > 99 ? "99+" : String(number);
      badge.hidden = !number;
    }
    const mine = Number(told.forMe);
    document.title = mine ? "(" + mine + ") " + title : title;
    document.dispatchEvent(new CustomEvent("inbox-unread", { detail: mine }));
  }

  const asked = new Set();
  let asking = 0;
  function refreshRow(id) { // several events in one moment make one request
    asked.add(String(id));
    if (!asking) asking = setTimeout(refreshRows, 60);
  }
  async function refreshRows() {
    const ids = Array.from(asked);
    asked.clear();
    asking = 0;
    const query = new URLSearchParams(new FormData(filter));
    query.set("ids", ids.join(","));
    const parts = await fetchParts("/inbox/rows?" + query);
    if (!parts) return;
    const found = new Set();
    for (const row of all(".inbox-row", parts)) {
      found.add(row.dataset.conversation);
      place(row);
      window.htmx.process(row);
    }
    for (const id of ids) {
      const gone = !found.has(id) && document.getElementById("row-" + id);
      if (gone) gone.remove();
    }
    const none = find("[data-none]", rows);
    if (none && find(".inbox-row", rows)) none.remove();
    count(find("#inbox-unread", parts));
    refreshTimes(rows);
    mark();
  }

  // --- the thread -------------------------------------------------------------------------
  const scroller = () => find("#thread-scroll");
  const isAtBottom = () => { const s = scroller(); return s.scrollHeight - s.scrollTop - s.clientHeight < 80; };
  function toBottom() {
    const s = scroller();
    if (s) s.scrollTop = s.scrollHeight;
    const down = find("[data-to-bottom]");
    if (down) down.hidden = true;
  }
  const lastId = () => all("[data-message]", thread()).reduce((max, b) => Math.max(max, Number(b.dataset.message)), 0);

  function layIn(parts, ownWriting) {
    const place = find("#thread-messages");
    if (!place || !parts) return;
    const stay = ownWriting || isAtBottom();
    let arrived = false;
    for (const node of Array.from(parts.children)) {
      if (node.dataset.day) {
        if (!find('[data-day="' + node.dataset.day + '"]', place)) place.append(node);
        continue;
      }
      if (!node.dataset.message) continue;
      const old = document.getElementById(node.id);
      if (old) {
        node.classList.toggle("is-first", old.classList.contains("is-first"));
        old.replaceWith(node);
      } else {
        const bubbles = all(".bubble", place);
        const before = bubbles[bubbles.length - 1];
        const goesOn = before && before.dataset.who === node.dataset.who && before.nextElementSibling === null;
        node.classList.toggle("is-first", !goesOn);
        node.classList.add("is-new");
        place.append(node);
        arrived = true;
      }
      window.htmx.process(node);
    }
    const none = find("[data-none]", place);
    if (none && find(".bubble", place)) none.remove();
    if (stay) toBottom();
    else if (arrived) find("[data-to-bottom]").hidden = false;
  }

  let reading = Promise.resolve();
  function refreshThread(changed) { // one after the other: two answers must not cross
    const id = openId();
    if (!id) return;
    reading = reading.then(async () => {
      if (openId() !== id) return;
      const query = new URLSearchParams({ after: lastId(), ids: changed.join(",") });
      const parts = await fetchParts(thread().dataset.messages + "?" + query);
      if (openId() === id) layIn(parts, false);
      markRead();
    }).catch(() => {});
  }

  function markRead() {
    const t = thread();
    if (!t || !t.dataset.read || document.hidden) return;
    if (matchMedia("(max-width: 767.98px)").matches && inbox.dataset.screen === "list") return;
    const row = document.getElementById("row-" + openId());
    if (row && row.dataset.unread === "0") return;
    fetch(t.dataset.read, { method: "POST", headers: { "X-CSRFToken": find('meta[name="csrf-token"]').content } });
  }

  function opened() {
    mark();
    toBottom();
    for (const image of all("#thread-messages img")) image.addEventListener("load", () => isAtBottom() && toBottom(), { once: true });
    prepareComposer();
    markRead();
  }

  // --- writing ----------------------------------------------------------------------------
  const composer = () => find("#composer");
  const box = () => find("#composer-text");
  const draftName = (mode) => "sapa-draft-" + inbox.dataset.tenant + "-" + inbox.dataset.me + "-" + openId() + "-" + mode;

  function setMode(mode) {
    const c = composer();
    c.dataset.mode = mode;
    for (const tab of all("[data-mode]", c)) if (tab !== c) tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
    for (const part of all("[data-when]", c)) part.hidden = part.dataset.when !== mode;
    const text = box();
    text.placeholder = mode === "note" ? text.dataset.placeholderNote : text.dataset.placeholderReply;
    text.value = kept(draftName(mode));
    grow(text);
    say("");
  }
  function prepareComposer() {
    if (!composer()) return;
    const onlyNote = "onlyNote" in composer().dataset;
    const noteWaits = !kept(draftName("reply")) && kept(draftName("note"));
    setMode(onlyNote || noteWaits ? "note" : "reply");
    if (matchMedia("(hover: hover)").matches) box().focus({ preventScroll: true });
  }
  function say(sentence, form) {
    const note = find("[data-error]", form || find("#composer-form"));
    if (!note) return;
    note.textContent = sentence;
    note.hidden = !sentence;
    note.classList.toggle("d-block", Boolean(sentence));
  }
  function quote(id, text) {
    find('#composer-form [name="reply_to"]').value = id;
    const chip = find("#composer-quote");
    find("span", chip).textContent = text;
    chip.hidden = !id;
  }
  function attach() {
    const input = find("#composer-upload");
    const chip = find("#composer-file");
    const file = input && input.files[0];
    chip.hidden = !file;
    if (file) find("span", chip).textContent = file.name;
  }
  function written() {
    const c = composer();
    keep(draftName(c.dataset.mode), "");
    box().value = "";
    grow(box());
    quote("", "");
    if (find("#composer-upload")) find("#composer-upload").value = "";
    attach();
    say("");
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "composer-form") return;
    const mode = composer().dataset.mode;
    event.detail.path = event.target.dataset[mode];
  });
  inbox.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (!("writes" in form.dataset) || !event.detail.successful) return;
    const holder = document.createElement("template");
    holder.innerHTML = event.detail.xhr.responseText;
    layIn(holder.content, true);
    if (form.id === "composer-form") written();
    if ("template" in form.dataset) { say("", form); find("#composer-templates").hidden = true; }
  });
  // A refusal is said beside the field; what was typed stays. Nothing else hears of it.
  inbox.addEventListener("htmx:responseError", (event) => {
    const form = event.target;
    if (form.tagName !== "FORM" || !("writes" in form.dataset)) return;
    let sentence = "";
    try { sentence = JSON.parse(event.detail.xhr.responseText).message; } catch { /* no sentence */ }
    if (!sentence) return;
    event.stopPropagation();
    say(sentence, form);
    if (form.id === "composer-form") box().focus();
  });

  inbox.addEventListener("input", (event) => {
    if (event.target.id === "composer-text") {
      keep(draftName(composer().dataset.mode), event.target.value);
      grow(event.target);
      say("");
    }
    if (event.target.dataset.variable) {
      const form = event.target.closest("form");
      const preview = find("[data-preview]", form);
      preview.textContent = preview.dataset.preview.replace(/\{(\w+)\}/g, (whole, name) => {
        const field = find('[data-variable="' + name + '"]', form);
        return (field && field.value) || whole;
      });
    }
  });
  inbox.addEventListener("keydown", (event) => {
    if (event.target.id !== "composer-text" || !entersOn(event)) return;
    if (matchMedia("(hover: none)").matches) return; // a phone's Enter is a new line
    event.preventDefault();
    find("#composer-form").requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer-form") return;
    const upload = find("#composer-upload");
    const isEmpty = !box().value.trim() && !(upload && upload.files.length);
    if (isEmpty || event.target.classList.contains("htmx-request")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  inbox.addEventListener("change", (event) => { if (event.target.id === "composer-upload") attach(); });
  inbox.addEventListener("paste", (event) => {
    const input = find("#composer-upload");
    if (event.target.id !== "composer-text" || !input || !event.clipboardData.files.length) return;
    input.files = event.clipboardData.files;
    attach();
  });

  inbox.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    let hit;
    if ((hit = on("[data-mode]")) && hit !== composer()) { setMode(hit.dataset.mode); box().focus(); }
    else if ((hit = on("[data-quote]"))) { setMode("reply"); quote(hit.dataset.quote, hit.dataset.quoteText); box().focus(); }
    else if ((hit = on("[data-drop]"))) {
      if (hit.dataset.drop === "quote") quote("", "");
      else { find("#composer-upload").value = ""; attach(); }
    } else if (on("[data-templates]")) { const t = find("#composer-templates"); t.hidden = !t.hidden; }
    else if ((hit = on("[data-screen-to]"))) {
      show(hit.dataset.screenTo);
      inbox.classList.remove("with-panel");
      if (hit.dataset.screenTo === "list") history.replaceState(null, "", "/inbox/");
    } else if (on("[data-toggle-panel]")) togglePanel();
    else if (on("[data-to-bottom]")) toBottom();
    else if ((hit = on("[data-jump]"))) {
      event.preventDefault();
      const quoted = document.getElementById("message-" + hit.dataset.jump);
      if (!quoted) return;
      quoted.scrollIntoView({ block: "center" });
      quoted.classList.add("is-shown");
      setTimeout(() => quoted.classList.remove("is-shown"), 1500);
    }
  });
  // A picture that is none becomes what it is: a file to download.
  inbox.addEventListener("error", (event) => {
    const link = event.target.tagName === "IMG" && event.target.closest("[data-fallback]");
    if (!link) return;
    link.className = "bubble-file";
    link.setAttribute("download", "");
    link.textContent = link.dataset.fallback;
  }, true);

  // --- htmx: after a swap -----------------------------------------------------------------
  let heightBefore = 0;
  document.addEventListener("htmx:beforeSwap", () => { if (scroller()) heightBefore = scroller().scrollHeight; });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "inbox-thread") { show("thread"); inbox.classList.remove("with-panel"); opened(); }
    if (event.detail.target.id === "inbox-rows") { rows.scrollTop = 0; mark(); }
    refreshTimes(inbox);
    if (event.detail.requestConfig.elt.dataset && "earlier" in event.detail.requestConfig.elt.dataset) {
      const days = all("[data-day]", thread());
      days.forEach((day, i) => { if (days.findIndex((other) => other.dataset.day === day.dataset.day) < i) day.remove(); });
      scroller().scrollTop += scroller().scrollHeight - heightBefore; // keep what was read in place
    }
  });
  document.addEventListener("inbox-changed", (event) => refreshRow(event.detail.conversation));

  // --- live -------------------------------------------------------------------------------
  live.on("message", (data) => {
    if (String(data.conversation) !== openId()) return;
    refreshThread(data.message <= lastId() ? [data.message] : []);
  });
  live.on("conversation", (data) => refreshRow(data.conversation));
  live.onCatchUp(async () => {
    const unsettled = all("[data-message]", thread() || inbox).filter((b) => !FINAL.has(b.dataset.state)).slice(-50);
    refreshThread(unsettled.map((b) => b.dataset.message));
    const parts = await fetchParts("/inbox/list?" + new URLSearchParams(new FormData(filter)));
    if (!parts) return;
    for (const row of all(".inbox-row", parts)) asked.add(row.dataset.conversation);
    for (const row of all(".inbox-row", rows).slice(0, 60)) asked.add(row.dataset.conversation);
    if (asked.size) refreshRows();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) markRead(); });

  if (kept("sapa-inbox-no-panel")) inbox.classList.add("no-panel");
  count(find("#inbox-unread"));
  mark();
  if (thread()) opened();
  live.start();
})();
