// JSON, laid out for reading without being parsed: every string, number and name stands as it was sent.
import { append, element } from "./text.js";

const TOKEN = /[ \t\n\r]*(?:("(?:[^"\\]|\\.)*")|([{}[\],:])|(-?[0-9][0-9.eE+-]*|true|false|null))/y;
const MAX_DEPTH = 24;
const MAX_CHARACTERS = 60_000;

/** The tokens of a text; null where it is none of JSON's making. */
function tokens(text) {
  const found = [];
  let wasValue = false;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) return /^[ \t\n\r]*$/.test(text.slice(from)) ? found : null;
    // Two values in a row are no JSON, and without the blank between them they would look like one.
    if (!match[2] && wasValue) return null;
    wasValue = !match[2];
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
}

/** A `pre` that holds this text laid out, or as it stands where it is no JSON; cut where it is very long. */
export function laidOut(text) {
  const cut = text.slice(0, MAX_CHARACTERS);
  const found = tokens(cut);
  const shown = element("pre", { class: "value" });
  if (found) lay(shown, found);
  else append(shown, cut);
  if (cut.length < text.length) {
    shown.append(element("span", { class: "cut", text: ` … ${text.length - cut.length} more characters` }));
  }
  return shown;
}

function lay(shown, found) {
  let depth = 0;
  let line = "";
  const flush = () => {
    if (line) shown.append(line);
    line = "";
  };
  const indent = () => `\n${"  ".repeat(Math.min(depth, MAX_DEPTH))}`;
  found.forEach((token, index) => {
    const next = found[index + 1];
    if (token === "{" || token === "[") {
      depth += 1;
      line += token;
      if (next !== "}" && next !== "]") line += indent();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = found[index - 1];
      line += before === "{" || before === "[" ? token : `${indent()}${token}`;
    } else if (token === ",") {
      line += token + indent();
    } else if (token === ":") {
      line += ": ";
    } else {
      flush();
      if (next === ":") shown.append(element("b", { text: token }));
      else append(shown, token);
    }
  });
  flush();
}

/** The bytes of a text or of base64, sixteen a line: place, hex, and letters. At most `limit` bytes. */
export function dump(bytes, limit = 16_384) {
  const lines = [];
  const end = Math.min(bytes.length, limit);
  for (let at = 0; at < end; at += 16) {
    const row = [...bytes.slice(at, Math.min(at + 16, end))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${letters}`);
  }
  if (end < bytes.length) lines.push(`… ${bytes.length - end} more bytes`);
  return lines.join("\n");
}

/** The bytes that base64 stands for; null where it is none. */
export function decoded(base64) {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The value of a text, or undefined where it is no JSON. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
