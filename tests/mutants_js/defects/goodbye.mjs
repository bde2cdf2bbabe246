/** Defects of the end: W-END. */

import { Connection } from "../connection.mjs";
import { defect } from "../defect.mjs";
import { Jobs } from "../jobs.mjs";
import { Life } from "../life.mjs";

class NoSignalHandler extends Life {
  heedSignals() {}
}

/** Closes its connection on SIGTERM, and reconnects as after any other close. */
class ComesBack extends Life {
  leave() {
    void this.connection.leave();
  }
}

class LeavesJobsBehind extends Jobs {
  async settle() {
    this.abandon();
  }
}

class ReconnectsAtOnce extends Life {
  pauseSeconds() {
    return 0.01;
  }
}

class SitsThere extends Life {
  pauseSeconds() {
    return 3600;
  }
}

class FightsForItsPlace extends Life {
  isFinal({ refused }) {
    return refused;
  }
}

/** Keeps its socket in a variable that the next connection overwrites. */
class AnswersOnTheNextConnection extends Life {
  connect() {
    const before = this.connection;
    const ended = super.connect();
    if (before) {
      before.jobs.abandoned = false;
      before.jobs.send = (message) => this.connection.send(message);
    }
    return ended;
  }
}

class NeverAbandons extends Jobs {
  abandon() {}
}

class BelievesInSilence extends Connection {
  silenceSeconds = 3600;
}

export default [
  defect("no-signal-handler", "W-END-1", ["W-END-3"], "does not listen for SIGTERM", {
    Life: NoSignalHandler,
  }),
  defect("comes-back", "W-END-2", [], "reconnects after it has closed its connection on SIGTERM", {
    Life: ComesBack,
  }),
  defect("leaves-jobs-behind", "W-END-3", ["W-JOB-1"], "closes on SIGTERM without answering its jobs", {
    Jobs: LeavesJobsBehind,
  }),
  defect("sits-there", "W-END-4", ["W-END-5"], "never reconnects, and a timer keeps the process alive", {
    Life: SitsThere,
  }),
  defect("believes-in-silence", "W-END-5", [], "does not notice a half-open connection", {
    Connection: BelievesInSilence,
  }),
  defect("reconnects-at-once", "W-END-6", [], "calls connect from the close event", {
    Life: ReconnectsAtOnce,
  }),
  defect("fights-for-its-place", "W-END-7", [], "reconnects after it was replaced", {
    Life: FightsForItsPlace,
  }),
  defect(
    "answers-on-the-next-connection",
    "W-END-8",
    ["W-JOB-6"],
    "keeps its socket in a variable that the next connection overwrites",
    { Life: AnswersOnTheNextConnection, Jobs: NeverAbandons },
  ),
];
