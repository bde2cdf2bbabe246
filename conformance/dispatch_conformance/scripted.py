"""A scripted coordinator on a port of its own: what it does by itself, frame by frame and request by request.

That is its `conduct` (faithful by default, see `conduct.Conduct`). It keeps what a worker has sent: sessions,
claims, answers by assignment; everything that passes is in `transcript`. A scenario directs it as a `Stage`.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from random import Random
from typing import Final, Self
from uuid import UUID

from dispatch_protocol.errors import TransportError, Violation
from dispatch_protocol.frames import read_frame
from dispatch_protocol.parsing import Member
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.conduct import HEARTBEAT_ACK, Claim, Conduct, Session
from dispatch_conformance.door import Door
from dispatch_conformance.http11 import Reply, Request
from dispatch_conformance.jobs import Assignment, Kind, named_job
from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.lifeline import ending
from dispatch_conformance.link import MAX_FRAME, Link
from dispatch_conformance.missing import WorkerLost
from dispatch_conformance.rest import claimed, faithful, http_event
from dispatch_conformance.transcript import Room, Transcript
from dispatch_conformance.wire import Wire

MOST_SESSIONS: Final = 1_000
"""How many registrations are taken; a further one is left without an answer."""

MOST_CLAIMS: Final = 1_000
"""How many claims are kept."""

MOST_HEARTBEATS: Final = 10_000
"""How many heartbeats of a session are counted."""


class ScriptedCoordinator:
    """One coordinator.

    `process` is the worker that was started for it, if the suite started one. With a `door` that listens
    instead, and its clock is that of the transcript, which shares the `room`. The same `seed` and `name` give
    the same ids and pairing code.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int = 0,
        conduct: Conduct | None = None,
        door: Door | None = None,
        room: Room | None = None,
    ) -> None:
        self.transcript = Transcript(name, door.zero if door is not None else None, room)
        self.conduct = conduct or Conduct()
        self.wire = Wire(self.transcript, self._http, lambda _link: None, self._frame, door)
        self.sessions: list[Session] = []
        self.claims: list[Claim] = []
        self.assignments: dict[str, Assignment] = {}
        self.process: WorkerProcess | None = None
        self._random = Random(f"{seed}/{name}")  # noqa: S311  names, not secrets
        self.pairing_code = f"{self._random.getrandbits(24):06X}"
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
                assignment = self.assignments.get(named_job(members))
                if assignment is not None:
                    assignment.note_answer(Kind(kind), members, index)
                    self.transcript.changes.notify()
            case Member(value="receipt_submit"):
                self._receipt(members)

    def _register(self, link: Link, members: Mapping[str, Member], index: int) -> None:
        if len(self.sessions) >= MOST_SESSIONS:
            return
        now = self.transcript.now
        session = Session(link, members, index, now, self.transcript.mark(index), self.new_id())
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
            if session.link is link and len(session.heartbeats) < MOST_HEARTBEATS:
                session.heartbeats.append(self.transcript.now)
        if link.open:
            link.answer(HEARTBEAT_ACK)

    def _receipt(self, members: Mapping[str, Member]) -> None:
        receipt = members.get("receipt")
        if receipt is None or not isinstance(receipt.value, dict):
            return
        job_id = receipt.value.get("job_id")
        assignment = self.assignments.get(job_id) if isinstance(job_id, str) else None
        if assignment is not None:
            assignment.note_receipt(members)
            self.transcript.changes.notify()

    async def _http(self, request: Request) -> Reply:
        mark = self.transcript.mark(len(self.transcript.events))
        claim = claimed(request, self.transcript.now, mark)
        reply = self.conduct.claim if claim is not None else self.conduct.rest(request)
        reply = reply or faithful(request, claim, self)
        self.transcript.add(http_event(self.transcript.now, request, reply))
        if claim is not None and len(self.claims) < MOST_CLAIMS and not self.transcript.full:
            self.claims.append(claim)
            self.transcript.changes.notify()
        return reply
