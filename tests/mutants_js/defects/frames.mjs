/** Defects of frames and of the registration: W-FRM, W-REG. */

import { Connection } from "../connection.mjs";
import { defect } from "../defect.mjs";

class BinaryFrames extends Connection {
  transmit(text) {
    this.socket.send(Buffer.from(text));
  }
}

class EncodedTwice extends Connection {
  encoded(message) {
    const text = super.encoded(message);
    return message.output?.error ? JSON.stringify(text) : text;
  }
}

class ObjectObject extends Connection {
  encoded(message) {
    return message.type === "job_complete" ? `${message}` : super.encoded(message);
  }
}

class CamelCaseType extends Connection {
  encoded(message) {
    return super.encoded(message).replace('"type":"job_complete"', '"type":"jobComplete"');
  }
}

class KeyAsTypedArray extends Connection {
  registration() {
    return { ...super.registration(), provider_pubkey: this.proof.pair.publicKey };
  }
}

class CapabilitiesAsSet extends Connection {
  registration() {
    const registration = super.registration();
    return { ...registration, capabilities: new Set(registration.capabilities) };
  }
}

class DeafToRefusal extends Connection {
  onRefused() {
    this.onRegistered();
  }
}

const FAULTY = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `W-BAD-${number}`);

export default [
  defect(
    "binary-frames",
    "W-FRM-1",
    [],
    "sends its messages as a Buffer, so that ws makes binary frames of them",
    {
      Connection: BinaryFrames,
    },
  ),
  defect(
    "encoded-twice",
    "W-FRM-2",
    ["W-JOB-1", "W-JOB-12", ...FAULTY],
    "stringifies what it says of faulty jobs twice",
    {
      Connection: EncodedTwice,
    },
  ),
  defect("object-object", "W-FRM-2", ["W-JOB-1", "W-JOB-12"], "sends answers as [object Object]", {
    Connection: ObjectObject,
  }),
  defect("camel-case-type", "W-FRM-4", ["W-JOB-1", "W-JOB-12"], "writes the type of its answers in camel case", {
    Connection: CamelCaseType,
  }),
  defect(
    "key-as-typed-array",
    "W-REG-3",
    ["W-ID-1", "W-KEY-7", "W-KEY-8", "W-PAIR-3", "W-RCP-3"],
    "registers its key as a Uint8Array, which becomes an object",
    {
      Connection: KeyAsTypedArray,
    },
  ),
  defect(
    "capabilities-as-set",
    "W-REG-6",
    [],
    "keeps its capabilities in a Set, which becomes an empty object",
    {
      Connection: CapabilitiesAsSet,
    },
  ),
  defect("deaf-to-refusal", "W-REG-11", [], "takes any register_ack for a good one", {
    Connection: DeafToRefusal,
  }),
];
