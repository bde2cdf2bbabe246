// The workers that are registered, the age of each heartbeat ticking; and one of them, unfolded.
import { attempt, ask } from "./api.js";
import { button, facts, Panel } from "./detail.js";
import { element, figure, lasting, one, put, short } from "./text.js";
import { Windowed } from "./windowed.js";

const LATE_SECONDS = 25;
const TONES = { idle: "good", busy: "busy", settling: "soft" };

export class Workers {
  constructor(app) {
    this.app = app;
    this.list = new Windowed(one("worker-list"), {
      make: () => element("div", { class: "worker" }, ...[1, 2, 3, 4, 5].map(() => element("span"))),
      fill: (row, worker) => this.fill(row, worker),
      key: (worker) => worker.connection,
      open: (worker) => this.open(worker),
    });
    this.panel = new Panel(one("worker"), one("worker-list"));
    put(one("start-worker"), `COORDINATOR_URL=${location.origin} dispatch-worker`);
  }

  /** Another run has begun: its connections are others, whatever their numbers. */
  clear() {
    if (this.panel.key !== null) this.tellGone();
  }

  draw() {
    const { model } = this.app;
    const workers = [...model.workers.values()];
    one("worker-list").hidden = !workers.length;
    one("worker-none").hidden = workers.length > 0 || !model.state;
    put(one("workers-count"), workers.length ? figure(workers.length) : "");
    this.list.show({ length: workers.length, at: (index) => workers[index] });
    if (this.panel.key !== null && !model.workers.has(this.panel.key)) this.tellGone();
    else this.tick();
  }

  /** A second has passed. */
  tick() {
    this.list.draw();
    const worker = this.app.model.workers.get(this.panel.key);
    if (!worker) return;
    put(this.age, `${lasting(Math.max(1, age(worker)))} ago`);
    put(this.state, worker.job_id ? `${worker.state}, with ${worker.job_id}` : worker.state);
  }

  fill(row, worker) {
    const [state, beat, key, takes, held] = row.children;
    const seconds = age(worker);
    put(state, worker.state);
    state.dataset.tone = TONES[worker.state] ?? "soft";
    put(beat, lasting(Math.max(1, seconds)));
    beat.dataset.tone = seconds > LATE_SECONDS ? "bad" : "soft";
    put(key, short(worker.pubkey, 20));
    put(takes, `${worker.provider_type} ${worker.capabilities.map((name) => name.replace("_INFER", "")).join(" ")}`);
    put(held, worker.job_id ? short(worker.job_id, 24) : "–");
    held.className = worker.job_id ? "" : "soft";
  }

  open(worker) {
    this.age = element("span");
    this.state = element("span");
    const send = this.sender(worker);
    const tools = element(
      "div",
      { class: "tools" },
      button("Its frames in the transcript", () => this.app.transcript.search(`#${worker.connection}`)),
      button("Pair it", () => this.app.pairing.choose(worker.pubkey)),
    );
    this.panel.show(
      worker.connection,
      element("h3", { text: "Worker" }),
      facts([
        ["Key", element("code", { text: worker.pubkey })],
        ["Worker id", element("code", { text: worker.worker_id })],
        ["Registered as", `${worker.provider_type}, takes ${worker.capabilities.join(", ")}`],
        ["Connection", `#${worker.connection}`],
        ["State", this.state],
        ["Last heartbeat", this.age],
      ]),
      tools,
      send,
    );
    this.tick();
    this.panel.reveal();
  }

  /** A form that sends this worker any text as a frame, or closes its connection. */
  sender(worker) {
    const text = element("textarea", { rows: 2, name: "text", "aria-label": "Frame to send", spellcheck: "false" });
    text.value = '{"type":"heartbeat_ack","status":"ok"}';
    const note = element("output", { "aria-live": "polite" });
    const path = `/_mock/workers/${worker.connection}/frames`;
    const say = (body, told) => attempt(note, async () => (await ask(path, { method: "POST", body }), told));
    return element(
      "form",
      { on: { submit: (event) => (event.preventDefault(), say({ text: text.value }, "Sent.")) } },
      element("h3", { text: "Send it any frame" }),
      text,
      element(
        "div",
        { class: "row-end" },
        note,
        button("Close with 1012", () => say({ close: 1012 }, "Closed.")),
        element("button", { text: "Send" }),
      ),
    );
  }

  tellGone() {
    this.panel.show(null, element("p", { class: "none", text: "This worker is no longer registered." }));
  }
}

/** Seconds since the worker's last heartbeat. */
const age = (worker) => (performance.now() - worker.beat) / 1000;
