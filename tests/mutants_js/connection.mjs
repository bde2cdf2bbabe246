/** One connection to the coordinator, from its opening to its end. Each step may be overridden. */

import WebSocket from "ws";

import { say, shown } from "./log.mjs";

const LONGEST_MESSAGE = 2 * 1024 * 1024;

/**
 * How a connection ended.
 *
 * @typedef {object} End
 * @property {number} code the close code; 1006 where there was none
 * @property {boolean} registered whether the worker had been registered on it
 * @property {boolean} refused whether the registration was refused
 */

/** A WebSocket, its registration, its heartbeats and its jobs. */
export class Connection {
  ackSeconds = 10;
  silenceSeconds = 35;
  beatSeconds = 10;
  graceSeconds = 8;

  /**
   * @param {object} means
   * @param {import("./settings.mjs").Settings} means.settings
   * @param {import("./proof.mjs").Proof} means.proof
   * @param {import("./pairing.mjs").Pairing} means.pairing
   * @param {(send: (message: object) => void) => import("./jobs.mjs").Jobs} means.jobsOf
   */
  constructor({ settings, proof, pairing, jobsOf }) {
    this.settings = settings;
    this.proof = proof;
    this.pairing = pairing;
    this.jobs = jobsOf((message) => this.send(message));
    this.registered = false;
    this.refused = false;
  }

  /**
   * Connect and live.
   *
   * @returns {Promise<End>} settled when the connection has ended
   */
  live() {
    say(`Connecting to ${this.settings.socket}`);
    return new Promise((resolve) => {
      const socket = new WebSocket(this.settings.socket, this.options());
      this.socket = socket;
      socket.on("open", () => this.onOpen());
      socket.on("ping", () => this.hear());
      socket.on("error", (error) => say(`WS error: ${shown(error.message)}`));
      socket.on("close", (code) => {
        this.onClose();
        resolve({ code, registered: this.registered, refused: this.refused });
      });
      this.listen();
    });
  }

  options() {
    return { perMessageDeflate: false, maxPayload: LONGEST_MESSAGE, handshakeTimeout: 10_000 };
  }

  listen() {
    this.socket.on("message", (data, isBinary) => {
      this.hear();
      if (!isBinary) this.onText(data.toString());
    });
  }

  // -------------------------------------------------------------------------------------- sending

  /** Send a message, if there still is a connection. */
  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.transmit(this.encoded(message));
  }

  encoded(message) {
    return JSON.stringify(message);
  }

  transmit(text) {
    this.socket.send(text);
  }

  registration() {
    return {
      type: "register",
      provider_pubkey: this.proof.pubkey,
      provider_type: "DESKTOP",
      capabilities: ["LLM_INFER", "TASK"],
    };
  }

  startHeartbeat() {
    this.heart = setInterval(() => this.beat(), this.beatSeconds * 1000);
  }

  beat() {
    this.send({ type: "heartbeat", provider_pubkey: this.proof.pubkey });
  }

  // ------------------------------------------------------------------------------------ receiving

  onOpen() {
    this.patience = setTimeout(() => this.giveUp(), this.ackSeconds * 1000);
    this.send(this.registration());
  }

  /** Something came: a registered worker is patient for another while. */
  hear() {
    if (this.registered) this.patience.refresh();
  }

  giveUp() {
    say("The coordinator is silent");
    this.socket.terminate();
  }

  onText(text) {
    const message = this.decoded(text);
    if (message) this.onMessage(message);
  }

  /** The object in a frame; null where there is none. */
  decoded(text) {
    try {
      const value = JSON.parse(text);
      return typeof value === "object" && !Array.isArray(value) ? value : null;
    } catch {
      return null;
    }
  }

  onMessage(message) {
    switch (message.type) {
      case "register_ack":
        return this.onRegisterAck(message);
      case "job_assign":
        return this.jobs.take(message);
      default:
        return this.onNotice(message);
    }
  }

  /** What asks for nothing. */
  onNotice(message) {
    if (message.type === "payment_posted") {
      say(`Payment received: ${shown(message.amount)} (tx: ${shown(message.tx_hash)})`);
    }
  }

  onRegisterAck({ status, worker_id: workerId, error }) {
    if (this.registered) return;
    if (status === "ok" && typeof workerId === "string" && workerId) {
      say(`Registered as ${shown(workerId)}`);
      this.onRegistered();
    } else {
      this.onRefused(error);
    }
  }

  onRegistered() {
    this.registered = true;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.giveUp(), this.silenceSeconds * 1000);
    this.startHeartbeat();
    void this.pairing.claimOnce();
  }

  onRefused(error) {
    say(`Registration failed: ${shown(error)}`);
    this.refused = true;
    this.close();
  }

  onClose() {
    say("Disconnected");
    clearInterval(this.heart);
    clearTimeout(this.patience);
    this.jobs.abandon();
  }

  // ------------------------------------------------------------------------------------ leaving

  /** Finish the running jobs, then close. */
  async leave() {
    await this.jobs.settle(this.graceSeconds);
    this.close();
  }

  /** Close with 1000; a coordinator that does not answer is left after a second. */
  close() {
    this.socket.close(1000);
    setTimeout(() => this.socket.terminate(), 1000);
  }
}
