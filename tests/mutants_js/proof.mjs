/** What proves an output: canonical text, hash, receipt, signature. Each step may be overridden. */

import { createHash } from "node:crypto";

import nacl from "tweetnacl";

/** How a worker completes a job. */
export class Proof {
  /** @param {import("./keyfile.mjs").KeyPair} pair */
  constructor(pair) {
    this.pair = pair;
  }

  /** The worker's key as it registers, in hex. */
  get pubkey() {
    return Buffer.from(this.pair.publicKey).toString("hex");
  }

  /**
   * A job_complete with its receipt.
   *
   * @param {string} jobId
   * @param {unknown} output any JSON value
   */
  completion(jobId, output) {
    const outputHash = this.hash(this.hashedText(output));
    const receipt = this.receipt(jobId, outputHash);
    const signature = this.signature(this.signedText(receipt));
    return {
      type: "job_complete",
      job_id: jobId,
      output,
      output_hash: outputHash,
      receipt: this.sentReceipt(receipt),
      receipt_signature: signature,
    };
  }

  hashedText(output) {
    return JSON.stringify(output);
  }

  hash(text) {
    return createHash("sha256").update(text, "utf8").digest("hex");
  }

  receipt(jobId, outputHash) {
    return {
      job_id: jobId,
      provider_pubkey: this.pubkey,
      output_hash: outputHash,
      completed_at: this.time(),
      payment_ref: null,
    };
  }

  time() {
    return new Date().toISOString();
  }

  /** The receipt as it is put into job_complete. */
  sentReceipt(receipt) {
    return receipt;
  }

  signedText(receipt) {
    return JSON.stringify(receipt);
  }

  signature(text) {
    return this.spelled(this.signed(Buffer.from(text, "utf8")));
  }

  signed(bytes) {
    return nacl.sign.detached(bytes, this.pair.secretKey);
  }

  spelled(signature) {
    return Buffer.from(signature).toString("base64");
  }
}
