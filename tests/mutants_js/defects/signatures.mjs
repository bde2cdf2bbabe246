/** Defects of signatures: W-SIG. */

import { createHash } from "node:crypto";

import nacl from "tweetnacl";

import { defect } from "../defect.mjs";
import { Proof } from "../proof.mjs";

class SignatureOfTheHash extends Proof {
  completion(jobId, output) {
    const completion = super.completion(jobId, output);
    return { ...completion, receipt_signature: this.signature(completion.output_hash) };
  }
}

class SignatureOfADigest extends Proof {
  signed(bytes) {
    return super.signed(createHash("sha256").update(bytes).digest());
  }
}

class SignatureOfAnotherOrder extends Proof {
  sentReceipt(receipt) {
    return Object.fromEntries(Object.entries(receipt).sort());
  }
}

class SignatureIndented extends Proof {
  signedText(receipt) {
    return JSON.stringify(receipt, null, 2);
  }
}

class SignatureInHex extends Proof {
  spelled(signature) {
    return Buffer.from(signature).toString("hex");
  }
}

class SignatureInBase64url extends Proof {
  spelled(signature) {
    return Buffer.from(signature).toString("base64url");
  }
}

class SignatureAttached extends Proof {
  signed(bytes) {
    return nacl.sign(bytes, this.pair.secretKey);
  }
}

class SignatureAsTypedArray extends Proof {
  spelled(signature) {
    return signature;
  }
}

export default [
  defect("signature-of-the-hash", "W-SIG-2", [], "signs the output hash, not the receipt", {
    Proof: SignatureOfTheHash,
  }),
  defect("signature-of-a-digest", "W-SIG-2", [], "signs the SHA-256 of the receipt's text", {
    Proof: SignatureOfADigest,
  }),
  defect("signature-of-another-order", "W-SIG-2", ["W-RCP-7"], "signs five members and sends them sorted", {
    Proof: SignatureOfAnotherOrder,
  }),
  defect("signature-indented", "W-SIG-2", [], "signs the indented text of the receipt", {
    Proof: SignatureIndented,
  }),
  defect("signature-in-hex", "W-SIG-1", ["W-SIG-2"], "writes the signature in hex", {
    Proof: SignatureInHex,
  }),
  defect("signature-in-base64url", "W-SIG-1", ["W-SIG-2"], "writes the signature in unpadded base64url", {
    Proof: SignatureInBase64url,
  }),
  defect("signature-attached", "W-SIG-1", ["W-SIG-2"], "calls nacl.sign in the place of nacl.sign.detached", {
    Proof: SignatureAttached,
  }),
  defect("signature-as-typed-array", "W-SIG-1", ["W-SIG-2"], "sends a Uint8Array, which becomes an object", {
    Proof: SignatureAsTypedArray,
  }),
];
