"""Claiming a pairing code over HTTP. Source: SPEC.md, "Pairing".

Nothing that a claim can meet stops a worker: each outcome is a value, and ends as one log line.
"""

import asyncio
from typing import Final

from dispatch_protocol.canonical import parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, TransportError

from dispatch_worker.effects import Claim, ClaimBroken, ClaimOutcome, ClaimRefused, Paired
from dispatch_worker.post import Answer, Poster

CLAIM_SECONDS: Final = 10.0
"""How long the whole claim may take."""

MAX_ANSWER_BYTES: Final = 65_536
"""The longest answer to a claim that is read."""

_SUCCESS: Final = range(200, 300)


async def claim(url: str, wanted: Claim) -> ClaimOutcome:
    """Claim a code, character for character, for a key (W-PAIR-1 to W-PAIR-4). Raises nothing."""
    poster = Poster(url, MAX_ANSWER_BYTES)
    body = stringify({"pairing_code": wanted.pairing_code, "provider_pubkey": wanted.pubkey})
    try:
        async with asyncio.timeout(CLAIM_SECONDS):
            return read_claim_answer(await poster.post(body))
    except TimeoutError:
        return ClaimBroken(f"no answer within {CLAIM_SECONDS:.0f} s")
    except TransportError as error:
        return ClaimBroken(str(error))
    finally:
        await poster.close()


def read_claim_answer(answer: Answer) -> ClaimOutcome:
    """What a coordinator's answer to a claim says: paired, refused and why, or nothing legible."""
    try:
        body = parse(answer.body)
    except JsonSyntaxError as fault:
        return ClaimBroken(f"HTTP {answer.status} with a body that is no JSON ({fault.reason})")
    fields = body if isinstance(body, dict) else {}
    error, user_id = fields.get("error"), fields.get("user_id")
    if answer.status not in _SUCCESS or "error" in fields:
        return ClaimRefused(error if isinstance(error, str) else f"HTTP {answer.status}")
    if not isinstance(user_id, str):
        return ClaimBroken(f"HTTP {answer.status} without a user_id")
    return Paired(user_id)
