/** Defects against what a coordinator sends: W-ROB. Most die, as of an exception in an event listener. */

import { Connection } from "../connection.mjs";
import { defect } from "../defect.mjs";

class DiesOfNull extends Connection {
  onText(text) {
    if (isJson(text)) JSON.parse(text).type;
    super.onText(text);
  }
}

class DiesOfNoJson extends Connection {
  onText(text) {
    JSON.parse(text);
    super.onText(text);
  }
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Looks its handlers up by type, and calls what it finds. */
class DiesOfUnknownTypes extends Connection {
  handlers = {
    register_ack: (message) => this.onRegisterAck(message),
    job_assign: (message) => this.jobs.take(message),
    heartbeat_ack: () => {},
    error: () => {},
    payment_posted: (message) => this.onNotice(message),
    payment_failed: () => {},
    feedback_posted: () => {},
    feedback_failed: () => {},
  };

  onMessage(message) {
    this.handlers[message.type](message);
  }
}

class DiesOfErrors extends Connection {
  onNotice(message) {
    if (message.type === "error") throw new Error(message.message);
    super.onNotice(message);
  }
}

class DiesWithoutToken extends Connection {
  onNotice(message) {
    if (message.type === "payment_posted") message.token.padEnd(5);
    super.onNotice(message);
  }
}

class NoPongs extends Connection {
  options() {
    return { ...super.options(), autoPong: false };
  }
}

class AnswersNotices extends Connection {
  onNotice(message) {
    super.onNotice(message);
    this.beat();
  }
}

export default [
  defect("dies-of-null", "W-ROB-3", [], "reads the type of null", { Connection: DiesOfNull }),
  defect("dies-of-no-json", "W-ROB-5", ["W-ROB-16"], "parses frames without a try block", {
    Connection: DiesOfNoJson,
  }),
  defect("dies-of-unknown-types", "W-ROB-1", ["W-ROB-6"], "calls the handler of a type that has none", {
    Connection: DiesOfUnknownTypes,
  }),
  defect("dies-of-errors", "W-ROB-7", ["W-ROB-2", "W-ROB-17"], "throws what an error message says", {
    Connection: DiesOfErrors,
  }),
  defect("dies-without-token", "W-ROB-9", ["W-ROB-17"], "pads a token that is not there", {
    Connection: DiesWithoutToken,
  }),
  defect("no-pongs", "W-ROB-14", [], "switches the answers to pings off", { Connection: NoPongs }),
  defect("answers-notices", "W-ROB-15", ["W-HBT-7"], "answers every notice with a heartbeat", {
    Connection: AnswersNotices,
  }),
];
