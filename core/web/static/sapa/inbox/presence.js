// Who else is here, and who is answering: told to the others, kept nowhere.
import { find, inbox, me, openId, people, post, thread, words } from "./dom.js";
import { showAnswered } from "./list.js";

const TYPING_AGAIN = 3000; // how often it is said while one types
const TYPING_LASTS = 6000;
const HERE_AGAIN = 20000;
const HERE_LASTS = 45000;
const known = new Map(); // "conversation member" -> {conversation, member, doing, until}
let toldTyping = 0;
let toldId = "";

function tell(doing, id = openId()) {
  const t = thread();
  if (!t || !t.dataset.presence || !me) return;
  const address = id === openId() ? t.dataset.presence : `/inbox/${id}/presence`;
  post(address, { doing }, { keepalive: true }).catch(() => {});
}
export function arrived() {
  if (toldId && toldId !== openId()) tell("gone", toldId);
  toldId = openId();
  toldTyping = 0;
  tell("here");
  show();
}
inbox.addEventListener("input", (event) => {
  if (event.target.id !== "composer-text" || !event.target.value || Date.now() - toldTyping < TYPING_AGAIN) return;
  toldTyping = Date.now();
  tell("typing");
});
setInterval(() => { if (!document.hidden && openId()) tell("here"); }, HERE_AGAIN);
window.addEventListener("pagehide", () => { if (openId()) tell("gone"); });

export function heard(data) {
  if (data.member === me) return;
  const key = data.conversation + " " + data.member;
  const before = known.get(key);
  if (data.doing === "gone") known.delete(key);
  else {
    const isTyping = data.doing === "typing" || (before && before.typing > Date.now());
    known.set(key, {
      conversation: String(data.conversation),
      member: data.member,
      typing: data.doing === "typing" ? Date.now() + TYPING_LASTS : isTyping ? before.typing : 0,
      until: Date.now() + HERE_LASTS,
    });
    if (data.doing === "here" && !before) tell("here"); // the newcomer learns of us, too
  }
  show();
}
function show() {
  const now = Date.now();
  for (const [key, one] of known) if (one.until < now) known.delete(key);
  const line = find("#thread-presence");
  const here = Array.from(known.values()).filter((one) => one.conversation === openId());
  const names = (list) => list.map((one) => people.get(one.member) || "?").join(", ");
  const typing = here.filter((one) => one.typing > now);
  if (line) {
    line.hidden = !here.length;
    line.classList.toggle("is-typing", typing.length > 0);
    const text = typing.length ? words.typing.replace("{name}", names(typing)) : here.length ? words.here.replace("{name}", names(here)) : "";
    if (line.textContent !== text) line.textContent = text;
  }
  showAnswered(new Set(Array.from(known.values()).filter((one) => one.typing > now).map((one) => one.conversation)));
}
setInterval(show, 1500);
