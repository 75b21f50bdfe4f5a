// The inbox: its parts, and what is heard from elsewhere.
import { find, inbox, isShown, kept, me, openId, thread } from "./dom.js";
import * as list from "./list.js";
import * as talk from "./thread.js";
import * as composer from "./composer.js";
import * as presence from "./presence.js";
import "./menu.js";
import "./emoji.js";
import "./labels.js";
import "./keys.js";

const { live } = window.sapa;

talk.onOpened(composer.prepare);
talk.onOpened(presence.arrived);
inbox.addEventListener("click", (event) => {
  const back = event.target.closest('[data-screen-to="list"]');
  if (back) history.replaceState(null, "", list.addressOf(""));
});
document.addEventListener("inbox-changed", (event) => {
  list.refreshRow(event.detail.conversation);
  talk.refresh();
});

live.on("message", (data) => {
  if (isShown(data.conversation)) talk.refresh(talk.has(data.message) ? [data.message] : []);
});
live.on("conversation", (data) => {
  list.refreshRow(data.conversation);
  if (!isShown(data.conversation)) return;
  talk.refresh();
  if (String(data.conversation) === openId()) talk.refreshHead();
});
live.on("mention", (data) => { if (data.member === me) list.refreshRow(data.conversation); });
live.on("presence", presence.heard);
live.onCatchUp(() => {
  talk.catchUp();
  list.catchUp();
});

if (kept("sapa-inbox-no-panel")) inbox.classList.add("no-panel");
list.start();
if (thread()) talk.opened();
else if (find("#inbox-rows .inbox-row")) find("#inbox-rows").focus({ preventScroll: true });
live.start();
