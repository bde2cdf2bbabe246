// The jobs, newest first, as they move; older ones are asked for when the end of the list comes into sight.
import { ask } from "./api.js";
import { Job } from "./job.js";
import { element, figure, lasting, one, put } from "./text.js";
import { Windowed } from "./windowed.js";

const PAGE = 200;
const LONG_PAGE = 500;
const MAX_PAGES = 10;
const WAIT_MS = 250;
const TONES = { pending: "soft", assigned: "busy", completed: "good", failed: "bad" };

export class Jobs {
  constructor(app) {
    this.app = app;
    this.next = null;
    this.isAsking = false;
    this.list = new Windowed(one("job-list"), {
      make: () => element("div", { class: "job" }, ...[1, 2, 3, 4, 5, 6].map(() => element("span"))),
      fill: (row, job) => this.fill(row, job),
      key: (job) => job.id,
      open: (job) => this.job.open(job.id),
    });
    this.job = new Job(app, one("job"), one("job-list"));
    one("job-search").addEventListener("input", () => this.filtered());
    one("job-status").addEventListener("input", () => this.filtered());
    one("job-list").addEventListener("scroll", () => this.atEnd() && this.more(), { passive: true });
  }

  /** Another run has begun: what was known of older jobs is of no use. */
  clear() {
    this.next = null;
    this.more(true);
    this.job.panel.key && this.job.panel.fold();
  }

  filtered() {
    this.draw();
    this.list.scroll(0);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.seek(), WAIT_MS);
  }

  draw() {
    const { jobs, state } = this.app.model;
    const fits = this.fits();
    const found = fits ? jobs.filter(fits) : jobs;
    const { length } = found;
    one("job-list").hidden = !length;
    one("job-none").hidden = length > 0 || !state;
    put(one("job-none"), fits ? "No job is like that." : "No job yet. Submit one with the form.");
    const total = state ? Object.values(state.jobs).reduce((sum, count) => sum + count, 0) : 0;
    put(one("jobs-count"), fits ? `${figure(length)} found` : total ? figure(Math.max(total, length)) : "");
    this.list.show({ length, at: (index) => found[length - 1 - index] });
    this.job.changed();
  }

  /** A second has passed. */
  tick() {
    this.list.draw();
  }

  /** What the fields above the list ask for; null while that is everything. */
  fits() {
    const status = one("job-status").value;
    const words = one("job-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!status && !words.length) return null;
    return (job) => {
      if (status === "unverified" ? job.status !== "completed" || job.verified : status && job.status !== status) return false;
      if (!words.length) return true;
      const text = `${job.id} ${job.user_id} ${job.job_type} ${job.task_type ?? ""} ${job.policy} ${job.privacy_class} ${job.error ?? ""} ${job.worker ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
  }

  fill(row, job) {
    const [status, age, id, type, policy, receipt] = row.children;
    put(status, job.status);
    status.dataset.tone = TONES[job.status] ?? "soft";
    const until = job.completed_at ? Date.parse(job.completed_at) : this.app.model.now;
    const seconds = (until - job.at) / 1000;
    put(age, job.completed_at ? `in ${lasting(seconds)}` : lasting(Math.max(1, seconds)));
    age.className = "soft";
    put(id, job.id);
    put(type, job.task_type ?? job.job_type);
    put(policy, job.privacy_class === "PRIVATE" ? `${job.policy} private` : job.policy);
    const [words, tone] = standing(job);
    put(receipt, words);
    receipt.dataset.tone = tone;
  }

  // ---- older jobs

  atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = one("job-list");
    return scrollTop + 2 * clientHeight > scrollHeight && this.next !== null;
  }

  /** Ask for the following page; for the first one at the beginning. */
  async more(isFirst = false) {
    if (this.isAsking || (!isFirst && this.next === null)) return;
    this.isAsking = true;
    try {
      const before = isFirst ? "" : `&before=${encodeURIComponent(this.next)}`;
      const page = await ask(`/_mock/jobs?limit=${PAGE}${before}`);
      this.next = page.next;
      this.app.model.takePage(page.jobs.reverse());
      this.app.wake();
    } catch {
      // The list goes on when it is scrolled again.
    }
    this.isAsking = false;
  }

  /** Events were missed: ask for the newest jobs, as far back as there is news among them. */
  async reload() {
    let before = "";
    try {
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const page = await ask(`/_mock/jobs?limit=${LONG_PAGE}${before}`);
        const news = this.app.model.takePage(page.jobs.reverse());
        this.app.wake();
        if (!news || page.next === null) return;
        before = `&before=${encodeURIComponent(page.next)}`;
      }
    } catch {
      // What is to come is heard of all the same.
    }
  }

  /** Have the coordinator look among all its jobs for what the fields ask for. */
  async seek() {
    const status = one("job-status").value.replace("unverified", "completed");
    const text = one("job-search").value.trim();
    if (!status && !text) return;
    try {
      const asked = new URLSearchParams({ limit: PAGE, ...(status && { status }), ...(text && { text }) });
      this.app.model.takePage((await ask(`/_mock/jobs?${asked}`)).jobs.reverse());
      this.app.wake();
    } catch {
      // Those that are known already are shown.
    }
  }
}

/** How it stands with a job's receipt, in a word, and the tone of it. */
export function standing(job) {
  if (job.has_receipt) return job.verified ? ["✓ verified", "good"] : ["✗ not verified", "bad"];
  if (job.status === "completed") return ["✗ none", "bad"];
  return job.error ? [job.error, "bad"] : ["–", "soft"];
}
