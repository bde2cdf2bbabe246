// The transcript as it grows: every frame, exchange and fault in its order, searchable; one of them unfolded.
import { Event } from "./event.js";
import { from, isAbout, isBeat, told } from "./telling.js";
import { element, figure, one, put } from "./text.js";
import { Windowed } from "./windowed.js";

const WAIT_MS = 120;

export class Transcript {
  constructor(app) {
    this.app = app;
    this.held = null;
    this.found = [];
    this.upto = 0;
    this.list = new Windowed(one("event-list"), {
      make: () => this.make(),
      fill: (row, event) => this.fill(row, event),
      key: (event) => event.index,
      open: (event) => this.event.open(event),
      follows: true,
    });
    this.event = new Event(app, one("event"), one("event-list"));
    one("event-search").addEventListener("input", () => this.filtered());
    one("event-kind").addEventListener("input", () => this.filtered());
    one("pause").addEventListener("click", () => this.hold());
  }

  /** Another run has begun. */
  clear() {
    this.keep(null);
    this.restart();
    if (this.event.panel.key !== null) this.event.panel.fold();
  }

  filtered() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.restart();
      this.draw();
      this.list.scroll(Infinity);
    }, WAIT_MS);
  }

  restart() {
    this.found = [];
    this.upto = 0;
  }

  /** Show these words' events, as if they had been typed. */
  search(words) {
    one("event-search").value = words;
    one("event-kind").value = "";
    this.filtered();
    one("transcript").scrollIntoView({ block: "start" });
    one("event-list").focus({ preventScroll: true });
  }

  /** Choose and unfold the event with this number, whatever the fields ask for. */
  reveal(index) {
    one("event-search").value = one("event-kind").value = "";
    this.restart();
    this.draw();
    if (!this.list.reveal(index)) this.event.open({ index, kind: "gone" });
    one("event-list").focus({ preventScroll: true });
  }

  /** Let the list stand still, or go on. */
  hold() {
    this.keep(this.held ? null : [...this.app.model.events]);
    this.restart();
    this.draw();
  }

  keep(events) {
    this.held = events;
    one("pause").setAttribute("aria-pressed", events !== null);
    put(one("pause"), events ? "Go on" : "Hold");
  }

  draw() {
    const { model } = this.app;
    const events = this.held ?? model.events;
    const fits = this.fits();
    const shown = fits ? this.filter(events, fits) : events;
    one("event-list").hidden = !shown.length;
    one("event-none").hidden = shown.length > 0;
    put(one("event-none"), fits ? "Nothing like that is among the events kept here." : "Nothing happened yet.");
    put(one("transcript-count"), this.counted(events, shown, fits));
    this.list.show({ length: shown.length, at: (index) => shown[index] });
  }

  counted(events, shown, fits) {
    const { dropped } = this.app.model;
    const kept = dropped ? `the last ${figure(events.length)}` : figure(events.length);
    const held = this.held ? ", held" : "";
    return `${fits ? `${figure(shown.length)} of ${kept}` : events.length ? kept : ""}${held}`;
  }

  /** The events that fit; those that came since the last time are looked at, the others are known. */
  filter(events, fits) {
    const dropped = this.held ? 0 : this.app.model.dropped;
    for (let at = Math.max(0, this.upto - dropped); at < events.length; at += 1) {
      if (fits(events[at])) this.found.push(events[at]);
    }
    this.upto = dropped + events.length;
    if (this.found[0]?.place < dropped) {
      const keep = this.found.findIndex((event) => event.place >= dropped);
      this.found.splice(0, keep < 0 ? this.found.length : keep);
    }
    return this.found;
  }

  fits() {
    const kind = one("event-kind").value;
    const words = one("event-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!kind && !words.length) return null;
    const isOf = (event) => !kind || event.kind === kind || (kind === "beatless" && !isBeat(event));
    return (event) => isOf(event) && words.every((word) => isAbout(event, word));
  }

  make() {
    const what = element("span", { class: "what" }, element("span", { class: "type" }), element("span", { class: "rest" }));
    return element("div", { class: "event" }, element("span", { class: "time" }), element("span"), what);
  }

  fill(row, event) {
    const [time, who, what] = row.children;
    const [type, rest] = what.children;
    const [words, more, tone] = told(event);
    put(time, event.t.toFixed(3));
    put(who, from(event));
    put(type, words);
    put(rest, more, 240);
    who.dataset.tone = event.kind === "frame" ? (event.from === "worker" ? "busy" : "good") : tone;
    type.dataset.tone = tone;
    row.classList.toggle("struck", event.kind === "fault");
    row.classList.toggle("broken", this.app.model.broken.has(event.index));
  }
}
