/** HTTP requests of a worker: JSON posted, an answer read up to a limit. */

const LONGEST_ANSWER = 4 * 1024 * 1024;

/**
 * An HTTP answer.
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} text the whole body
 */

/**
 * Post a body. Rejects where there is no whole answer in time, or where it is longer than 4 MiB.
 *
 * @param {string} url
 * @param {string} body
 * @param {{seconds: number, headers?: Record<string, string>}} terms how long to wait, what headers to send
 * @returns {Promise<Answer>}
 */
export async function post(url, body, { seconds, headers = { "content-type": "application/json" } }) {
  const signal = AbortSignal.timeout(seconds * 1000);
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
  return { status: response.status, text: await bounded(response.body ?? []) };
}

async function bounded(stream) {
  const pieces = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > LONGEST_ANSWER) throw new Error("the answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
