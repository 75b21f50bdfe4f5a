// What the parts of the inbox share: finding, fetching, keeping.
export const find = (selector, root) => (root || document).querySelector(selector);
export const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
export const inbox = find("#inbox");
export const words = JSON.parse(inbox.dataset.words);
export const people = new Map(JSON.parse(inbox.dataset.people).map((person) => [person.id, person.name]));
export const me = Number(inbox.dataset.me);
export const thread = () => find("#thread");
export const openId = () => (thread() ? thread().dataset.conversation : "");
// whether a conversation's messages stand in the open thread: its own, or a merged customer's other ones
export const isShown = (id) => Boolean(thread())
  && (String(id) === openId() || (thread().dataset.beside || "").split(",").includes(String(id)));
export const isPhone = () => matchMedia("(max-width: 767.98px)").matches;

export function keep(name, value) {
  try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* private mode */ }
}
export function kept(name) {
  try { return localStorage.getItem(name) || ""; } catch { return ""; }
}

// -> DocumentFragment, or null: signed out (and gone), or refused
export async function parts(address) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (answer.status === 401) { location.assign(answer.headers.get("HX-Redirect") || "/"); return null; }
  return answer.ok ? fragment(await answer.text()) : null;
}
export function fragment(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}
export function post(address, values, options) {
  const token = find('meta[name="csrf-token"]').content;
  return fetch(address, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" }, body: new URLSearchParams(values), ...options });
}
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
