"""Plays sequences on a live worker, and starts it again where it did not survive one.

A sequence leaves in one segment, or step by step; a closing job follows it, whose answer shows that the
worker has come through. Nothing here judges: an Outcome says what was seen. What a worker does at leisure is
no fault: `late` is a suspicion, and `Player.in_time` waits for as long as the clauses give.
"""

import contextlib
from dataclasses import replace
from hashlib import sha256
from typing import Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import TransportError
from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.conduct import Session
from dispatch_conformance.context import Context
from dispatch_conformance.fuzz.course import STALL_SECONDS
from dispatch_conformance.fuzz.observe import Held, lost_ping, sent_since, strays
from dispatch_conformance.fuzz.outcome import Outcome
from dispatch_conformance.fuzz.steps import Job, Notice, Oddity, Ping, Sequence, Step, easiest
from dispatch_conformance.jobs import RECEIPT_SECONDS, Assignment, Terms
from dispatch_conformance.missing import WorkerLost
from dispatch_conformance.scenarios.probe import has_receipt

GRACE_SECONDS: Final = 0.5
"""How long after the last job's answer another one's may come before it is suspected of never coming."""


class NoMoreRestarts(Exception):
    """The worker had to be started too often already."""


class Player:
    """The worker under test and the course of sequences that it was sent.

    `history` are the sequences since its process was started, with their closing jobs; `exchanges` counts
    the steps that were sent, closing jobs among them. `awaits_receipts`: whether a sequence ends only when
    its receipts have come.
    """

    def __init__(self, context: Context, session: Session, *, restarts: int) -> None:
        self.history: list[Sequence] = []
        self.exchanges = 0
        self.restarts_left = restarts
        self.awaits_receipts = True
        self._context = context
        self._stage = context.stage
        self._session = session
        self._scale = context.settings.scale
        self._sent = sha256()
        self._pinged: list[bytes] = []
        self._known: dict[str, Held] = {}

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the worker declared."""
        return self._session.capabilities

    @property
    def closing(self) -> Job:
        """The job that closes a sequence: the easiest that the worker declared."""
        return easiest(JobType.TASK if JobType.TASK in self.capabilities else JobType.LLM_INFER)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all frames that were sent so far, without the ids of jobs."""
        return self._sent.hexdigest()

    async def fresh(self) -> None:
        """Start the worker anew, on a coordinator of its own. Raises NoMoreRestarts, Missing."""
        if self.restarts_left <= 0 or not self._context.settings.command:
            raise NoMoreRestarts
        self.restarts_left -= 1
        await self._context.workers[-1].stop(0.0)
        self._stage = await self._context.new_stage()
        await self._context.worker(self._stage, key_path=self._context.key_path)
        self._session = await self._stage.ready()
        self.history.clear()

    async def play(
        self, sequence: Sequence, *, closing: bool = True, stall: float = STALL_SECONDS
    ) -> Outcome:
        """Send a sequence and see what comes of it; a worker that is gone is started first.

        With `closing` the easiest job follows it. After `stall` seconds without an answer it is over.
        Raises NoMoreRestarts, or Missing where the worker does not come up again.
        """
        if not self._session.live:
            await self.fresh()
        stage, link = self._stage, self._session.link
        start, pongs = len(stage.transcript.events), len(link.pongs)
        began = stage.transcript.now
        steps = (*sequence.steps, self.closing) if closing else sequence.steps
        self.history.append(Sequence(sequence.together, steps))
        self._pinged.clear()
        held: list[Held] = []
        late = False
        with contextlib.suppress(TransportError, WorkerLost):  # the outcome tells how it ended
            if sequence.together:
                with link.together():
                    for place, step in enumerate(steps):
                        held += self._send(step, place, alone=not held)
            else:
                late = await self._one_by_one(steps, held, stall)
        late = late or await self._late(held, stall)
        return Outcome(
            sequence=sequence,
            pubkey=self._session.pubkey,
            given=tuple(job.given() for job in held),
            strays=strays(stage.transcript, start, held, self._known),
            ended=self._ended(),
            late=late,
            lost_ping=lost_ping(link, self._pinged, pongs),
            marks=sent_since(stage.transcript, start),
            seconds=stage.transcript.now - began,
        )

    async def in_time(self, outcome: Outcome, seconds: float | None = None) -> Outcome:
        """The same outcome once its missing answers and receipts have come, or their time is up.

        They have the time of their clauses since they were sent, or so many seconds from now. For outcomes of
        the worker that runs now.
        """
        start = self._stage.transcript.now
        for given in outcome.given:
            assignment = self._known[given.job_id].assignment
            ends = assignment.sent_at + assignment.patience if seconds is None else start + seconds
            if not assignment.answers:
                await assignment.answer(max(0.0, ends - self._stage.transcript.now))
            if given.owes_receipt:
                await assignment.receipt(RECEIPT_SECONDS * self._scale + 0.5)
        now = tuple(self._known[given.job_id].given() for given in outcome.given)
        return replace(outcome, given=now, ended=outcome.ended or self._ended())

    async def _one_by_one(self, steps: tuple[Step, ...], held: list[Held], stall: float) -> bool:
        """Send each step when the job before it is answered; whether one was not in this time."""
        for place, step in enumerate(steps):
            held += self._send(step, place, alone=True)
            if isinstance(step, Job) and await self._late(held, stall):
                return True
        return False

    def _send(self, step: Step, place: int, *, alone: bool) -> list[Held]:
        """Send one step; the job, if it is one. Raises TransportError or WorkerLost where nobody listens."""
        self.exchanges += 1
        link = self._session.link
        match step:
            case Ping(data):
                self._sent.update(data)
                self._pinged.append(data)
                link.ping(data)
            case Notice(_, frame, Oddity.FRAGMENTS):
                self._in_fragments(frame)
            case Notice(_, frame):
                self._sent.update(_bytes(frame))
                link.send(frame, opcode="binary" if isinstance(frame, bytes) else "text")
            case Job():
                return [self._assign(step, place, alone=alone)]
        return []

    def _assign(self, step: Job, place: int, *, alone: bool) -> Held:
        terms: Terms = {"job_id": self._stage.new_id()}
        match step.oddity:
            case Oddity.MEMBERS:
                terms["more"] = {"priority": 5, "hints": {"gpu": None}, "constructor": [place]}
            case Oddity.PRIVATE:
                terms["privacy_class"] = "PRIVATE"
            case Oddity.ID:
                terms["job_id"] = f"demo-{terms['job_id'].upper()}"
        assignment = self._stage.prepare(step.job_type, _payload(step), **terms)
        held = self._known[assignment.job_id] = Held(place, step, assignment, alone)
        self._sent.update(f"{step.job_type} {step.payload} {step.oddity}".encode())
        if step.oddity is Oddity.FRAGMENTS:
            assignment.sent_at = self._stage.transcript.now
            assignment.index = self._in_fragments(assignment.text)
            return held
        self._stage.send(assignment, self._session)
        if step.oddity is Oddity.TWICE:
            self._session.link.send(assignment.text)
        return held

    def _in_fragments(self, frame: str | bytes) -> int:
        data = _bytes(frame)
        self._sent.update(data)
        third = max(1, len(data) // 3)
        pieces = (data[:third], data[third : 2 * third], data[2 * third :])
        binary = isinstance(frame, bytes)
        return self._session.link.send_fragments(pieces, opcode="binary" if binary else "text")

    async def _late(self, held: list[Held], stall: float) -> bool:
        """Wait for answers and receipts while they come; whether some were missing when no more came."""
        jobs: list[Assignment] = [job.assignment for job in held]

        def missing() -> int:
            return sum(not job.answers or (self.awaits_receipts and not has_receipt(job)) for job in jobs)

        left = missing()
        while left and not self._ended():
            seconds = GRACE_SECONDS if jobs[-1].answers else stall
            before = left

            def moved(before: int = before) -> bool:
                return missing() < before or bool(self._ended())

            await self._stage.until(moved, seconds)
            left = missing()
            if left == before:
                return not self._ended()
        return False

    def _ended(self) -> str:
        """How the worker or this connection ended, "" while both are there."""
        process, closed = self._stage.process, self._session.link.closed
        if process is not None and not process.running:
            return f"the worker ended ({process.ending()})"
        if closed is not None:
            return f"the connection ended with {closed.code}, by the {closed.by}"
        return ""


def _payload(job: Job) -> Json:
    """The payload as it is sent: an oddity may add members, which ask for nothing."""
    payload = Json.read(job.payload)
    if isinstance(payload.value, dict):
        if job.oddity is Oddity.MEMBERS:
            return Json.of(payload.value | {"extra": [1, {"deep": None}]})
        if job.oddity is Oddity.PAYLOAD_TYPE:
            return Json.of(payload.value | {"job_type": "TRANSLATE"})
    return payload


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode("utf-8") if isinstance(frame, str) else frame
