// What an event of the transcript says of itself, in a line: who speaks to whom, and what.

const TYPE = /"type"\s*:\s*"([^"\\]{1,40})"/;

/** Whether an event is a heartbeat, or the answer to one. */
export const isBeat = (event) => event.kind === "frame" && event.length < 1000 && (event.text ?? "").includes('"heartbeat');

/** Whether a word is found in an event; `#3` is connection 3. */
export function isAbout(event, word) {
  if (/^#\d+$/.test(word)) return event.connection === Number(word.slice(1));
  return `${from(event)} ${event.kind} ${told(event).join(" ")}`.toLowerCase().includes(word);
}

/** Who speaks to whom. */
export function from(event) {
  const where = event.connection ? ` #${event.connection}` : "";
  if (event.kind === "frame") return event.from === "worker" ? `worker${where} →` : `→ worker${where}`;
  if (event.kind === "http") return `${event.from} HTTP`;
  if (event.kind === "connection") return `worker${where}`;
  return event.kind === "fault" ? `fault${where}` : "";
}

/** What an event is: a word or two, the rest of it, and its tone. */
export function told(event) {
  switch (event.kind) {
    case "frame": {
      const text = event.text ?? event.base64 ?? "";
      const type = event.text === undefined ? event.opcode : (TYPE.exec(text)?.[1] ?? "no message");
      return [type, text, ""];
    }
    case "connection":
      return event.what === "open" ? ["connects", event.path, "soft"] : [`closed ${event.code}`, `${event.by ? `by the ${event.by}` : ""} ${event.reason}`.trim(), "soft"];
    case "http":
      return [`${event.method} ${event.path}`, `${event.status || "no answer"} ${event.response ?? ""}`, event.status >= 400 || !event.status ? "warn" : ""];
    case "fault":
      return [event.name, event.detail, "fault"];
    case "clock":
      return ["clock", `put ahead by ${event.seconds} seconds`, "warn"];
    case "missed":
      return ["left out", `${event.count} events came faster than they were taken`, "warn"];
    default:
      return [event.kind, "", "soft"];
  }
}
