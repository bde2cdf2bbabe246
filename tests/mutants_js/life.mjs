/** A worker process, from its key file to its exit status. Each step is a method, and may be overridden. */

import { say } from "./log.mjs";

const REPLACED = 4001;
const LONGEST_PAUSE = 30;

/** One connection after the other, under one key. */
export class Life {
  /**
   * @param {import("./settings.mjs").Settings} settings
   * @param {import("./parts.mjs").Parts} parts
   */
  constructor(settings, parts) {
    this.settings = settings;
    this.parts = parts;
    this.leaving = false;
    this.wake = () => {};
  }

  /**
   * Live until something ends the worker. Throws an Error where the key file is no good.
   *
   * @returns {Promise<number>} the exit status
   */
  async run() {
    const { KeyFile, Proof, Pairing } = this.parts;
    this.proof = new Proof(new KeyFile(this.settings.keyPath).open());
    this.pairing = new Pairing(this.settings, this.proof.pubkey);
    say(`Public key: ${this.proof.pubkey.slice(0, 16)}...`);
    this.heedSignals();
    let failures = 0;
    while (!this.leaving) {
      const end = await this.connect();
      if (this.isFinal(end)) return 1;
      failures = end.registered ? 1 : failures + 1;
      await this.pause(failures);
    }
    return 0;
  }

  heedSignals() {
    process.on("SIGTERM", () => this.leave());
    process.on("SIGINT", () => this.leave());
  }

  connect() {
    const { Connection, Jobs, Tasks, Model } = this.parts;
    const { settings, proof, pairing } = this;
    const jobsOf = (send) => new Jobs({ tasks: new Tasks(), model: new Model(settings), proof, send });
    this.connection = new Connection({ settings, proof, pairing, jobsOf });
    return this.connection.live();
  }

  isFinal({ code, refused }) {
    if (code === REPLACED) say("Replaced by another connection under the same key");
    return refused || code === REPLACED;
  }

  /** Wait before the next attempt, unless the worker is leaving. */
  async pause(failures) {
    if (this.leaving) return;
    await new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, this.pauseSeconds(failures) * 1000);
    });
  }

  pauseSeconds(failures) {
    return Math.min(2 ** (failures - 1), LONGEST_PAUSE) * (0.8 + 0.2 * Math.random());
  }

  /** Say goodbye; asking twice changes nothing. */
  leave() {
    if (this.leaving) return;
    this.leaving = true;
    this.wake();
    void this.connection.leave();
  }
}
