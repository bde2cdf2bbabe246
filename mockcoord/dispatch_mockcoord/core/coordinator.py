"""The coordinator's face: every input, and the effects it has.

Source: SPEC.md, "Errors on the wire", "Error codes".

A shell numbers its connections, hands over what arrives with the moment at which it did, carries the effects
out in order, and wakes the core at `wake_at`. Inputs are total: whatever a frame holds, nothing is raised.
"""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import decode_from_worker
from dispatch_protocol.errors import Violation, shown
from dispatch_protocol.messages import (
    CoordinatorMessage,
    Error,
    Heartbeat,
    HeartbeatAck,
    JobComplete,
    JobReject,
    ReceiptSubmit,
    Register,
    RegisterAck,
    UnknownType,
    WorkerMessage,
)
from dispatch_protocol.rest import CommitRequest
from dispatch_protocol.signatures import key_fault
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass, WireCode

from dispatch_mockcoord.core.attendance import Attendance
from dispatch_mockcoord.core.dispatcher import Dispatcher
from dispatch_mockcoord.core.effects import Effect, PairingChanged, Refused, Send
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.registry import Registry
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_mockcoord.core.trust import ClaimFault, Pairing, TrustBook
from dispatch_mockcoord.core.worker import Worker

FIRST_FRAME: Final = "W-REG-1"
USABLE_KEY: Final = "W-REG-8"
OWN_KEY: Final = "W-HBT-2"
HELD_JOB: Final = "W-JOB-6"
"""The clauses that a worker breaks in ways that only the coordinator's state shows."""

_REGISTER_CLAUSES: Final = frozenset(Register.clauses.values())

_Draw: TypeAlias = Callable[[], str]


