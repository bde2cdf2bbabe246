/** All defects. */

import frames from "./defects/frames.mjs";
import goodbye from "./defects/goodbye.mjs";
import hashes from "./defects/hashes.mjs";
import heartbeats from "./defects/heartbeats.mjs";
import jobs from "./defects/jobs.mjs";
import keys from "./defects/keys.mjs";
import model from "./defects/model.mjs";
import outputs from "./defects/outputs.mjs";
import pairing from "./defects/pairing.mjs";
import receipts from "./defects/receipts.mjs";
import robustness from "./defects/robustness.mjs";
import signatures from "./defects/signatures.mjs";

/** @type {import("./defect.mjs").Defect[]} */
export const DEFECTS = [
  frames,
  heartbeats,
  jobs,
  outputs,
  hashes,
  receipts,
  signatures,
  model,
  robustness,
  pairing,
  keys,
  goodbye,
].flat();
