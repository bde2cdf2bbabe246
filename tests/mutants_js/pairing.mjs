/** The claim of a pairing code. Each step is a method, and may be overridden. */

import { post } from "./http.mjs";
import { say, shown } from "./log.mjs";

/** How a worker redeems the code that it was started with, once in its life. */
export class Pairing {
  /**
   * @param {import("./settings.mjs").Settings} settings
   * @param {string} pubkey
   */
  constructor(settings, pubkey) {
    this.settings = settings;
    this.pubkey = pubkey;
    this.claimed = false;
  }

  /** Claim the code, if there is one and it was not claimed yet; failure stops nothing. */
  async claimOnce() {
    if (!this.settings.pairingCode || this.claimed) return;
    this.claimed = true;
    try {
      this.report(await this.claim());
    } catch (error) {
      say(`Trust claim error: ${shown(error.message)}`);
    }
  }

  async claim() {
    const url = `${this.settings.web}/v1/trust/claim`;
    return post(url, JSON.stringify(this.body()), { seconds: 10, headers: this.headers() });
  }

  headers() {
    return { "content-type": "application/json" };
  }

  body() {
    return { pairing_code: this.settings.pairingCode, provider_pubkey: this.pubkey };
  }

  report({ status, text }) {
    const said = JSON.parse(text);
    if (status === 200) say(`Trust paired with user: ${shown(said?.user_id)}`);
    else say(`Trust claim failed: ${shown(said?.error)}`);
  }
}
