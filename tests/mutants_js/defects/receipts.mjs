/** Defects of receipts: W-RCP. */

import { defect } from "../defect.mjs";
import { Proof } from "../proof.mjs";

class NoReceipt extends Proof {
  completion(jobId, output) {
    const { receipt, receipt_signature: signature, ...rest } = super.completion(jobId, output);
    return rest;
  }
}

class ReceiptAsText extends Proof {
  sentReceipt(receipt) {
    return JSON.stringify(receipt);
  }
}

class TimeOfDateNow extends Proof {
  time() {
    return Date.now();
  }
}

class TimeForPeople extends Proof {
  time() {
    return new Date().toLocaleString("en-GB", { timeZone: "UTC" });
  }
}

class TimeWithoutZone extends Proof {
  time() {
    return super.time().slice(0, -1);
  }
}

class TimeShifted extends Proof {
  time() {
    return new Date(Date.now() - 2 * 3600 * 1000).toISOString();
  }
}

class PaymentUndefined extends Proof {
  receipt(jobId, outputHash) {
    return { ...super.receipt(jobId, outputHash), payment_ref: undefined };
  }
}

class SignatureInReceipt extends Proof {
  receipt(jobId, outputHash) {
    const receipt = super.receipt(jobId, outputHash);
    return { ...receipt, signature: this.signature(this.signedText(receipt)) };
  }
}

export default [
  defect("no-receipt", "W-RCP-1", ["W-SIG-1"], "completes jobs without a receipt", { Proof: NoReceipt }),
  defect("receipt-as-text", "W-RCP-1", ["W-SIG-2"], "sends the receipt as its JSON text", {
    Proof: ReceiptAsText,
  }),
  defect("time-of-date-now", "W-RCP-9", ["W-RCP-5", "W-RCP-10", "W-RCP-11"], "gives the time as Date.now()", {
    Proof: TimeOfDateNow,
  }),
  defect(
    "time-for-people",
    "W-RCP-9",
    ["W-RCP-5", "W-RCP-10", "W-RCP-11"],
    "gives the time as toLocaleString()",
    {
      Proof: TimeForPeople,
    },
  ),
  defect("time-without-zone", "W-RCP-10", ["W-RCP-5", "W-RCP-11"], "cuts the Z off the time", {
    Proof: TimeWithoutZone,
  }),
  defect("time-shifted", "W-RCP-11", [], "gives local time as if it were UTC, two hours off", {
    Proof: TimeShifted,
  }),
  defect("payment-undefined", "W-RCP-6", [], "sets payment_ref to undefined, which stringify drops", {
    Proof: PaymentUndefined,
  }),
  defect(
    "signature-in-receipt",
    "W-RCP-12",
    ["W-RCP-1", "W-RCP-8"],
    "puts the signature into the receipt too",
    {
      Proof: SignatureInReceipt,
    },
  ),
];
