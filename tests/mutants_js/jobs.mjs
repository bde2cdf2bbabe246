/** What a worker does with assignments, from their arrival to their answers. Each step is a method. */

const REMEMBERED = 10_000;
const LONGEST_FRAME = 1_048_576;

/** The assignments of one connection: those that run, and the ids of those that came. */
export class Jobs {
  /**
   * @param {object} means
   * @param {import("./tasks.mjs").Tasks} means.tasks
   * @param {import("./model.mjs").Model} means.model
   * @param {import("./proof.mjs").Proof} means.proof
   * @param {(message: object) => void} means.send sends on this connection, while there is one
   */
  constructor({ tasks, model, proof, send }) {
    this.tasks = tasks;
    this.model = model;
    this.proof = proof;
    this.send = send;
    this.running = new Map();
    this.seen = new Set();
    this.leaving = false;
    this.abandoned = false;
  }

  /** Take a job_assign; one without an id, or with an id that came before, is left alone. */
  take(message) {
    const jobId = message.job_id;
    if (typeof jobId !== "string" || this.seen.has(jobId)) return;
    this.remember(jobId);
    if (this.leaving) {
      this.reject(jobId, new Error("the worker is stopping"));
    } else {
      const work = this.work(jobId, message).finally(() => this.running.delete(jobId));
      this.running.set(jobId, work);
    }
  }

  remember(jobId) {
    this.seen.add(jobId);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value);
  }

  /** Do a job and answer it, whatever happens. */
  async work(jobId, message) {
    try {
      const output = await this.perform(message.job_type, message.payload);
      if (!this.abandoned) this.complete(jobId, output);
    } catch (error) {
      if (!this.abandoned) this.reject(jobId, error);
    }
  }

  async perform(jobType, payload) {
    const fields = this.fields(payload);
    if (jobType === "LLM_INFER" && filled(fields.prompt) && isLimit(fields.max_tokens)) {
      return this.model.infer(fields.prompt, this.limit(fields.max_tokens));
    }
    if (jobType === "TASK" && filled(fields.task_type) && filled(fields.input)) {
      const output = this.tasks.compute(fields.task_type, fields.input);
      return output ?? this.faulty(`Unknown task_type: ${fields.task_type}`);
    }
    return this.faulty("Unsupported job payload");
  }

  /** The members of a payload; none where it is no object. */
  fields(payload) {
    return typeof payload === "object" && payload !== null ? payload : {};
  }

  limit(asked) {
    return asked ?? 256;
  }

  /** The output of a job whose payload no worker could serve. */
  faulty(error) {
    return { error };
  }

  complete(jobId, output) {
    const message = this.proof.completion(jobId, output);
    if (Buffer.byteLength(JSON.stringify(message)) > LONGEST_FRAME) throw new Error("the output is too long");
    this.send(message);
  }

  reject(jobId, error) {
    this.send({ type: "job_reject", job_id: jobId, reason: this.reason(error) });
  }

  reason(error) {
    return error.message;
  }

  /** Take no more jobs, wait some seconds for those that run, and reject the rest. */
  async settle(seconds) {
    this.leaving = true;
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1000)));
    await Promise.race([Promise.all(this.running.values()), late]);
    clearTimeout(timer);
    const left = [...this.running.keys()];
    this.abandon();
    for (const jobId of left) this.reject(jobId, new Error("the worker is stopping"));
  }

  /** The connection is gone, or about to go: nothing that still runs is answered. */
  abandon() {
    this.abandoned = true;
  }
}

function filled(value) {
  return typeof value === "string" && value !== "";
}

function isLimit(value) {
  return value === undefined || value === null || Number.isFinite(value);
}
