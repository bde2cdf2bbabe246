/** Defects of the hashed text and of the hash: W-CAN. */

import { createHash } from "node:crypto";

import { defect } from "../defect.mjs";
import { Proof } from "../proof.mjs";

const HASHED = ["W-CAN-2", "W-RCP-4"];

class HashIndented extends Proof {
  hashedText(output) {
    return JSON.stringify(output, null, 2);
  }
}

class HashSorted extends Proof {
  hashedText(output) {
    return JSON.stringify(sorted(output));
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, inner]) => [name, sorted(inner)]);
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
}

class HashOfTopMembers extends Proof {
  hashedText(output) {
    return JSON.stringify(output, Object.keys(output));
  }
}

class HashOfObjectObject extends Proof {
  hashedText(output) {
    return String(output);
  }
}

class HashInLatin1 extends Proof {
  hash(text) {
    return createHash("sha256").update(text, "binary").digest("hex");
  }
}

class HashInBase64 extends Proof {
  hash(text) {
    return createHash("sha256").update(text, "utf8").digest("base64");
  }
}

class HashOfSurrogatesReplaced extends Proof {
  hashedText(output) {
    return super.hashedText(output).replace(/(?<!\\)\\ud[89a-f]../g, "\ufffd");
  }
}

export default [
  defect("hash-indented", "W-CAN-3", HASHED, "hashes JSON.stringify(output, null, 2)", {
    Proof: HashIndented,
  }),
  defect("hash-sorted", "W-CAN-4", HASHED, "hashes text with sorted members", { Proof: HashSorted }),
  defect(
    "hash-of-top-members",
    "W-CAN-2",
    ["W-CAN-4", "W-RCP-4"],
    "passes the output's keys to stringify, which drops all other members at every depth",
    { Proof: HashOfTopMembers },
  ),
  defect("hash-of-object-object", "W-CAN-2", ["W-RCP-4"], "hashes [object Object]", {
    Proof: HashOfObjectObject,
  }),
  defect("hash-in-latin1", "W-CAN-8", ["W-CAN-7", ...HASHED], "hashes the text in the encoding binary", {
    Proof: HashInLatin1,
  }),
  defect("hash-in-base64", "W-CAN-1", HASHED, "writes the hash in base64", { Proof: HashInBase64 }),
  defect("hash-of-surrogates-replaced", "W-CAN-9", HASHED, "hashes U+FFFD in the place of a lone surrogate", {
    Proof: HashOfSurrogatesReplaced,
  }),
];
