"""Defects of pairing: W-PAIR."""

from base64 import b64encode

from tests.mutants import ecmascript, http
from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker


@defect("no-claim", "W-PAIR-1", "does not claim its pairing code")
class NoClaim(Worker):
    async def claim(self) -> None:
        """Nothing."""


@defect("claim-in-lower-case", "W-PAIR-2", "claims the code in lower case")
class ClaimInLowerCase(Worker):
    def claim_body(self) -> Message:
        return super().claim_body() | {"pairing_code": str(self.settings.pairing_code).lower()}


@defect("claim-with-other-key", "W-PAIR-3", "claims with its key in base64")
class ClaimWithOtherKey(Worker):
    def claim_body(self) -> Message:
        return super().claim_body() | {"provider_pubkey": b64encode(bytes.fromhex(self.pubkey)).decode()}


@defect("claim-as-text", "W-PAIR-4", "sends its claim as text/plain")
class ClaimAsText(Worker):
    async def ask_for_trust(self) -> http.Answer:
        body = ecmascript.write(self.claim_body())
        return await http.post(
            self.settings.web, "/v1/trust/claim", body, seconds=10, media_type="text/plain"
        )


@defect("claim-as-a-form", "W-PAIR-4", "sends its claim as a form")
class ClaimAsAForm(Worker):
    async def ask_for_trust(self) -> http.Answer:
        body = "&".join(f"{name}={value}" for name, value in self.claim_body().items())
        kind = "application/x-www-form-urlencoded"
        return await http.post(self.settings.web, "/v1/trust/claim", body, seconds=10, media_type=kind)


@defect("claim-too-early", "W-PAIR-5", "claims before it registers")
class ClaimTooEarly(Worker):
    async def introduce(self) -> None:
        if self.settings.pairing_code and not self.claimed:
            self.claimed = True
            await self.claim()
        await super().introduce()


@defect("dies-of-a-refused-claim", "W-PAIR-6", "ends when its claim is refused")
class DiesOfARefusedClaim(Worker):
    async def ask_for_trust(self) -> http.Answer:
        answer = await super().ask_for_trust()
        if answer.status == 400:
            raise SystemExit(1)
        return answer


@defect("dies-of-a-failed-claim", "W-PAIR-7", "ends when its claim fails on the server's side")
class DiesOfAFailedClaim(Worker):
    async def ask_for_trust(self) -> http.Answer:
        answer = await super().ask_for_trust()
        if answer.status >= 500:
            raise SystemExit(1)
        return answer


@defect("claims-nothing", "W-PAIR-8", "sends a claim without a code", "W-PAIR-2")
class ClaimsNothing(Worker):
    def on_registered(self) -> None:
        super().on_registered()
        if not self.claimed:
            self.claimed = True
            self.start(self.claim())


@defect("claims-again", "W-PAIR-9", "claims its code on every connection")
class ClaimsAgain(Worker):
    def on_registered(self) -> None:
        self.claimed = False
        super().on_registered()
