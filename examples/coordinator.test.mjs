// The mock coordinator in a test of node's own runner, without any package: node --test coordinator.test.mjs
// `dispatch-mockcoord` and `dispatch-worker` are on the PATH.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

let coordinator, worker, folder, url;

before(async () => {
  // One line of JSON says that it listens, and where.
  coordinator = spawn("dispatch-mockcoord", ["--port", "0", "--ready-json"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(coordinator.stdout), "line");
  url = JSON.parse(line).url;
  folder = await mkdtemp(join(tmpdir(), "dispatch-"));
  const env = { ...process.env, COORDINATOR_URL: url, WORKER_KEY_PATH: join(folder, "key.json") };
  worker = spawn("dispatch-worker", [], { env, stdio: "ignore" });
});

after(async () => {
  for (const child of [worker, coordinator]) {
    child?.kill("SIGTERM");
    if (child && child.exitCode === null) await once(child, "exit");
  }
  await rm(folder, { recursive: true });
});

async function finished(jobId) {
  for (;;) {
    const job = await (await fetch(`${url}/v1/jobs/${jobId}`)).json();
    if (job.status === "completed" || job.status === "failed") return job;
    await sleep(50);
  }
}

test("a text is classified, and signed for", { timeout: 40_000 }, async () => {
  const body = { job_type: "TASK", user_id: "alice", payload: { task_type: "classify", input: "I love it" } };
  const headers = { "content-type": "application/json" };
  const committed = await fetch(`${url}/v1/jobs/commit/cheap`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(committed.status, 201);
  const job = await finished((await committed.json()).job_id);
  assert.equal(job.status, "completed");
  assert.deepEqual(job.result, { sentiment: "positive", confidence: 0.5 });
  assert.equal(job.receipt.verified, true);
});
