/** Defects of heartbeats: W-HBT. */

import { Connection } from "../connection.mjs";
import { defect } from "../defect.mjs";

class SlowHeartbeat extends Connection {
  beatSeconds = 30;
}

class HeartbeatInMilliseconds extends Connection {
  beatSeconds = 0.01;
}

class HeartbeatWaitsForJobs extends Connection {
  async beat() {
    if (this.waiting) return;
    this.waiting = true;
    await Promise.all(this.jobs.running.values());
    this.waiting = false;
    super.beat();
  }
}

class HeartbeatWithoutKey extends Connection {
  beat() {
    this.send({ type: "heartbeat", provider_pubkey: this.pubkey });
  }
}

class MetricsInList extends Connection {
  beat() {
    const metrics = { cpu_pct: 12.5, active_jobs: this.jobs.running.size };
    this.send({ type: "heartbeat", provider_pubkey: this.proof.pubkey, metrics: [metrics] });
  }
}

const GAPS = ["W-HBT-1", "W-HBT-4", "W-HBT-5", "W-HBT-6"];

export default [
  defect("slow-heartbeat", "W-HBT-1", GAPS.slice(1), "sends a heartbeat every 30 seconds", {
    Connection: SlowHeartbeat,
  }),
  defect("heartbeat-in-milliseconds", "W-HBT-7", ["W-ROB-15"], "gives setInterval 10 and means seconds", {
    Connection: HeartbeatInMilliseconds,
  }),
  defect(
    "heartbeat-waits-for-jobs",
    "W-HBT-4",
    ["W-HBT-5", "W-HBT-6"],
    "awaits its jobs before each heartbeat",
    {
      Connection: HeartbeatWaitsForJobs,
    },
  ),
  defect("heartbeat-without-key", "W-HBT-2", GAPS, "reads the key from a member that is undefined", {
    Connection: HeartbeatWithoutKey,
  }),
  defect("metrics-in-list", "W-HBT-3", GAPS, "sends a list of metrics", { Connection: MetricsInList }),
];
