// What the page knows of the coordinator, bounded. Events go in; `changed` names the parts to be drawn anew.

const MAX_JOBS = 10_000;
const MAX_EVENTS = 5_000;
const MAX_CHARACTERS = 6_000_000;
const MAX_MARKS = 4_000;
const BEAT = '"heartbeat"';

/** When a time of the coordinator's clock is, in milliseconds. */
const milliseconds = (iso) => Date.parse(iso);

export class Model {
  constructor() {
    this.changed = new Set();
    this.clear();
  }

  /** Know nothing: another run of the coordinator has begun. */
  clear() {
    this.state = null;
    this.jobs = [];
    this.jobsById = new Map();
    this.workers = new Map();
    this.byKey = new Map();
    this.events = [];
    this.characters = 0;
    this.dropped = 0;
    this.broken = new Set();
    this.missed = 0;
    this.offset = 0;
    for (const part of ["figures", "jobs", "workers", "transcript", "violations"]) this.changed.add(part);
  }

  /** The coordinator's clock now, in milliseconds since 1970. */
  get now() {
    return Date.now() + this.offset;
  }

  takeState(state) {
    this.state = state;
    this.offset = milliseconds(state.now) - Date.now();
    this.changed.add("figures");
    this.changed.add("jobs");
  }

  /** One event of the stream. */
  take(kind, data) {
    if (kind === "job") this.takeJob(data);
    else if (kind === "worker") this.takeWorker(data);
    else if (kind === "violation") this.mark(data);
    else if (kind === "missed") this.skip(data);
    else if (kind !== "pairing") this.takeEvent(kind, data);
  }

  // ---- jobs: oldest first, each one object for as long as it is known

  takeJob(data) {
    const known = this.jobsById.get(data.id);
    if (known) {
      this.release(known);
      Object.assign(known, data);
      this.hold(known);
    } else {
      this.insert(data);
    }
    this.changed.add("jobs");
  }

  /**
   * Jobs of a page of the list, oldest first; gives how many of them were news. The page may have been made before
   * an event that came first: of what is known only a job is taken anew that is not finished, or has a receipt now.
   */
  takePage(jobs) {
    const news = jobs.filter(({ id, status, has_receipt }) => {
      const known = this.jobsById.get(id);
      if (!known || (has_receipt && !known.has_receipt)) return true;
      return !known.completed_at && !known.error && known.status !== status;
    });
    for (const job of news) this.takeJob(job);
    this.changed.add("jobs");
    return news.length;
  }

  insert(job) {
    job.at = milliseconds(job.created_at);
    const place = this.place(job.at);
    if (place === 0 && this.jobs.length >= MAX_JOBS) return;
    if (place === this.jobs.length) this.jobs.push(job);
    else this.jobs.splice(place, 0, job);
    this.jobsById.set(job.id, job);
    this.hold(job);
    if (this.jobs.length > MAX_JOBS * 1.05) {
      for (const gone of this.jobs.splice(0, this.jobs.length - MAX_JOBS)) this.jobsById.delete(gone.id);
    }
  }

  /** Where a job of this time belongs: behind all that are as old, nearly always at the end. */
  place(at) {
    let [low, high] = [0, this.jobs.length];
    if (!high || this.jobs[high - 1].at <= at) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.jobs[middle].at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whoever has the job is busy with it. */
  hold(job) {
    const worker = job.status === "assigned" ? this.byKey.get(job.worker?.toLowerCase()) : undefined;
    if (worker && worker.job_id !== job.id) {
      Object.assign(worker, { state: "busy", job_id: job.id });
      this.changed.add("workers");
    }
  }

  release(job) {
    const worker = this.byKey.get(job.worker?.toLowerCase());
    if (worker?.job_id === job.id) {
      Object.assign(worker, { state: "idle", job_id: null });
      this.changed.add("workers");
    }
  }

  // ---- workers, by connection; `beat` is when the last heartbeat came, by the page's own clock

  takeWorker(data) {
    if (data.what === "left") this.removeWorker(data.connection);
    else this.addWorker(data);
    this.changed.add("workers");
  }

  takeWorkers(workers) {
    const seen = new Set(workers.map((worker) => worker.connection));
    for (const connection of this.workers.keys()) if (!seen.has(connection)) this.removeWorker(connection);
    for (const worker of workers) this.addWorker(worker);
    this.changed.add("workers");
  }

  addWorker(data) {
    const worker = this.workers.get(data.connection) ?? {};
    Object.assign(worker, data, { beat: performance.now() - data.heartbeat_age * 1000 });
    this.workers.set(data.connection, worker);
    this.byKey.set(worker.pubkey.toLowerCase(), worker);
  }

  removeWorker(connection) {
    const worker = this.workers.get(connection);
    this.workers.delete(connection);
    if (worker && this.byKey.get(worker.pubkey.toLowerCase()) === worker) this.byKey.delete(worker.pubkey.toLowerCase());
  }

  // ---- the transcript, oldest first

  takeEvent(kind, data) {
    data.kind = kind;
    data.place = this.dropped + this.events.length;
    data.size = (data.text ?? data.base64 ?? "").length + (data.request?.length ?? 0) + (data.response?.length ?? 0);
    if (kind === "frame" && data.from === "worker" && data.length < 1000 && data.text?.includes(BEAT)) this.beat(data);
    this.events.push(data);
    this.characters += data.size;
    if (this.events.length > MAX_EVENTS * 1.1 || this.characters > MAX_CHARACTERS * 1.1) this.trim();
    this.changed.add("transcript");
  }

  beat(data) {
    const worker = this.workers.get(data.connection);
    if (!worker) return;
    worker.beat = performance.now();
    this.changed.add("workers");
  }

  trim() {
    let gone = Math.max(0, this.events.length - MAX_EVENTS);
    let left = this.characters;
    for (let place = 0; place < gone; place += 1) left -= this.events[place].size;
    while (left > MAX_CHARACTERS && gone < this.events.length - 1) {
      left -= this.events[gone].size;
      gone += 1;
    }
    this.events.splice(0, gone);
    this.characters = left;
    this.dropped += gone;
  }

  /** Events are gone that should have come. */
  skip({ count }) {
    if (!count) return;
    this.missed += count;
    const last = this.events.at(-1);
    this.takeEvent("missed", { index: `missed-${this.missed}`, t: last?.t ?? 0, count });
  }

  mark(violation) {
    this.broken.add(violation.index);
    if (this.broken.size > MAX_MARKS) this.broken.delete(this.broken.values().next().value);
    this.changed.add("transcript");
    this.changed.add("violations");
  }
}
