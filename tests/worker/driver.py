"""Drives a session without any I/O: a clock that is turned by hand, and the effects by kind."""

import json
from dataclasses import replace
from typing import Any, TypeVar

from dispatch_protocol.keys import Identity
from dispatch_worker.config import Settings
from dispatch_worker.effects import Effect, Effects, Inference, Log, Moment, Send
from dispatch_worker.session import Session

IDENTITY = Identity.from_seed(bytes(range(32)))
WALL_MS = 1_764_000_000_123
SETTINGS = Settings(
    socket_url="ws://localhost:4010/",
    shown_address="ws://localhost:4010",
    claim_url="http://localhost:4010/v1/trust/claim",
    generate_url="http://localhost:11434/api/generate",
)

Kind = TypeVar("Kind", bound=Effect)


def frame(type_: str, **members: Any) -> str:
    """The text of a frame with these members."""
    return json.dumps({"type": type_, **members})


ACK = frame("register_ack", status="ok", worker_id="w-1")


def assignment(job_id: str = "j-1", job_type: str = "TASK", **over: Any) -> str:
    """A job_assign: a summarize task unless told otherwise."""
    payload = (
        {"prompt": "why?"} if job_type == "LLM_INFER" else {"task_type": "summarize", "input": "one two"}
    )
    members = {
        "job_id": job_id,
        "job_type": job_type,
        "payload": payload,
        "policy": "CHEAP",
        "privacy_class": "PUBLIC",
        "user_id": "u",
    }
    return frame("job_assign", **members | over)


def of_kind(effects: Effects, kind: type[Kind]) -> list[Kind]:
    """The effects of one kind, in their order."""
    return [effect for effect in effects if isinstance(effect, kind)]


def sent(effects: Effects) -> list[dict[str, Any]]:
    """The frames among the effects, parsed."""
    return [json.loads(effect.frame) for effect in of_kind(effects, Send)]


def printed(effects: Effects) -> list[str]:
    """The lines among the effects."""
    return [effect.line for effect in of_kind(effects, Log)]


class Driver:
    """A session and its clock. Inputs happen at `now`; `chance` is what jitter is made of."""

    def __init__(self, **settings: Any) -> None:
        self.session = Session(replace(SETTINGS, **settings), IDENTITY)
        self.now = 1000.0
        self.chance = 1.0

    @property
    def moment(self) -> Moment:
        """This moment."""
        return Moment(self.now, WALL_MS, self.chance)

    def connected(self) -> Effects:
        """Start, and open the first connection; the effects of the latter."""
        self.session.start()
        return self.session.connected(self.moment)

    def serving(self) -> "Driver":
        """Start, connect, be acknowledged."""
        self.connected()
        self.receive(ACK)
        return self

    def receive(self, text: str | bytes) -> Effects:
        """One message comes in."""
        return self.session.received(text, self.moment)

    def inferred(self, ticket: int, outcome: Inference) -> Effects:
        """An inference ends."""
        return self.session.inferred(ticket, outcome, self.moment)

    def stop(self) -> Effects:
        """The operator asks for an end."""
        return self.session.stop(self.moment)

    def closed(self, code: int = 1006, reason: str = "") -> Effects:
        """The connection ends."""
        return self.session.closed(code, reason, self.moment)

    def tick(self) -> Effects:
        """The timer rings now."""
        return self.session.tick(self.moment)

    def pass_time(self, seconds: float) -> Effects:
        """Let time pass, ringing whenever the session asked for it; all effects on the way."""
        until = self.now + seconds
        effects: Effects = ()
        while (wake_at := self.session.wake_at) is not None and wake_at <= until:
            self.now = max(self.now, wake_at)
            effects += self.session.tick(self.moment)
        self.now = until
        return effects
