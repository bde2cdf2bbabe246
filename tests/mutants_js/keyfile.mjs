/** The key file of the guide. Each step is a method, and may be overridden. */

import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import nacl from "tweetnacl";

/**
 * An ed25519 key pair: 32 bytes, and 64 bytes (the seed, then the public key).
 *
 * @typedef {{publicKey: Uint8Array, secretKey: Uint8Array}} KeyPair
 */

/** Where a worker's identity comes from. */
export class KeyFile {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /**
   * The key pair at the path, made and written where there is no file yet. Throws an Error with a clear
   * message where the file is damaged or cannot be read or written.
   *
   * @returns {KeyPair}
   */
  open() {
    let text = this.stored();
    if (text === null) {
      this.create(nacl.sign.keyPair());
      text = this.stored();
    }
    return this.read(text);
  }

  /** The file's text; null where there is none. */
  stored() {
    try {
      return readFileSync(this.path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return null;
      throw error;
    }
  }

  read(text) {
    let seed, stored;
    try {
      stored = JSON.parse(text);
      seed = Uint8Array.from(stored.secretKey.slice(0, 32));
    } catch {
      throw new Error(`${this.path} is no key file`);
    }
    const pair = seed.length === 32 ? nacl.sign.keyPair.fromSeed(seed) : null;
    if (!pair || !holds(stored.secretKey, pair.secretKey) || !holds(stored.publicKey, pair.publicKey)) {
      throw new Error(`${this.path} does not hold one key pair`);
    }
    return pair;
  }

  /** Write the whole file beside its place, then link it there, unless another process was faster. */
  create(pair) {
    this.makeFolder();
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(this.content(pair)), { mode: this.mode() });
    try {
      linkSync(draft, this.path);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    } finally {
      unlinkSync(draft);
    }
  }

  makeFolder() {
    mkdirSync(dirname(this.path), { recursive: true });
  }

  content(pair) {
    return { publicKey: Array.from(pair.publicKey), secretKey: Array.from(pair.secretKey) };
  }

  mode() {
    return 0o600;
  }
}

function holds(list, bytes) {
  return (
    Array.isArray(list) &&
    list.length === bytes.length &&
    list.every((value, place) => value === bytes[place])
  );
}
