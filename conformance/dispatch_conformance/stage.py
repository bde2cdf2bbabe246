"""The stage of one scenario: a scripted coordinator, and what a scenario has it do.

    async with Stage("tasks.summarize", seed=7) as stage:
        ...                                       # a worker is started with stage.url
        session = await stage.registered()        # raises Missing if it never does
        answer = await stage.run("TASK", {"task_type": "summarize", "input": "x"})
        assignment = await stage.assign("LLM_INFER", {"prompt": "x"})
        answer = await assignment.answer()

Before its first job it waits for the worker's pairing claim, where a code was given out, and 250 ms after the
ack. Every wait is `until`.
"""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar, Unpack

from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import ACK_SECONDS, JobType

from dispatch_conformance.conduct import Conduct, Session
from dispatch_conformance.door import Door
from dispatch_conformance.jobs import (
    ANSWER_SECONDS,
    SILENCE_SECONDS,
    Answer,
    Assignment,
    Payload,
    Terms,
    assignment_text,
    silence,
)
from dispatch_conformance.lifeline import ending, has_ended, unregistered
from dispatch_conformance.missing import WorkerSilent
from dispatch_conformance.scripted import ScriptedCoordinator
from dispatch_conformance.transcript import Room

SETTLE_SECONDS: Final = 0.25
"""How long after a register_ack the first job waits."""

CONNECT_SECONDS: Final = 30.0
"""How long a worker has from its start to its first connection; no clause bounds that."""

REGISTER_SECONDS: Final = ACK_SECONDS + 5.0
"""How long the suite waits for a registration; the clause gives a worker ACK_SECONDS."""

USER: Final = "user_conformance"
"""The user of every job, unless a scenario names another."""

_T = TypeVar("_T")


class Stage(ScriptedCoordinator):
    """A coordinator that a scenario directs. `scale` stretches its patience, not the clauses.

    The end of its `process` cuts waits short. `expects_claim`: a pairing code was given out.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int = 0,
        scale: float = 1.0,
        conduct: Conduct | None = None,
        door: Door | None = None,
        room: Room | None = None,
    ) -> None:
        super().__init__(name, seed=seed, conduct=conduct, door=door, room=room)
        self.expects_claim = False
        self._scale = scale

    @property
    def session(self) -> Session | None:
        """The newest session that is acknowledged and open."""
        return next((session for session in reversed(self.sessions) if session.live), None)

    # Waiting.

    async def until(self, look: Callable[[], _T], seconds: float) -> _T:
        """What `look` returns once it is true, or its last value after so long; see `Changes.until`."""
        return await self.transcript.changes.until(look, seconds * self._scale)

    async def registered(self, seconds: float | None = None, *, after: Session | None = None) -> Session:
        """The session once a worker has registered and is acknowledged; one newer than `after`, if given.

        It has CONNECT_SECONDS to connect, and then so many (or REGISTER_SECONDS) to register. Raises
        NotConnected, NotRegistered or WorkerLost if it does not, at once when the process has ended.
        """
        await self.until(lambda: self.transcript.connected or has_ended(self.process), CONNECT_SECONDS)
        old = self.sessions.index(after) + 1 if after is not None else 0

        def look() -> Session | None:
            return next((entry for entry in self.sessions[old:] if entry.live), None)

        patience = (REGISTER_SECONDS if seconds is None else seconds) if self.transcript.connected else 0.0
        await self.until(lambda: look() or has_ended(self.process), patience)
        session = look()
        if session is None:
            was = after is not None or any(entry.acked_at is not None for entry in self.sessions)
            raise unregistered(self.transcript, self.process, was_there=was)
        return session

    async def ready(self) -> Session:
        """A session that may be given a job: registered, its claim made if a code was given out, settled."""
        session = self.session or await self.registered()
        if self.expects_claim:
            await self.until(lambda: bool(self.claims) or has_ended(self.process), ACK_SECONDS)
        settled = (session.acked_at or 0.0) + SETTLE_SECONDS
        if self.claims:
            settled = max(settled, self.claims[-1].t + SETTLE_SECONDS)
        if (left := settled - self.transcript.now) > 0:
            await asyncio.sleep(left)
        if not session.live:
            return await self.registered()
        return session

    # Jobs.

    def prepare(self, job_type: str, payload: Payload, **terms: Unpack[Terms]) -> Assignment:
        """An assignment that is written but not sent (see `Stage.send`)."""
        exact = payload if isinstance(payload, Json) else Json.of(payload)
        job_id = terms.get("job_id") or self.new_id()
        tier = terms.get("policy") or ("FAST" if job_type == JobType.LLM_INFER else "CHEAP")
        members: dict[str, Payload] = {"job_id": job_id, "job_type": job_type, "payload": exact}
        members["policy"] = tier
        members["privacy_class"] = terms.get("privacy_class", "PUBLIC")
        members["user_id"] = terms.get("user_id", USER)
        members |= terms.get("more", {})
        known = JobType(job_type) if job_type in tuple(JobType) else JobType.TASK
        assignment = Assignment(
            job_id=job_id,
            job_type=job_type,
            payload=exact,
            text=assignment_text(members),
            transcript=self.transcript,
            patience=ANSWER_SECONDS[known] * self._scale,
            gone=self._gone,
        )
        self.assignments[job_id] = assignment
        return assignment

    async def assign(
        self, job_type: str, payload: Payload, *, session: Session | None = None, **terms: Unpack[Terms]
    ) -> Assignment:
        """Give the worker a job: on `session` at once, else on the newest one when it is ready.

        Raises WorkerSilent once it has left its jobs unanswered for SILENCE_SECONDS: more would be in vain.
        """
        unanswered, seconds = silence(reversed(self.assignments.values()), self.transcript.now)
        if seconds >= SILENCE_SECONDS * self._scale:
            raise WorkerSilent(f"the worker has left {unanswered} assignments in a row without an answer")
        chosen = session or await self.ready()
        assignment = self.prepare(job_type, payload, **terms)
        self.send(assignment, chosen)
        return assignment

    async def run(self, job_type: str, payload: Payload, *, timeout: float | None = None) -> Answer:
        """Assign a job and wait for its answer."""
        return await (await self.assign(job_type, payload)).answer(timeout)

    def _gone(self) -> str:
        """Why no answer can come any more; "" while one can."""
        if has_ended(self.process):
            return f"the worker ended{ending(self.process)}"
        if any(session.link.open for session in self.sessions) or not self.sessions:
            return ""
        closed = self.sessions[-1].link.closed
        return f"the connection ended ({closed.code}, by the {closed.by})" if closed is not None else ""
