// One request per line: a JSON text as base64 of its UTF-16 code units, so that lone surrogates can travel.
// One answer per line: JSON.stringify(JSON.parse(text)), which holds no line feed, or `!` where JSON.parse
// throws a SyntaxError, or `?` and the error's name for any other failure (of this program, not of the text).
"use strict";

function answer(request) {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(request, "base64").toString("utf16le")));
  } catch (error) {
    return error instanceof SyntaxError ? "!" : `?${error.name}`;
  }
}

let unfinished = "";
process.stdin.setEncoding("latin1");
process.stdin.on("data", (chunk) => {
  const lines = (unfinished + chunk).split("\n");
  unfinished = lines.pop();
  if (lines.length > 0) process.stdout.write(lines.map((line) => `${answer(line)}\n`).join(""));
});
