// How many parts a text costs as SMS: 160 letters of GSM 03.38, or 70 where one letter isn't in it.
import { find } from "./dom.js";

const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
  + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const DOUBLE = new Set("^{}\\[~]|€\f"); // each takes the room of two

// -> { letters, parts, odd }: `odd` is the first letter for which a part holds only 70
export function parts(text) {
  const signs = Array.from(text);
  const odd = signs.find((sign) => !BASIC.has(sign) && !DOUBLE.has(sign)) || "";
  const size = odd ? text.length : signs.reduce((sum, sign) => sum + (DOUBLE.has(sign) ? 2 : 1), 0);
  const [one, more] = odd ? [70, 67] : [160, 153];
  return { letters: signs.length, parts: size <= one ? Math.min(size, 1) : Math.ceil(size / more), odd };
}

// Says it below the text, where the channel's texts are charged by the part.
export function weigh(field) {
  const place = find("#composer-parts");
  if (!place) return;
  const found = parts(field.value);
  place.textContent = found.letters
    ? place.dataset.says.replace("{letters}", found.letters).replace("{parts}", found.parts) : "";
  place.title = found.odd ? place.dataset.odd.replace("{sign}", found.odd) : "";
}
