/** Defects of assignments and answers, faulty jobs included: W-JOB, W-BAD. */

import { setTimeout as sleep } from "node:timers/promises";

import { Connection } from "../connection.mjs";
import { defect } from "../defect.mjs";
import { Jobs } from "../jobs.mjs";
import { say } from "../log.mjs";

class CompletesTwice extends Jobs {
  complete(jobId, output) {
    super.complete(jobId, output);
    super.complete(jobId, output);
  }
}

class RejectsInFinally extends Jobs {
  complete(jobId, output) {
    try {
      super.complete(jobId, output);
    } finally {
      this.reject(jobId, new Error("done"));
    }
  }
}

class IdsForUrls extends Jobs {
  complete(jobId, output) {
    super.complete(encodeURIComponent(jobId), output);
  }
}

class OutputUndefined extends Jobs {
  complete(jobId, output) {
    this.send({ ...this.proof.completion(jobId, output), output: "error" in output ? undefined : output });
  }
}

class ReasonAsError extends Jobs {
  reason(error) {
    return error;
  }
}

class BusyFlag extends Jobs {
  take(message) {
    if (this.running.size === 0) super.take(message);
  }
}

/** Registers one listener for the ack and, when it has been heard, another for jobs. */
class ListensLate extends Connection {
  onRegistered() {
    super.onRegistered();
    this.listening = sleep(5).then(() => (this.listensForJobs = true));
  }

  onMessage(message) {
    if (message.type !== "job_assign" || this.listensForJobs) super.onMessage(message);
  }
}

class SwallowsExceptions extends Jobs {
  async work(jobId, message) {
    try {
      if (message.job_type === "TASK") message.payload.input?.trim();
    } catch (error) {
      say(error.message);
      return;
    }
    await super.work(jobId, message);
  }
}

class DestructuresNull extends Jobs {
  take(message) {
    const { prompt, input } = message.payload;
    super.take({ ...message, payload: { ...message.payload, prompt, input } });
  }
}

class JobTypeOfPayload extends Jobs {
  async perform(jobType, payload) {
    return super.perform(payload?.job_type || jobType, payload);
  }
}

export default [
  defect("completes-twice", "W-JOB-4", [], "completes each job twice, as two listeners do", {
    Jobs: CompletesTwice,
  }),
  defect(
    "rejects-in-finally",
    "W-JOB-5",
    [],
    "rejects each job in a finally block after it has completed it",
    {
      Jobs: RejectsInFinally,
    },
  ),
  defect(
    "ids-for-urls",
    "W-JOB-7",
    ["W-JOB-1", "W-JOB-6", "W-RCP-2"],
    "answers under encodeURIComponent(id)",
    { Jobs: IdsForUrls },
  ),
  defect(
    "output-undefined",
    "W-JOB-8",
    ["W-BAD-10", "W-CAN-2", "W-RCP-4"],
    "gives faulty jobs the output undefined, which stringify drops",
    { Jobs: OutputUndefined },
  ),
  defect("reason-as-error", "W-JOB-9", [], "gives an Error for a reason, which becomes an empty object", {
    Jobs: ReasonAsError,
  }),
  defect("job-type-of-payload", "W-JOB-11", [], "prefers the payload's job_type to the assignment's", {
    Jobs: JobTypeOfPayload,
  }),
  defect("busy-flag", "W-JOB-12", ["W-JOB-1"], "ignores an assignment while another one runs", {
    Jobs: BusyFlag,
  }),
  defect(
    "listens-late",
    "W-JOB-13",
    ["W-JOB-1"],
    "listens for jobs only when its register_ack has been awaited",
    {
      Connection: ListensLate,
    },
  ),
  defect("swallows-exceptions", "W-BAD-4", ["W-BAD-8"], "logs a TypeError and leaves the job unanswered", {
    Jobs: SwallowsExceptions,
  }),
  defect(
    "destructures-null",
    "W-BAD-8",
    ["W-BAD-9", "W-ROB-17"],
    "destructures a payload that is null, in a listener",
    {
      Jobs: DestructuresNull,
    },
  ),
];
