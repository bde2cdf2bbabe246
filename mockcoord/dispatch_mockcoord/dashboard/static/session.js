// The figures at the top, and what concerns the coordinator as a whole: demo mode, clock, reset.
import { ask, attempt } from "./api.js";
import { element, figure, lasting, one, put } from "./text.js";

const SURE_MS = 4000;

export class Session {
  constructor(app) {
    this.app = app;
    this.note = one("session-note");
    this.cells = new Map();
    one("demo").addEventListener("change", () => this.demonstrate());
    one("clock").addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(this.note, () => this.advance(Number(event.target.elements.seconds.value)));
    });
    one("reset").addEventListener("click", () => this.reset());
  }

  draw() {
    const { state } = this.app.model;
    if (!state) return;
    const { workers, jobs, receipts, violations, faults } = state;
    const strikes = faults?.injected ?? 0;
    put(one("network"), state.chain);
    put(one("version"), `${state.version} (${state.network})`);
    this.cell("Nodes registered", figure(workers.known));
    this.cell("Nodes online", figure(workers.registered));
    this.cell("Jobs waiting, assigned", `${figure(jobs.pending)}, ${figure(jobs.assigned)}`);
    this.cell("Jobs completed", figure(jobs.completed));
    this.cell("Jobs failed", figure(jobs.failed), jobs.failed ? "bad" : "");
    this.cell("Receipts verified", share(receipts), receipts.verified < receipts.total ? "bad" : "");
    this.cell("Violations", violations.watching ? figure(violations.total) : "not watched", violations.total ? "bad" : "");
    this.cell("Faults struck", figure(strikes), strikes ? "fault" : "");
    one("clock").hidden = !state.clock.virtual;
    if (!this.isSwitching) one("demo").checked = state.demo.active;
    const ahead = state.clock.ahead ? `, its clock ${lasting(state.clock.ahead)} ahead` : "";
    put(one("foot"), `Started ${state.started_at}, up for ${lasting(state.uptime_seconds)}${ahead}. Fault seed ${faults?.seed ?? "none"}.`);
  }

  cell(name, value, tone = "") {
    if (!this.cells.has(name)) {
      const told = element("dd");
      const root = element("div", {}, element("dt", { text: name }), told);
      one("figures").append(root);
      this.cells.set(name, { root, told });
    }
    const { root, told } = this.cells.get(name);
    put(told, value);
    if (tone) root.dataset.tone = tone;
    else delete root.dataset.tone;
  }

  async demonstrate() {
    const wanted = one("demo").checked;
    this.isSwitching = true;
    await attempt(this.note, async () => {
      await ask(`/v1/demo/${wanted ? "start" : "stop"}`, { method: "POST", body: {} });
      return wanted ? "Demo mode is on: the first job comes in some ten seconds." : "Demo mode is off.";
    });
    this.isSwitching = false;
    this.app.figures.stale();
  }

  async advance(seconds) {
    const { ahead } = await ask("/_mock/clock", { method: "POST", body: { seconds } });
    this.app.figures.stale();
    this.app.refresh();
    return `The coordinator’s clock is ${lasting(ahead)} ahead.`;
  }

  /** Only the second press within a few seconds counts. */
  reset() {
    const button = one("reset");
    if (!this.sure) {
      put(button, "Reset everything?");
      this.sure = setTimeout(() => this.calm(), SURE_MS);
      return;
    }
    this.calm();
    attempt(this.note, async () => {
      await ask("/_mock/reset", { method: "POST", body: {} });
      return "The coordinator is as if just started.";
    });
  }

  calm() {
    clearTimeout(this.sure);
    this.sure = 0;
    put(one("reset"), "Reset");
  }
}

function share({ total, verified }) {
  if (!total) return "none yet";
  const percent = (100 * verified) / total;
  return `${verified === total ? 100 : Math.min(99.9, percent).toFixed(1)} %`;
}
