// Texts from outside, made fit to be shown. Nothing here, or anywhere on this page, is ever read as HTML.

/** What is not to be seen as it stands: controls, formats, surrogates, white space but the plain blank. */
const UNSEEN = /(?! )[\p{C}\p{Z}]/u;
const RUNS = /((?:(?! )[\p{C}\p{Z}])+)/u;

/** The letter as an escape: \u202e, \u{1f512}. */
function escaped(letter) {
  const code = letter.codePointAt(0);
  const hex = code.toString(16);
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** The text in one line, whatever is not to be seen as an escape; cut behind `limit` characters. */
export function visible(text, limit = 2000) {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return UNSEEN.test(cut) ? [...cut].map((letter) => (UNSEEN.test(letter) ? escaped(letter) : letter)).join("") : cut;
}

/** Append a text to a node, its escapes marked, so that nobody takes them for what stands there. */
export function append(node, text) {
  if (!UNSEEN.test(text)) {
    node.append(text);
    return;
  }
  for (const [index, run] of text.split(RUNS).entries()) {
    if (index % 2) node.append(element("i", { text: [...run].map(escaped).join("") }));
    else if (run) node.append(run);
  }
}

/** Have a node hold this text and nothing else; nothing is touched where it does already. */
export function put(node, text, limit = 2000) {
  const words = String(text);
  if (node.shown === words) return;
  node.shown = words;
  const cut = words.length > limit ? `${words.slice(0, limit)}…` : words;
  if (UNSEEN.test(cut)) {
    node.replaceChildren();
    append(node, cut);
  } else {
    node.textContent = cut;
  }
}

/** A new element: `text` goes through `append`, `on` holds listeners, all else are attributes. */
export function element(name, { text, on = {}, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  for (const [type, listener] of Object.entries(on)) made.addEventListener(type, listener);
  if (text !== undefined) {
    if (name === "i") made.textContent = text;
    else append(made, String(text));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Append a text of the specification, in which code stands between backticks. */
export function prose(node, text) {
  for (const [index, part] of text.split("`").entries()) {
    if (index % 2) node.append(element("code", { text: part }));
    else append(node, part);
  }
  return node;
}

/** The element of the page with this id. */
export const one = (id) => document.getElementById(id);

/** The beginning of a key or an id: enough to tell them apart, and the same everywhere. */
export const short = (text, letters = 16) => (text.length > letters ? `${text.slice(0, letters)}…` : text);

/** How long something is, in the largest unit that says enough: 18 ms, 1.4 s, 12 s, 3 min, 2 h. */
export function lasting(seconds) {
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** A number with its thousands apart. */
export const figure = (number) => number.toLocaleString("en-US");
