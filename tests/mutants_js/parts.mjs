/** The parts of the conforming worker. A defect puts subclasses that do one thing wrong in their places. */

import { Connection } from "./connection.mjs";
import { Jobs } from "./jobs.mjs";
import { KeyFile } from "./keyfile.mjs";
import { Life } from "./life.mjs";
import { Model } from "./model.mjs";
import { Pairing } from "./pairing.mjs";
import { Proof } from "./proof.mjs";
import { Tasks } from "./tasks.mjs";

/**
 * Classes by name.
 *
 * @typedef {typeof CONFORMING} Parts
 */
export const CONFORMING = { Connection, Jobs, KeyFile, Life, Model, Pairing, Proof, Tasks };
