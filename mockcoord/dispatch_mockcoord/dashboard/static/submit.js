// The form that submits a job, as any client would, and follows it to its end.
import { ask, attempt } from "./api.js";
import { button } from "./detail.js";
import { element, lasting, one, short } from "./text.js";
import { standing } from "./jobs.js";

export class Submit {
  constructor(app) {
    this.app = app;
    this.form = one("submit-form");
    this.result = one("submit-result");
    this.followed = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    one("submit-kind").addEventListener("input", () => this.fit());
    this.fit();
  }

  /** What is asked for depends on the kind of job. */
  fit() {
    const isPrompt = this.form.elements.kind.value === "LLM_INFER";
    one("submit-what").textContent = isPrompt ? "Prompt" : "Input";
    one("submit-tokens").hidden = !isPrompt;
    this.form.elements.tokens.disabled = !isPrompt;
  }

  submit() {
    const { kind, input, policy, privacy, user, tokens } = this.form.elements;
    const isPrompt = kind.value === "LLM_INFER";
    const body = {
      job_type: isPrompt ? "LLM_INFER" : "TASK",
      user_id: user.value,
      privacy_class: privacy.value,
      payload: isPrompt ? { prompt: input.value, max_tokens: Number(tokens.value) } : { task_type: kind.value, input: input.value },
    };
    this.followed = null;
    return attempt(this.result, async () => {
      const { job_id: id } = await ask(`/v1/jobs/commit/${policy.value}`, { method: "POST", body });
      this.follow(id);
      return undefined;
    });
  }

  follow(id) {
    this.followed = { id, told: "" };
    this.app.jobs.job.open(id);
    this.changed();
  }

  /** Jobs have changed, perhaps the one that is followed. */
  changed() {
    const { followed } = this;
    if (!followed) return;
    const job = this.app.model.jobsById.get(followed.id);
    const status = job?.status ?? "pending";
    const told = `${status} ${job?.has_receipt} ${job?.verified}`;
    if (told === followed.told) return;
    followed.told = told;
    const show = button(short(followed.id, 8), () => this.app.jobs.job.open(followed.id), { class: "unfold", "aria-label": "Show the job" });
    const [words, tone] = job && status !== "pending" && status !== "assigned" ? standing(job) : ["", "soft"];
    const took = job?.completed_at ? ` in ${lasting((Date.parse(job.completed_at) - job.at) / 1000)}` : "";
    this.result.classList.remove("bad");
    this.result.replaceChildren(`Job ${status}${took} `, element("span", { text: words, "data-tone": tone }), " ", show);
  }
}
