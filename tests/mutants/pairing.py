"""The claim of a pairing code. Each step is a method, to be overridden."""

from typing import Any

from tests.mutants import ecmascript, http
from tests.mutants.settings import Settings


class Pairing:
    """How a worker redeems the code that it was started with."""

    settings: Settings
    pubkey: str

    def say(self, line: str) -> None:
        """Print a line for the operator."""
        print(f"[Mutant] {line}", flush=True)

    async def claim(self) -> None:
        """Claim the pairing code; failure stops nothing."""
        try:
            answer = await self.ask_for_trust()
            said = ecmascript.read(answer.body)
            self.say(f"Trust claim answered {answer.status}: {said.get('user_id') or said.get('error')}")
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            self.say(f"Trust claim error: {error}")

    async def ask_for_trust(self) -> http.Answer:
        return await http.post(
            self.settings.web, "/v1/trust/claim", ecmascript.write(self.claim_body()), seconds=10
        )

    def claim_body(self) -> dict[str, Any]:
        return {"pairing_code": self.settings.pairing_code, "provider_pubkey": self.pubkey}
