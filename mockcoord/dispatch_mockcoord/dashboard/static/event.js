// One event of the transcript, unfolded: laid out for reading, and its exact bytes on demand.
import { ask, Failure } from "./api.js";
import { button, copy, facts, Panel } from "./detail.js";
import { decoded, dump, laidOut } from "./json.js";
import { from, told } from "./telling.js";
import { element, figure } from "./text.js";

export class Event {
  constructor(app, root, list) {
    this.app = app;
    this.panel = new Panel(root, list);
  }

  /** Unfold an event; one that was cut, or is not kept here any more, is asked for. */
  async open(event) {
    this.panel.key = event.index;
    if (event.cut || event.kind === "gone") await this.whole(event);
    else this.show(event);
    this.panel.reveal();
  }

  async whole(event) {
    try {
      const exact = await ask(`/_mock/transcript/${event.index}`);
      if (this.panel.key === event.index) this.show({ ...event, ...read(exact), index: event.index });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (event.kind === "gone") this.panel.show(event.index, element("p", { class: "none", text: "This event is not kept any more." }));
      else this.show(event);
    }
  }

  show(event) {
    const bodies = parts(event);
    const place = element("div");
    const show = (isExact) => place.replaceChildren(...bodies.flatMap((body) => (isExact ? exact(body) : readable(body))));
    show(false);
    const toggle = button("Exact bytes", () => {
      const isExact = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", isExact);
      show(isExact);
    }, { "aria-pressed": "false" });
    const copied = button("Copy", () => copy(bodies.map((body) => body.text ?? body.base64).join("\n"), copied));
    const only = event.connection && button(`Only connection #${event.connection}`, () => this.app.transcript.search(`#${event.connection}`));
    this.panel.show(
      event.index,
      element("h3", { text: title(event) }),
      facts(about(event, this.app.model)),
      place,
      element("div", { class: "tools" }, ...(bodies.length ? [toggle, copied] : []), only || null),
    );
  }
}

/** An event as the recording has it, with the members that the stream gives to it. */
function read(line) {
  if (line.event === "open" || line.event === "close") return { ...line, kind: "connection", what: line.event };
  const kind = line.event === "leap" ? "clock" : line.event;
  const { request_base64, response_base64 } = line;
  return { opcode: "text", ...line, kind, cut: false, request64: request_base64, response64: response_base64 };
}

function title(event) {
  const [words] = told(event);
  return `${from(event)} ${words}`.trim();
}

function about(event, model) {
  const worker = model.workers.get(event.connection);
  const size = event.length === undefined ? null : `${figure(event.length)} characters`;
  return [
    ["Time", event.t === undefined ? null : `${event.t.toFixed(6)} s`],
    ["Event", Number.isInteger(event.index) ? `${event.index}` : null],
    ["Connection", event.connection ? `#${event.connection}` : null],
    ["Worker", worker && element("code", { text: worker.pubkey })],
    ["Opcode", event.kind === "frame" && event.opcode !== "text" ? event.opcode : null],
    ["Fragments", event.fragments > 1 ? event.fragments : null],
    ["Length", size],
    ["Status", event.kind === "http" ? event.status || "no answer" : null],
    ["Details", event.detail || event.reason || null],
    ["Left out", event.cut ? "what stands below is cut, and not kept whole any more" : null],
  ];
}

/** The texts of an event: `{title, text}` or `{title, base64}`. */
function parts(event) {
  if (event.kind === "frame") return [{ title: "Frame", text: event.text, base64: event.base64 }];
  if (event.kind !== "http") return [];
  return [
    { title: "Request", text: event.request, base64: event.request64 },
    { title: "Answer", text: event.response, base64: event.response64 },
  ].filter((body) => body.text || body.base64);
}

function readable({ title, text, base64 }) {
  const heading = element("h3", { text: title });
  return text === undefined || text === null ? [heading, bytes(decoded(base64 ?? ""))] : [heading, laidOut(text)];
}

function exact({ title, text, base64 }) {
  const raw = text === undefined || text === null ? decoded(base64 ?? "") : new TextEncoder().encode(text);
  return [element("h3", { text: `${title}, ${figure(raw?.length ?? 0)} bytes` }), bytes(raw)];
}

const bytes = (raw) => {
  const shown = element("pre", { class: "value bytes" });
  shown.textContent = raw ? dump(raw) : "no base64";
  return shown;
};
