#!/usr/bin/env node
/** `node worker.mjs [--defect NAME | --list]`: the conforming worker, or one that is broken in one way. */

import { parseArgs } from "node:util";

import { DEFECTS } from "./catalogue.mjs";
import { say, shown } from "./log.mjs";
import { CONFORMING } from "./parts.mjs";
import { fromEnvironment } from "./settings.mjs";

const MISUSE = 2;

/** The exit status of one run. */
async function main() {
  const { values } = parseArgs({ options: { defect: { type: "string" }, list: { type: "boolean" } } });
  if (values.list) {
    const listed = DEFECTS.map(({ name, clause, collateral, description }) => ({
      name,
      clause,
      collateral,
      description,
    }));
    console.log(JSON.stringify(listed, null, 1));
    return 0;
  }
  const defect = DEFECTS.find(({ name }) => name === values.defect);
  if (values.defect && !defect)
    throw new Error(`there is no defect ${shown(values.defect)}; --list shows them`);
  const parts = { ...CONFORMING, ...defect?.parts };
  return new parts.Life(fromEnvironment(process.env), parts).run();
}

main().then(
  (status) => process.exit(status),
  (error) => {
    say(error.message);
    process.exit(MISUSE);
  },
);
