/** Defects of pairing: W-PAIR. */

import { defect } from "../defect.mjs";
import { Pairing } from "../pairing.mjs";

class ClaimInLowerCase extends Pairing {
  body() {
    return { ...super.body(), pairing_code: this.settings.pairingCode.toLowerCase() };
  }
}

class ClaimOfUndefined extends Pairing {
  body() {
    return { ...super.body(), provider_pubkey: this.publicKey };
  }
}

class ClaimAsText extends Pairing {
  headers() {
    return {};
  }
}

class DiesOfARefusedClaim extends Pairing {
  report(answer) {
    if (answer.status !== 200) process.exit(1);
    super.report(answer);
  }
}

class ClaimsAgain extends Pairing {
  async claimOnce() {
    this.claimed = false;
    await super.claimOnce();
  }
}

export default [
  defect("claim-in-lower-case", "W-PAIR-2", [], "claims the code in lower case", {
    Pairing: ClaimInLowerCase,
  }),
  defect("claim-of-undefined", "W-PAIR-3", [], "claims without a key, reading a member that is undefined", {
    Pairing: ClaimOfUndefined,
  }),
  defect("claim-as-text", "W-PAIR-4", [], "forgets the content type, so that fetch sends text/plain", {
    Pairing: ClaimAsText,
  }),
  defect("dies-of-a-refused-claim", "W-PAIR-6", ["W-PAIR-7"], "exits when its claim is refused", {
    Pairing: DiesOfARefusedClaim,
  }),
  defect("claims-again", "W-PAIR-9", [], "claims its code on every connection", { Pairing: ClaimsAgain }),
];
