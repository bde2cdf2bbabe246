// Faults as switches, each with its parameters, straight from the catalogue.
import { ask, attempt, Fresh } from "./api.js";
import { button } from "./detail.js";
import { element, figure, one, put } from "./text.js";

const TITLES = { register: "At a registration", frame: "At a message to a worker", request: "At an HTTP request", mode: "As long as it is on" };

export class Faults {
  constructor() {
    this.entries = new Map();
    this.note = one("fault-note");
    this.fresh = new Fresh("/_mock/faults", 1500, (told) => this.take(told));
    one("fault-search").addEventListener("input", () => this.filter());
    one("faults-off").addEventListener("click", () => attempt(this.note, () => this.change("/_mock/faults", "DELETE", undefined, "All faults are off.")));
    this.fresh.stale();
  }

  take({ active, counts, catalogue }) {
    if (!this.entries.size) this.build(catalogue);
    put(one("faults-count"), active.length ? `${figure(active.length)} on` : "");
    one("faults-off").disabled = active.length === 0;
    const at = new Map();
    for (const fault of active) at.set(fault.name, [...(at.get(fault.name) ?? []), fault.spelled]);
    for (const [name, entry] of this.entries) {
      const spelled = at.get(name);
      if (!entry.isBusy) entry.box.checked = Boolean(spelled);
      put(entry.spelled, spelled ? spelled.join(" and ") : "");
      entry.spelled.hidden = !spelled || spelled.join() === name;
      put(entry.struck, counts[name] ? `struck ${figure(counts[name])}` : "");
    }
  }

  build(catalogue) {
    const list = one("fault-list");
    let stage = "";
    const places = Object.keys(TITLES);
    const sorted = [...catalogue].sort((one, other) => places.indexOf(one.stage) - places.indexOf(other.stage));
    for (const kind of sorted) {
      if (kind.stage !== stage) {
        stage = kind.stage;
        list.append(element("h3", { text: TITLES[stage] ?? stage }));
      }
      const entry = this.born(kind);
      this.entries.set(kind.name, entry);
      list.append(entry.root);
    }
  }

  born(kind) {
    const entry = { kind, isBusy: false, struck: element("span", { class: "struck" }), spelled: element("code") };
    entry.box = element("input", { type: "checkbox", role: "switch", on: { change: () => this.flip(entry) } });
    entry.fields = [...kind.options, ...kind.aims].map((option) => field(kind, option));
    const told = element(
      "div",
      { hidden: true, id: `fault-${kind.name}` },
      element("p", { text: kind.does }),
      element("p", { text: `A good peer: ${kind.peer} (${kind.clauses.join(", ")})` }),
      element("div", { class: "options" }, ...entry.fields.map(({ root }) => root)),
    );
    const unfold = button("Options", () => {
      told.hidden = !told.hidden;
      unfold.setAttribute("aria-expanded", !told.hidden);
    }, { class: "unfold", "aria-expanded": "false", "aria-controls": told.id, "aria-label": `Options of ${kind.name}` });
    const label = element("label", { class: "switch" }, entry.box, element("code", { text: kind.name }));
    const line = element("div", { class: "line" }, label, entry.struck, unfold);
    entry.root = element("div", { class: "fault" }, line, entry.spelled, told);
    entry.text = `${kind.name} ${kind.does} ${kind.peer} ${kind.clauses.join(" ")}`.toLowerCase();
    return entry;
  }

  /** The switch was moved: have the fault at work, with the options that are filled in, or end it. */
  async flip(entry) {
    const { name } = entry.kind;
    const wanted = entry.box.checked;
    entry.isBusy = true;
    await attempt(this.note, () => {
      if (!wanted) return this.change(`/_mock/faults/${name}`, "DELETE", undefined, `${name} is off.`);
      const options = {};
      for (const { input, option } of entry.fields) {
        if (input.value !== "") options[option.name] = typeof option.default === "string" ? input.value : Number(input.value);
      }
      return this.change("/_mock/faults", "POST", { name, options }, `${name} is on.`);
    });
    entry.isBusy = false;
    this.fresh.stale();
  }

  async change(path, method, body, told) {
    await ask(path, { method, body });
    this.fresh.stale();
    return told;
  }

  filter() {
    const words = one("fault-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of this.entries.values()) entry.root.hidden = !words.every((word) => entry.text.includes(word));
    for (const title of one("fault-list").querySelectorAll("h3")) {
      let next = title.nextElementSibling;
      while (next?.hidden) next = next.nextElementSibling;
      title.hidden = !next || next.tagName === "H3";
    }
  }
}

/** One option of a fault as a field; one that is left empty is the default. */
function field(kind, option) {
  const id = `option-${kind.name}-${option.name}`;
  let input;
  if (option.choices?.length) {
    const choices = ["", ...option.choices].map((value) => element("option", { value, text: value === "" ? `default: ${option.default}` : value }));
    input = element("select", { id }, ...choices);
  } else {
    const isText = typeof option.default === "string";
    const isAim = kind.aims.some(({ name }) => name === option.name);
    const hint = option.name === "message" ? kind.message : isAim && option.name !== "rate" ? "any" : option.default;
    input = element("input", { id, type: isText ? "text" : "number", step: "any", placeholder: hint, autocomplete: "off", spellcheck: "false" });
  }
  const root = element("label", { title: option.allowed }, element("code", { text: option.name }), input, element("small", { text: option.meaning }));
  return { root, input, option };
}
