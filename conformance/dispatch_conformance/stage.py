"""The scripted coordinator of one scenario.

    async with Stage("tasks.summarize", seed=7) as stage:
        ...                                       # a worker is started with stage.url
        session = await stage.registered()        # raises Missing if it never does
        answer = await stage.run("TASK", {"task_type": "summarize", "input": "x"})
        assignment = await stage.assign("LLM_INFER", {"prompt": "x"})
        answer = await assignment.answer()

What it does by itself is its `conduct` (faithful by default, see `conduct.Conduct`). Before its first job it
waits for the worker's pairing claim, where a code was given out, and 250 ms after the ack. Everything that
passes is in `transcript`; every wait is `until`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Final, Self, TypeVar, Unpack
from uuid import UUID

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import TransportError, Violation
from dispatch_protocol.frames import read_frame
from dispatch_protocol.parsing import Member
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import ACK_SECONDS, JobType, Role

from dispatch_conformance.conduct import HEARTBEAT_ACK, Claim, Conduct, Session
from dispatch_conformance.door import Door
from dispatch_conformance.http11 import Reply, Request
from dispatch_conformance.jobs import (
    ANSWER_SECONDS,
    SILENCE_SECONDS,
    Answer,
    Assignment,
    Kind,
    Payload,
    Terms,
    assignment_text,
    named_job,
    silence,
)
from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.lifeline import ending, has_ended, unregistered
from dispatch_conformance.link import MAX_FRAME, Link
from dispatch_conformance.missing import WorkerLost, WorkerSilent
from dispatch_conformance.rest import claimed, faithful, http_event
from dispatch_conformance.transcript import Room, Transcript
from dispatch_conformance.wire import Wire

SETTLE_SECONDS: Final = 0.25
"""How long after a register_ack the first job waits."""

CONNECT_SECONDS: Final = 30.0
"""How long a worker has from its start to its first connection; no clause bounds that."""

REGISTER_SECONDS: Final = ACK_SECONDS + 5.0
"""How long the suite waits for a registration; the clause gives a worker ACK_SECONDS."""

USER: Final = "user_conformance"
"""The user of every job, unless a scenario names another."""

_T = TypeVar("_T")


class Stage:
    """One coordinator on a port of its own. `scale` stretches its patience, not the clauses.

    `process` is the worker that was started for it, if the suite started one: its end cuts waits short. With
    a `door` that listens instead, and its clock is that of the transcript, which shares the `room`.
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
        self.transcript = Transcript(name, door.zero if door is not None else None, room)
        self.conduct = conduct or Conduct()
        self.wire = Wire(self.transcript, self._http, lambda _link: None, self._frame, door)
        self.sessions: list[Session] = []
        self.claims: list[Claim] = []
        self.process: WorkerProcess | None = None
        self.expects_claim = False
        self._random = Random(f"{seed}/{name}")  # noqa: S311  names, not secrets
        self.pairing_code = f"{self._random.getrandbits(24):06X}"
        self._scale = scale
        self._assignments: dict[str, Assignment] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.wire.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await self.wire.stop()

    @property
    def url(self) -> str:
        """The coordinator's address, `http://127.0.0.1:PORT`."""
        return self.wire.url

    @property
    def ws_url(self) -> str:
        """The same as `ws://`."""
        return self.wire.ws_url

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
        self._assignments[job_id] = assignment
        return assignment

    async def assign(
        self, job_type: str, payload: Payload, *, session: Session | None = None, **terms: Unpack[Terms]
    ) -> Assignment:
        """Give the worker a job: on `session` at once, else on the newest one when it is ready.

        Raises WorkerSilent once it has left its jobs unanswered for SILENCE_SECONDS: more would be in vain.
        """
        unanswered, seconds = silence(reversed(self._assignments.values()), self.transcript.now)
        if seconds >= SILENCE_SECONDS * self._scale:
            raise WorkerSilent(f"the worker has left {unanswered} assignments in a row without an answer")
        chosen = session or await self.ready()
        assignment = self.prepare(job_type, payload, **terms)
        self.send(assignment, chosen)
        return assignment

    async def run(self, job_type: str, payload: Payload, *, timeout: float | None = None) -> Answer:
        """Assign a job and wait for its answer."""
        return await (await self.assign(job_type, payload)).answer(timeout)

    def send(self, assignment: Assignment, session: Session) -> None:
        """Send a prepared assignment. Raises WorkerLost if the connection has ended."""
        assignment.sent_at = self.transcript.now
        try:
            assignment.index = session.link.send(assignment.text)
        except TransportError as error:
            raise WorkerLost(f"the worker could not be given a job: {error}{ending(self.process)}") from None

    def new_id(self) -> str:
        """A fresh UUID; the same seed and name give the same ones."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    # What the worker sends.

    def _gone(self) -> str:
        """Why no answer can come any more; "" while one can."""
        if has_ended(self.process):
            return f"the worker ended{ending(self.process)}"
        if any(session.link.open for session in self.sessions) or not self.sessions:
            return ""
        closed = self.sessions[-1].link.closed
        return f"the connection ended ({closed.code}, by the {closed.by})" if closed is not None else ""

    def _frame(self, link: Link, frame: Frame, index: int) -> None:
        if frame.opcode != "text" or self.conduct.look(link, frame):
            return
        try:
            members = read_frame(frame.payload, Role.WORKER, MAX_FRAME)
        except Violation:
            return  # the passive rules judge it
        match members.get("type"):
            case Member(value="register"):
                self._register(link, members, index)
            case Member(value="heartbeat"):
                self._heartbeat(link)
            case Member(value="job_complete" | "job_reject" as kind):
                assignment = self._assignments.get(named_job(members))
                if assignment is not None:
                    assignment.note_answer(Kind(kind), members, index)
                    self.transcript.changes.notify()
            case Member(value="receipt_submit"):
                self._receipt(members)

    def _register(self, link: Link, members: Mapping[str, Member], index: int) -> None:
        now = self.transcript.now
        session = Session(link, members, index, now, self.transcript.mark(index), self.new_id())
        if len(self.sessions) < 1000:
            self.sessions.append(session)
        if self.conduct.ack_delay == 0:
            self._acknowledge(session)
            return
        task = asyncio.get_running_loop().create_task(self._acknowledge_later(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _acknowledge_later(self, session: Session) -> None:
        await asyncio.sleep(self.conduct.ack_delay)
        self._acknowledge(session)

    def _acknowledge(self, session: Session) -> None:
        link = session.link
        with contextlib.suppress(TransportError, WorkerLost), link.together():
            for text in self.conduct.acks(session):
                link.answer(text)
                if '"status":"ok"' in text:
                    session.acked_at = self.transcript.now
            for assignment in self.conduct.with_acks(session):
                self.send(assignment, session)
        self.transcript.changes.notify()

    def _heartbeat(self, link: Link) -> None:
        for session in self.sessions:
            if session.link is link and len(session.heartbeats) < 10_000:
                session.heartbeats.append(self.transcript.now)
        if self.conduct.heartbeat_acks and link.open:
            link.answer(HEARTBEAT_ACK)

    def _receipt(self, members: Mapping[str, Member]) -> None:
        receipt = members.get("receipt")
        if receipt is None or not isinstance(receipt.value, dict):
            return
        job_id = receipt.value.get("job_id")
        assignment = self._assignments.get(job_id) if isinstance(job_id, str) else None
        if assignment is not None:
            assignment.note_receipt(members)
            self.transcript.changes.notify()

    async def _http(self, request: Request) -> Reply:
        mark = self.transcript.mark(len(self.transcript.events))
        claim = claimed(request, self.transcript.now, mark)
        reply = self.conduct.claim if claim is not None else self.conduct.rest(request)
        reply = reply or faithful(request, claim, self)
        self.transcript.add(http_event(self.transcript.now, request, reply))
        if claim is not None and len(self.claims) < 1000 and not self.transcript.full:
            self.claims.append(claim)
            self.transcript.changes.notify()
        return reply
