// One job, unfolded: what was asked, what came back, and the receipt with each of its checks by name.
import { ask, Failure } from "./api.js";
import { button, facts, Panel } from "./detail.js";
import { laidOut } from "./json.js";
import { element } from "./text.js";

const PAUSE_MS = 150;
const WORDS = {
  receipt: "is an object",
  reserved_members: "brings neither signature nor verified inside",
  signature: "is the worker’s, over the receipt as it was sent",
  job_id: "names this job",
  provider_pubkey: "names the worker’s registered key",
  output_hash: "is the hash of the output received",
  pubkey_form: "64 lower-case hex digits",
  hash_form: "64 lower-case hex digits",
  completed_at: "a date and a time",
  completed_at_utc: "in UTC",
  completed_at_form: "YYYY-MM-DDTHH:MM:SS.sssZ",
  payment_ref: "a string, or null",
  member_order: "as the specification has it",
  extra_members: "none",
};

export class Job {
  constructor(app, root, list) {
    this.app = app;
    this.panel = new Panel(root, list);
    this.seen = "";
  }

  /** Unfold the job with this id. */
  async open(id) {
    this.panel.key = id;
    this.seen = "";
    await this.ask(id);
    this.panel.reveal();
  }

  /** Jobs have changed, perhaps this one: its panel follows. */
  changed() {
    const job = this.app.model.jobsById.get(this.panel.key);
    if (!job || this.timer) return;
    const stands = print(job);
    if (stands === this.seen) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      if (this.panel.key) this.ask(this.panel.key);
    }, PAUSE_MS);
  }

  async ask(id) {
    try {
      const whole = await ask(`/_mock/jobs/${encodeURIComponent(id)}`);
      if (this.panel.key !== id) return;
      this.seen = print(whole);
      this.show(whole);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (this.panel.key !== id) return;
      this.seen = print(this.app.model.jobsById.get(id) ?? {});
      this.panel.show(id, element("h3", { text: "Job" }), element("p", { class: "none", text: this.why(id, error) }));
    }
  }

  why(id, error) {
    return this.app.model.jobsById.get(id)?.demo ? "Jobs of the demo mode are not stored: its frames stand in the transcript." : error.message;
  }

  show(job) {
    const private_ = job.privacy_class === "PRIVATE" ? ", PRIVATE" : "";
    const kind = job.task_type ? `${job.job_type} ${job.task_type}` : job.job_type;
    this.panel.show(
      job.id,
      element("h3", { text: "Job" }),
      facts([
        ["Id", element("code", { text: job.id })],
        ["Status", job.error ? `${job.status}: ${job.error}` : job.status],
        ["Asked for", `${kind}, ${job.policy}${private_}`],
        ["User", job.user_id],
        ["Worker", job.worker && element("code", { text: job.worker })],
        ["Rejected by", job.rejected_by.length ? element("code", { text: job.rejected_by.join(" ") }) : null],
        ["Committed", job.created_at],
        ["Completed", job.completed_at],
        ["Output hash", job.output_hash && element("code", { text: job.output_hash })],
      ]),
      element("div", { class: "pair" }, value("Payload", job.payload), value("Output", job.output)),
      receipt(job),
      element("div", { class: "tools" }, button("Its frames in the transcript", () => this.app.transcript.search(job.id))),
    );
  }
}

/** All that changes of a job. */
const print = (job) => `${job.status} ${job.worker} ${job.error} ${job.has_receipt} ${job.verified} ${job.rejected_by?.length}`;

function value(title, given) {
  if (given === null || given === undefined) return null;
  return element("div", {}, element("h3", { text: title }), laidOut(JSON.stringify(given)));
}

function receipt(job) {
  const told = job.receipt;
  const verdict = told ? (told.verified ? "Receipt: verified" : "Receipt: not verified") : "Receipt";
  const title = element("h3", { text: verdict });
  if (!told) return element("div", {}, title, element("p", { class: "none", text: job.status === "completed" ? "None came." : "Not yet." }));
  title.dataset.tone = told.verified ? "good" : "bad";
  const checks = element("ul", { class: "checks", "aria-label": "Checks of the receipt" });
  for (const check of told.checks) checks.append(line(check, "✗", "bad"));
  for (const check of told.form) checks.append(line(check, "!", "warn"));
  const raw = element("div", {}, element("h3", { text: "What was signed" }), laidOut(told.text));
  const signature = element("div", {}, element("h3", { text: "Signature" }), element("pre", { class: "value", text: told.signature ?? "none" }));
  const came = element("details", { class: "came" }, element("summary", { text: "The receipt as it came" }), element("div", { class: "pair" }, raw, signature));
  return element("div", {}, title, checks, came);
}

function line(check, sign, tone) {
  const mark = element("span", { text: check.passed ? "✓" : sign, "data-tone": check.passed ? "good" : tone });
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", check.passed ? "passed" : "failed");
  const words = check.passed ? (WORDS[check.name] ?? "passed") : check.detail || "failed";
  const told = element("span", { class: "words", text: words });
  if (!check.passed) told.append(" ", element("code", { text: check.clause }));
  return element("li", {}, mark, element("span", { text: check.name.replaceAll("_", " ") }), told);
}
