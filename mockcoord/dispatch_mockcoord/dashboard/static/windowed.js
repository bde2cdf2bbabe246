// A list of any length of which only the rows in sight exist. One row is chosen; it is walked by keys.
import { element } from "./text.js";

const SPARE = 4;
const NEAR = 5000;

/**
 * Items come from `source`: `length`, and `at(index)`. `make` builds an empty row, `fill(row, item)` shows an
 * item in it, `key(item)` names it for as long as it lives. `open(item)` is called when a row is unfolded.
 * A list that `follows` stays at its end while it stands there; others stay at their top.
 */
export class Windowed {
  constructor(root, { make, fill, key, open, follows = false }) {
    Object.assign(this, { root, make, fill, key, open, follows });
    this.source = { length: 0, at: () => undefined };
    this.rows = [];
    this.chosen = null;
    this.anchor = null;
    this.top = 0;
    this.height = 0;
    this.tall = element("div", { class: "tall", role: "presentation" });
    root.append(this.tall);
    root.addEventListener("scroll", () => this.remember(), { passive: true });
    root.addEventListener("keydown", (event) => this.pressed(event));
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("focus", () => this.chosen ?? this.choose(this.first()));
    new ResizeObserver(() => this.measure()).observe(root);
    this.measure();
  }

  /** Take the heights anew, and draw. */
  measure() {
    this.rowHeight = Number.parseFloat(getComputedStyle(this.root).getPropertyValue("--row")) || 32;
    const atEnd = this.follows && this.isAtEnd;
    this.height = this.root.clientHeight;
    this.top = this.root.scrollTop;
    if (atEnd) this.scroll(Infinity);
    this.draw();
  }

  /** Show this source from now on, or the same one after it has changed. */
  show(source) {
    const atEnd = this.follows && this.isAtEnd;
    this.source = source;
    this.root.style.setProperty("--count", source.length);
    this.tall.style.height = `${source.length * this.rowHeight}px`;
    if (atEnd) this.scroll(Infinity);
    else this.hold();
    this.draw();
  }

  get isAtEnd() {
    return this.top + this.height >= (this.source.length - 1) * this.rowHeight;
  }

  first() {
    return Math.floor(this.top / this.rowHeight);
  }

  /**
   * Have this many pixels above what is in sight. The place is kept here, and set when all else is drawn: to ask
   * for it, or to set it, has the browser lay out the page.
   */
  scroll(wanted) {
    const top = Math.max(0, Math.min(wanted, this.source.length * this.rowHeight - this.height));
    if (top === this.top) return;
    this.top = top;
    if (this.isMoving) return;
    this.isMoving = true;
    queueMicrotask(() => {
      this.isMoving = false;
      this.root.scrollTop = this.top;
    });
  }

  /** Note what stands at the top, so that it stays there when others come before it. */
  remember() {
    this.top = this.root.scrollTop;
    const index = this.first();
    const item = this.top > 0 ? this.source.at(index) : undefined;
    this.anchor = item === undefined ? null : { key: this.key(item), index };
    this.draw();
  }

  hold() {
    const anchor = this.anchor;
    if (!anchor) return;
    const index = this.find(anchor.key, anchor.index);
    if (index < 0 || index === anchor.index) return;
    this.scroll(this.top + (index - anchor.index) * this.rowHeight);
    anchor.index = index;
  }

  /** Where the item with this key stands; looked for around `near`, or everywhere. */
  find(key, near) {
    const { length } = this.source;
    const reach = near === undefined ? length : NEAR;
    const from = near ?? 0;
    for (let step = 0; step <= reach; step += 1) {
      if (from + step < length && this.key(this.source.at(from + step)) === key) return from + step;
      if (from >= step && from - step < length && this.key(this.source.at(from - step)) === key) return from - step;
      if (from + step >= length && from < step) return -1;
    }
    return -1;
  }

  draw() {
    const from = Math.max(0, this.first() - SPARE);
    const count = Math.min(this.source.length - from, Math.ceil(this.height / this.rowHeight) + 2 * SPARE);
    while (this.rows.length < count) this.rows.push(this.born());
    this.rows.forEach((row, place) => {
      row.hidden = place >= count;
      if (!row.hidden) this.drawRow(row, from + place);
    });
    const active = this.rows.find((row) => !row.hidden && row.key === this.chosen);
    if (active) this.root.setAttribute("aria-activedescendant", active.id);
    else this.root.removeAttribute("aria-activedescendant");
  }

  drawRow(row, index) {
    const item = this.source.at(index);
    row.key = this.key(item);
    if (row.index !== index || row.tallness !== this.rowHeight) {
      row.index = index;
      row.tallness = this.rowHeight;
      row.style.transform = `translateY(${index * this.rowHeight}px)`;
      row.setAttribute("aria-posinset", index + 1);
    }
    row.setAttribute("aria-setsize", this.source.length);
    row.setAttribute("aria-selected", row.key === this.chosen);
    this.fill(row, item);
  }

  born() {
    const row = this.make();
    row.id = `${this.root.id}-${this.rows.length}`;
    row.classList.add("row");
    row.setAttribute("role", "option");
    this.tall.append(row);
    return row;
  }

  /** Choose the row at this index, and bring it into sight. */
  choose(index) {
    const { length } = this.source;
    if (!length) return;
    const place = Math.min(Math.max(index, 0), length - 1);
    this.chosen = this.key(this.source.at(place));
    const top = place * this.rowHeight;
    if (top < this.top) this.scroll(top);
    else if (top + this.rowHeight > this.top + this.height) this.scroll(top + this.rowHeight - this.height);
    this.draw();
  }

  /** Choose and unfold the item with this key; whether there is one. */
  reveal(key) {
    const index = this.find(key);
    if (index < 0) return false;
    this.choose(index);
    this.open(this.source.at(index));
    return true;
  }

  move(step) {
    const row = this.rows.find((each) => !each.hidden && each.key === this.chosen);
    const index = row ? row.index : this.chosen === null ? -1 : this.find(this.chosen);
    this.choose(index < 0 ? this.first() : index + step);
  }

  unfold() {
    const index = this.chosen === null ? -1 : this.find(this.chosen);
    if (index >= 0) this.open(this.source.at(index));
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      const step = steps[event.key];
      if (Number.isFinite(step)) this.move(step);
      else this.choose(step < 0 ? 0 : this.source.length - 1);
    } else if (event.key === "Enter" || event.key === " ") {
      this.unfold();
    } else {
      return;
    }
    event.preventDefault();
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    this.chosen = row.key;
    this.draw();
    this.open(this.source.at(row.index));
  }
}
