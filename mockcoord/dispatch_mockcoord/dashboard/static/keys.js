// The page by keyboard, and its colours.
import { element, one } from "./text.js";

const HELP = [
  [["/"], "search the transcript"],
  [["j"], "next line of a list"],
  [["k"], "the line before"],
  [["Enter"], "unfold the line"],
  [["Esc"], "fold it; leave a field"],
  [["1", "2", "3"], "workers, jobs, transcript"],
  [["s"], "submit a job"],
  [["v"], "violations"],
  [["f"], "find a fault"],
  [["h"], "hold the transcript, or go on"],
  [["t"], "light, dark, or as the system"],
  [["?"], "these keys"],
];
const THEMES = { "": "as the system", dark: "dark", light: "light" };
const FIELDS = "input:not([type=checkbox]), select, textarea";

export class Keys {
  constructor(app) {
    this.lists = [
      [one("worker-list"), app.workers.list],
      [one("job-list"), app.jobs.list],
      [one("event-list"), app.transcript.list],
    ];
    this.latest = 1;
    const go = (index) => () => this.focus(index);
    this.actions = {
      j: () => this.move(1),
      k: () => this.move(-1),
      1: go(0),
      2: go(1),
      3: go(2),
      "/": () => one("event-search").focus(),
      s: () => one("submit-form").elements.input.focus(),
      v: () => (one("violation-list").querySelector("summary") ?? one("violations-title")).focus(),
      f: () => one("fault-search").focus(),
      h: () => app.transcript.hold(),
      t: () => this.paint(this.following()),
      "?": () => this.help(),
    };
    for (const [names, does] of HELP) {
      const kbds = names.flatMap((name) => [element("kbd", { text: name }), " "]);
      one("key-list").append(element("dt", {}, ...kbds), element("dd", { text: does }));
    }
    this.lists.forEach(([root], index) => root.addEventListener("focus", () => (this.latest = index)));
    one("help").addEventListener("click", () => this.help());
    one("theme").addEventListener("click", () => this.paint(this.following()));
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.paint(kept());
  }

  help() {
    one("keys").showModal();
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || one("keys").open) return;
    if (event.target.matches(FIELDS)) {
      if (event.key === "Escape") this.leave(event.target);
      return;
    }
    if (!Object.hasOwn(this.actions, event.key)) return;
    event.preventDefault();
    this.actions[event.key]();
  }

  leave(field) {
    if (field.type === "search" && field.value) {
      field.value = "";
      field.dispatchEvent(new globalThis.Event("input"));
    } else {
      field.blur();
    }
  }

  focus(index) {
    const [root, list] = this.lists[index];
    if (root.hidden) return;
    root.focus({ preventScroll: true });
    root.scrollIntoView({ block: "nearest" });
    if (list.chosen === null) list.choose(list.first());
  }

  move(step) {
    const [root, list] = this.lists[this.latest];
    if (root.hidden) return;
    if (document.activeElement === root) list.move(step);
    else this.focus(this.latest);
  }

  // ---- light and dark; where the browser keeps nothing, the choice lasts as long as the page

  following() {
    const names = Object.keys(THEMES);
    return names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
  }

  paint(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    one("theme").textContent = `Theme: ${THEMES[theme]}`;
    kept(theme);
  }
}

function kept(theme) {
  try {
    if (theme !== undefined) localStorage.setItem("dispatch-theme", theme);
    const found = localStorage.getItem("dispatch-theme") ?? "";
    return Object.hasOwn(THEMES, found) ? found : "";
  } catch {
    return theme ?? "";
  }
}
