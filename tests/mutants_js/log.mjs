/** Lines for the operator. What comes from the other side is escaped and bounded before it is printed. */

const LONGEST = 200;

/**
 * Print one line.
 *
 * @param {string} line
 */
export function say(line) {
  console.log(`[JavaScript Worker] ${line}`);
}

/**
 * A foreign value as text that is safe at a terminal: control characters and lone surrogates escaped, cut.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function shown(value) {
  const text = String(value).slice(0, LONGEST);
  return text.replace(/\p{C}/gu, (char) => `\\u{${char.codePointAt(0).toString(16)}}`);
}

// an operator who stops reading does not stop the worker
process.stdout.on("error", () => {});
