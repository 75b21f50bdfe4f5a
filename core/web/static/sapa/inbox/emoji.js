// A small set of emojis: into the text, or as a reaction. The device draws them.
import { element, find, inbox, post, fragment } from "./dom.js";
import { insert } from "./composer.js";
import { layIn } from "./thread.js";

const REACTIONS = "👍 ❤️ 😂 😮 😢 🙏 ✅ 🎉";
const SETS = [
  REACTIONS,
  "😀 😁 😅 😊 🙂 😉 😍 🥰 😘 😎 🤩 🤔 🤗 😇 😋 🤭 😴 😬 🙄 😕 😟 😔 😭 😡 🤯 😱 🥳 🤝 👏 🙌 👋 👌 ✌️ 🤞 💪 👆 👇 👉 👈 ✋",
  "🎂 🍰 🧁 🍩 🍪 🍫 🍞 🍕 🍜 🍚 🍗 🥗 🍓 🍌 🥥 ☕ 🍵 🥤 🌸 🌹 🌺 🌻 🎁 🎈 ✨ ⭐ 🔥 💯 💖 💙",
  "📦 🚚 🛵 🏠 🏪 📍 🗓️ ⏰ ⏳ 📞 📱 💬 📧 📝 📄 📎 🧾 💳 💵 💰 🛒 🏷️ 🔧 🔑 🔒 ⚠️ ❗ ❓ ❌ ➡️",
];
let forMessage = null; // the bubble's button, when it is to be a reaction

// Whether this device has a picture for it: where it has none it draws the same box for all of them.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
let box = "";
function drawn(emoji) {
  canvas.canvas.width = canvas.canvas.height = 24; // empty again
  canvas.font = '18px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
  canvas.fillText(emoji, 0, 20);
  return canvas.getImageData(0, 0, 24, 24).data.join("");
}
const isDrawn = (emoji) => drawn(emoji) !== (box ||= drawn("\u{10ffff}"));

const place = () => find("#composer-emoji");
function sign(emoji) {
  const button = element("button", "composer-sign", emoji);
  button.type = "button";
  button.dataset.sign = emoji;
  return button;
}
function fill() {
  if (place().childElementCount) return;
  for (const set of SETS) {
    const row = element("div", "composer-signs");
    row.append(...set.split(" ").filter(isDrawn).map(sign));
    if (row.childElementCount) place().append(row);
  }
}
export function close() {
  if (place()) place().hidden = true;
  const reacting = find("#bubble-react");
  if (reacting) reacting.remove();
  forMessage = null;
}
function offerReactions(button) {
  close();
  forMessage = button;
  const bar = element("div", "bubble-react");
  bar.id = "bubble-react";
  bar.append(...REACTIONS.split(" ").filter(isDrawn).map(sign));
  button.closest(".bubble-row").append(bar);
  find("button", bar).focus();
}
async function react(button, emoji) {
  close();
  const answer = await post(button.dataset.react, { emoji });
  if (answer.ok) return layIn(fragment(await answer.text()), false);
  let sentence = "";
  try { sentence = (await answer.json()).message; } catch { /* a page */ }
  window.sapa.toast(sentence || document.body.dataset.fail, "danger");
}

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  let hit;
  if ((hit = on("[data-sign]"))) {
    if (forMessage) react(forMessage, hit.dataset.sign);
    else insert(hit.dataset.sign);
  } else if ((hit = on("[data-react]"))) offerReactions(hit);
  else if (on("[data-emoji]")) {
    fill();
    place().hidden = !place().hidden;
  } else if (place() && !on("#composer-emoji")) close();
});
inbox.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (find("#bubble-react") || (place() && !place().hidden))) { close(); event.stopPropagation(); }
}, true);
