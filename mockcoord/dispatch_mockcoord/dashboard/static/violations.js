// The clauses that were broken, the worst first, each with its sentence and the latest findings.
import { Fresh } from "./api.js";
import { button } from "./detail.js";
import { element, figure, one, prose, put, short } from "./text.js";

const FOUND = 3;
const ORDER = { MUST: 0, SHOULD: 1, MAY: 2 };
const TONES = { MUST: "bad", SHOULD: "warn", MAY: "soft" };

export class Violations {
  constructor(app) {
    this.app = app;
    this.entries = new Map();
    this.fresh = new Fresh("/_mock/violations", 1000, (told) => this.take(told));
  }

  clear() {
    this.fresh.stale();
  }

  draw() {
    this.fresh.stale();
  }

  take({ watching, total, clauses, latest }) {
    put(one("violations-count"), total ? figure(total) : "");
    one("violation-none").hidden = total > 0;
    put(one("violation-none"), watching ? "No clause was broken." : "Nothing is held against the clauses (--no-watch).");
    const list = one("violation-list");
    const named = new Set(clauses.map(({ clause }) => clause));
    for (const [id, entry] of this.entries) {
      if (named.has(id)) continue;
      entry.root.remove();
      this.entries.delete(id);
    }
    clauses.sort((one, other) => ORDER[one.level] - ORDER[other.level] || other.count - one.count);
    for (const [place, told] of clauses.entries()) {
      const entry = this.entries.get(told.clause) ?? this.born(told);
      if (list.children[place] !== entry.root) list.insertBefore(entry.root, list.children[place] ?? null);
      put(entry.times, told.count === 1 ? "once" : `${figure(told.count)} times`);
      entry.latest = latest.filter(({ clause }) => clause === told.clause).slice(0, FOUND);
      if (entry.details.open) this.unfold(entry);
    }
  }

  born({ clause, level, text, mend }) {
    const times = element("span", { class: "times" });
    const found = element("ol", { class: "found" });
    const details = element(
      "details",
      { id: `clause-${clause}` },
      element(
        "summary",
        {},
        element("span", { class: "id", text: clause, "data-tone": TONES[level] }),
        element("span", { class: "level", text: level }),
        times,
        prose(element("span", { class: "sentence" }), text),
      ),
      mend ? prose(element("p", { class: "note" }), mend) : null,
      found,
    );
    const entry = { root: element("li", {}, details), details, times, found, latest: [], shown: "" };
    details.addEventListener("toggle", () => details.open && this.unfold(entry));
    this.entries.set(clause, entry);
    return entry;
  }

  unfold(entry) {
    const print = entry.latest.map(({ index, t }) => `${index} ${t}`).join();
    if (print === entry.shown) return;
    entry.shown = print;
    entry.found.replaceChildren(...entry.latest.map((finding) => this.finding(finding)));
  }

  finding({ t, connection, worker, message, place, expected, actual, index }) {
    const who = worker ? `worker ${short(worker)}` : connection ? `connection #${connection}` : "HTTP";
    const where = place && place !== "$" ? ` at ${place}` : "";
    return element(
      "li",
      {},
      element("p", { text: `${message}${where}` }),
      expected ? element("p", { class: "soft" }, "Expected ", element("code", { text: expected }), ", got ", element("code", { text: actual })) : null,
      element("p", { class: "note", text: `${t.toFixed(3)} s, ${who}` }),
      button("Show the frame", () => this.app.transcript.reveal(index), { class: "unfold" }),
    );
  }
}