class Coordinator:
    """Registry, trust and jobs of one coordinator.

    `new_id` gives a fresh UUID for each call (C-JOB-2), `new_code` six upper-case hexadecimal digits,
    `new_worker_id` any fresh id (by default `new_id` does). Every input takes the moment `at` which it
    happened, never earlier than the one before, and gives the effects it had.
    """

    def __init__(
        self, terms: Terms, *, new_id: _Draw, new_code: _Draw, at: Moment, new_worker_id: _Draw | None = None
    ) -> None:
        self.terms = terms
        self.trust = TrustBook(new_code, terms.max_codes, terms.max_pairings)
        self.registry = Registry(new_worker_id or new_id)
        self._new_id = new_id
        self._effects: list[Effect] = []
        self.dispatcher = Dispatcher(terms, self.registry, self.trust, self._effects)
        self._attendance = Attendance(terms, self.registry, self.dispatcher, self._effects, at.now)

    @property
    def wake_at(self) -> float | None:
        """When `pass_time` is due if nothing happens before; None while nothing waits."""
        due = min(self._attendance.earliest, self.dispatcher.earliest)
        return due if due < math.inf else None

    def restore(self, stored: list[Job], pairings: list[Pairing], at: Moment) -> list[Effect]:
        """Go on from an earlier run: its pairings, and its jobs that were not finished."""
        self.trust.restore(pairings)
        self.dispatcher.resume(stored, at)
        return self._taken()

    def opened(self, connection: int, at: Moment) -> list[Effect]:
        """A connection was accepted; its number is new."""
        self._advance(at)
        self._attendance.open(connection, at.now)
        return self._taken()

    def closed(self, connection: int, at: Moment) -> list[Effect]:
        """A connection is gone, whoever ended it; nothing happens where that is known."""
        self._advance(at)
        self._attendance.lose(connection, "disconnected")
        return self._taken()

    def received(self, connection: int, payload: str | bytes, at: Moment) -> list[Effect]:
        """A message arrived: `str` in a text frame, `bytes` in a binary one.

        Whatever it is, the connection stays, and so does everybody else: C-ERR-11, C-ERR-12.
        """
        self._advance(at)
        if connection in self.registry.connections:
            try:
                message = decode_from_worker(payload, self.terms.max_frame_bytes)
            except Violation as fault:
                self._refuse(connection, fault)
            else:
                self._handle(connection, message, at)
        return self._taken()

    def acknowledged(self, worker: Worker, at: Moment) -> list[Effect]:
        """This worker's `register_ack` has left, maybe long after `register` came: from now on it settles.

        Until then it gets no job, so that none leaves together with the acknowledgement. C-REG-13, C-JOB-21.
        """
        self._attendance.acknowledged(worker, at.now)
        self._advance(at)
        return self._taken()

    def commit(self, request: CommitRequest, at: Moment) -> tuple[Job, list[Effect]]:
        """A client's job. It comes back pending, assigned, or failed for want of a trusted worker."""
        self._advance(at)
        job = Job(
            id=self._new_id(),
            order=self.dispatcher.next_order(),
            job_type=request.job_type,
            policy=request.policy,
            privacy_class=request.privacy_class,
            user_id=request.user_id,
            payload=request.payload,
            created_ms=at.wall_ms,
        )
        return self.dispatcher.commit(job, at), self._taken()

    def withdraw(self, job: Job) -> None:
        """Undo the commit that gave this job, before any other input and any effect of it: it never was."""
        self.dispatcher.withdraw(job)

    def demonstrate(self, worker: Worker, user_id: str, payload: Json, at: Moment) -> list[Effect]:
        """Hand a job that no client asked for to this worker, if it is registered, idle and settled.

        C-DEMO-3, C-DEMO-4; nothing stores it (C-DEMO-5).
        """
        self._advance(at)
        if self.registry.workers.get(worker.connection) is worker and worker.is_idle and worker.settled:
            job = Job(
                id=f"demo-{self._new_id()}",
                order=0,
                job_type=JobType.TASK,
                policy=Policy.CHEAP,
                privacy_class=PrivacyClass.PUBLIC,
                user_id=user_id,
                payload=payload,
                created_ms=at.wall_ms,
                demo=True,
            )
            self.dispatcher.hand(job, worker, at)
        return self._taken()

    def create_code(self, user_id: str, at: Moment) -> tuple[Pairing | None, list[Effect]]:
        """A pairing code for this user; None where there are too many."""
        self._advance(at)
        pairing = self.trust.create(user_id, at.wall_ms)
        if pairing is not None:
            self._effects.append(PairingChanged(pairing))
        return pairing, self._taken()

    def claim_code(self, code: str, pubkey: str, at: Moment) -> tuple[Pairing | ClaimFault, list[Effect]]:
        """A worker's claim. A successful one may free PRIVATE jobs that wait for this very worker."""
        self._advance(at)
        outcome = self.trust.claim(code, pubkey, at.wall_ms)
        if isinstance(outcome, Pairing):
            self._effects.append(PairingChanged(outcome))
            worker = self.registry.by_key(pubkey.lower())
            if worker is not None:
                self.dispatcher.free(worker, at)
        return outcome, self._taken()

    def notify(self, connection: int, message: CoordinatorMessage, at: Moment) -> list[Effect]:
        """Send a message of the operator's, such as a payment notice (C-PAY-6), to an open connection."""
        self._advance(at)
        if connection in self.registry.connections:
            self._send(connection, message)
        return self._taken()

    def pass_time(self, at: Moment) -> list[Effect]:
        """Nothing happened but that time passed."""
        self._advance(at)
        return self._taken()

    def _handle(self, connection: int, message: WorkerMessage | UnknownType, at: Moment) -> None:
        worker = self.registry.workers.get(connection)
        if isinstance(message, UnknownType):
            self._error(
                connection, WireCode.UNKNOWN_MSG, f"Unknown type: {shown(message.type, 64)}"
            )  # C-ERR-5
        elif isinstance(message, Register):
            self._register(connection, message, at)
        elif worker is None:
            self._error(connection, WireCode.NOT_REGISTERED, "Register first", FIRST_FRAME)  # C-ERR-7
        elif isinstance(message, Heartbeat):
            self._beat(worker, message, at)
        else:
            self._answer(worker, message, at)

    def _register(self, connection: int, message: Register, at: Moment) -> None:
        """A well-formed `register` succeeds, unless no honest worker has such a key: C-REG-6."""
        fault = key_fault(bytes.fromhex(message.provider_pubkey))
        if fault is not None:
            self._refuse_registration(connection, f"provider_pubkey {fault}", USABLE_KEY)
            return
        self._attendance.register(connection, message, at.now)

    def _beat(self, worker: Worker, message: Heartbeat, at: Moment) -> None:
        """Answer a heartbeat (C-HBT-1); one under another key refreshes nobody (C-HBT-6, C-ERR-8)."""
        if message.provider_pubkey.lower() != worker.key:
            detail = f"heartbeat under another key: {message.provider_pubkey}"
            self._error(worker.connection, WireCode.INVALID_MSG, detail, OWN_KEY)
            return
        self.registry.beat(worker, at.now)
        self._send(worker.connection, HeartbeatAck(status="ok"))

    def _answer(self, worker: Worker, message: JobComplete | JobReject | ReceiptSubmit, at: Moment) -> None:
        """What is accepted gets no reply (C-JOB-10), the rest JOB_NOT_ASSIGNED (C-ERR-9)."""
        if isinstance(message, JobComplete):
            taken = self.dispatcher.complete(worker, message, at)
        elif isinstance(message, JobReject):
            taken = self.dispatcher.reject(worker, message.job_id, message.reason, at)
        else:
            taken = self.dispatcher.submit_receipt(worker, message, at)
        if not taken:
            detail = "The job is not assigned to this worker"
            self._error(worker.connection, WireCode.JOB_NOT_ASSIGNED, detail, HELD_JOB)

    def _advance(self, at: Moment) -> None:
        """Do first what was due before this input."""
        self._attendance.pass_time(at)
        self.dispatcher.pass_time(at)
        self._attendance.drop_silent(at.now)

    def _refuse(self, connection: int, fault: Violation) -> None:
        if fault.clause in _REGISTER_CLAUSES:
            self._refuse_registration(connection, f"{fault.detail} (at {shown(fault.place)})", fault.clause)
            return
        text = f"Invalid JSON: {fault.detail}" if fault.code is WireCode.PARSE_ERROR else str(fault)
        self._error(connection, fault.code, text, fault.clause)

    def _refuse_registration(self, connection: int, detail: str, clause: str) -> None:
        """Say so in the acknowledgement (C-REG-4, C-REG-5); nobody is registered by it (C-REG-8)."""
        self._send(connection, RegisterAck(status="error", error=detail))
        self._effects.append(Refused(connection, WireCode.INVALID_MSG, detail, clause))

    def _error(self, connection: int, code: WireCode, detail: str, clause: str = "") -> None:
        self._send(connection, Error(code=code, message=detail))
        self._effects.append(Refused(connection, code, detail, clause))

    def _send(self, connection: int, message: CoordinatorMessage) -> None:
        self._effects.append(Send(connection, message))

    def _taken(self) -> list[Effect]:
        effects = self._effects.copy()
        self._effects.clear()
        return effects
