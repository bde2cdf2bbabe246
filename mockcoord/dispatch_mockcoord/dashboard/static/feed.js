// The stream of events: opened, opened again when it breaks, and emptied once for every picture that is drawn.

const KINDS = ["hello", "missed", "job", "worker", "pairing", "violation", "frame", "connection", "http", "fault", "clock"];
const PAUSES = [300, 600, 1000, 2000, 3000];
const MAX_WAITING = 20_000;
const BUDGET_MS = 12;
const REFUSALS = {
  401: "The coordinator asks for its token: open /dashboard?token=…",
  403: "The coordinator takes nothing from this address of the page",
  503: "Too many pages follow the coordinator; trying again",
};

/**
 * `take(kind, data)` gets every event, in order, when `drain` is called; `wake()` asks for that. `begin(run)` says
 * that a run of the coordinator is followed from here on; `stand(state, text)` how things are with the stream.
 */
export class Feed {
  constructor({ take, wake, begin, stand }) {
    Object.assign(this, { take, wake, begin, stand, run: null, last: "0", failures: 0, waiting: [], lost: 0 });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.open()));
    addEventListener("pagehide", () => this.rest());
    addEventListener("pageshow", () => this.open());
    if (!document.hidden) this.open();
  }

  open() {
    if (this.source || document.hidden) return;
    clearTimeout(this.timer);
    const source = new EventSource(`/_mock/events?since=${encodeURIComponent(this.last)}`);
    this.source = source;
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.heard(kind, event));
    source.addEventListener("error", () => this.failed(source));
  }

  /** Nobody looks: cost the coordinator nothing. */
  rest() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  heard(kind, event) {
    if (event.lastEventId) this.last = event.lastEventId;
    if (this.waiting.length >= MAX_WAITING) {
      this.lost += this.waiting.length;
      this.waiting = [];
    }
    this.waiting.push(kind, event.data);
    this.wake();
  }

  /** Hand on what waits, for as long as a picture bears; whether all of it is handed on. */
  drain() {
    const until = performance.now() + BUDGET_MS;
    let place = 0;
    for (; place < this.waiting.length; place += 2) {
      if (place % 64 === 0 && performance.now() > until) break;
      const kind = this.waiting[place];
      const data = JSON.parse(this.waiting[place + 1]);
      if (kind === "hello") this.greeted(data);
      else this.take(kind, data);
    }
    this.waiting = place >= this.waiting.length ? [] : this.waiting.slice(place);
    if (this.lost) {
      this.take("missed", { count: Math.floor(this.lost / 2) });
      this.lost = 0;
    }
    return this.waiting.length === 0;
  }

  greeted({ run }) {
    const isOther = this.run !== null && this.run !== run;
    this.failures = 0;
    this.stand("live", isOther ? "Live. The coordinator was started anew; what came before is gone." : "Live");
    if (this.run !== run) this.begin(run);
    this.run = run;
  }

  failed(source) {
    if (source !== this.source) return;
    this.rest();
    if (!this.failures) this.lose();
    this.timer = setTimeout(() => this.open(), PAUSES[Math.min(this.failures, PAUSES.length - 1)]);
    this.failures += 1;
    this.explain();
  }

  /** A stream that fails says nothing of why: the head of another answer does. */
  async explain() {
    const answer = await fetch("/_mock/events", { method: "HEAD", cache: "no-store" }).catch(() => null);
    if (this.failures) this.lose(REFUSALS[answer?.status]);
  }

  lose(why) {
    this.stand("lost", why ?? (this.run === null ? "No connection to the coordinator; trying again" : "The coordinator is gone; connecting again"));
  }
}
