// What all unfolded things have in common: a panel below its list, facts, and a way to fold it again.
import { append, element } from "./text.js";

/** Pairs of a name and a value as a list of facts; values are texts or nodes, absent ones are left out. */
export function facts(pairs) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    const told = element("dd");
    if (value instanceof Node) told.append(value);
    else append(told, String(value));
    list.append(element("dt", { text: name }), told);
  }
  return list;
}

/** A button. */
export const button = (text, click, attributes = {}) =>
  element("button", { type: "button", text, on: { click }, ...attributes });

/** A panel that shows one thing at a time; `list` gets the focus back when it is folded. */
export class Panel {
  constructor(panel, list) {
    Object.assign(this, { panel, list, key: null });
    for (const root of [panel, list]) {
      root.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || panel.hidden) return;
        event.stopPropagation();
        this.fold();
      });
    }
  }

  /** Show this under a key, in place of whatever stands here. The fold button keeps the focus if it has it. */
  show(key, ...content) {
    const had = this.panel.contains(document.activeElement);
    const close = button("Fold", () => this.fold(), { class: "close", "aria-label": "Fold this" });
    this.key = key;
    this.panel.replaceChildren(...content, close);
    this.panel.hidden = false;
    if (had) close.focus({ preventScroll: true });
  }

  fold() {
    this.key = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.list.focus({ preventScroll: true });
  }

  /** Bring it into sight. */
  reveal() {
    const moving = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    this.panel.scrollIntoView({ block: "nearest", behavior: moving });
  }
}

/** Put a text on the clipboard, or say that this is not allowed. */
export async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = "Copied";
  } catch {
    said.textContent = "Not allowed";
  }
  setTimeout(() => (said.textContent = "Copy"), 1500);
}
