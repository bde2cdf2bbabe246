// The page put together: events come in as they happen, and what changed is drawn once for every picture.
import { ask, Fresh } from "./api.js";
import { Faults } from "./faults.js";
import { Feed } from "./feed.js";
import { Jobs } from "./jobs.js";
import { Keys } from "./keys.js";
import { Model } from "./model.js";
import { Pairing } from "./pairing.js";
import { Session } from "./session.js";
import { Submit } from "./submit.js";
import { one, put } from "./text.js";
import { Transcript } from "./transcript.js";
import { Violations } from "./violations.js";
import { Workers } from "./workers.js";

const MAX_WORKERS = 2000;
const WORKERS_MS = 10_000;
const FIGURES_MS = 5000;
const RELOAD_MS = 1500;
const PICTURE_MS = 40;

class App {
  constructor() {
    this.model = new Model();
    this.isWaiting = false;
    this.drawn = 0;
    this.figures = new Fresh("/_mock/state", 1000, (state) => {
      this.model.takeState(state);
      this.wake();
    });
    this.workers = new Workers(this);
    this.jobs = new Jobs(this);
    this.transcript = new Transcript(this);
    this.violations = new Violations(this);
    this.faults = new Faults();
    this.submit = new Submit(this);
    this.pairing = new Pairing(this);
    this.session = new Session(this);
    this.keys = new Keys(this);
    this.feed = new Feed({
      take: (kind, data) => this.take(kind, data),
      wake: () => this.wake(),
      begin: () => this.begin(),
      stand: (state, text) => this.stand(state, text),
    });
    setInterval(() => document.hidden || this.tick(), 1000);
    setInterval(() => document.hidden || this.refresh(), WORKERS_MS);
    setInterval(() => document.hidden || this.figures.stale(), FIGURES_MS);
  }

  /** Draw what has changed with the next picture. */
  wake() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    const pause = this.drawn + PICTURE_MS - performance.now();
    if (pause > 0) setTimeout(() => this.picture(), pause);
    else this.picture();
  }

  picture() {
    requestAnimationFrame((now) => {
      this.isWaiting = false;
      this.drawn = now;
      const isAll = this.feed.drain();
      this.draw();
      if (!isAll) this.wake();
    });
  }

  draw() {
    const { changed } = this.model;
    if (changed.has("figures")) this.session.draw();
    if (changed.has("workers")) this.workers.draw();
    if (changed.has("jobs")) this.jobs.draw();
    if (changed.has("jobs")) this.submit.changed();
    if (changed.has("transcript")) this.transcript.draw();
    if (changed.has("violations")) this.violations.draw();
    changed.clear();
  }

  take(kind, data) {
    this.model.take(kind, data);
    this.figures.stale();
    if (kind === "fault") this.faults.fresh.stale();
    if (kind === "pairing") this.pairing.draw();
    if (kind === "clock" || kind === "missed") this.refresh();
    if (kind === "missed" && data.count) this.reload();
  }

  /** Events were missed, perhaps many times in a row: see what became of the jobs, once for all of them. */
  reload() {
    if (this.reloading) return;
    this.reloading = setTimeout(() => {
      this.reloading = 0;
      this.jobs.reload();
    }, RELOAD_MS);
  }

  /** A run of the coordinator begins for this page: nothing that was known holds. */
  begin() {
    this.model.clear();
    this.workers.clear();
    this.jobs.clear();
    this.transcript.clear();
    this.violations.clear();
    this.figures.stale();
    this.faults.fresh.stale();
    this.pairing.draw();
    this.refresh();
  }

  /** Ask for the workers as they are. */
  async refresh() {
    const workers = [];
    try {
      let after = "";
      do {
        const page = await ask(`/_mock/workers?limit=500${after}`);
        workers.push(...page.workers);
        after = page.next === null ? "" : `&after=${page.next}`;
      } while (after && workers.length < MAX_WORKERS);
    } catch {
      return;
    }
    this.model.takeWorkers(workers);
    this.wake();
  }

  tick() {
    this.workers.tick();
    this.jobs.tick();
  }

  stand(state, text) {
    const line = one("standing");
    line.dataset.state = state;
    put(line, text);
  }
}

new App();
