"""What each frame leads to: which rules it is a matter of, and whether it was called for. Clause W-ROB-15."""

from typing import Final

from dispatch_protocol.messages import (
    Error,
    HeartbeatAck,
    JobAssign,
    JobComplete,
    JobReject,
    ReceiptSubmit,
    RegisterAck,
    UnknownType,
)
from dispatch_protocol.recording import Frame
from dispatch_protocol.rules import (
    answers,
    assignments,
    connections,
    heartbeats,
    offers,
    receipts,
    registration,
    replies,
)
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.reading import Reading, payload_of
from dispatch_protocol.rules.records import Connection
from dispatch_protocol.transitions import SessionState

ANSWER_SECONDS: Final = 1.0
"""A frame out of place that comes so soon after a message without an answer is taken for one to it."""

_WITH_ANSWER: Final = ("register_ack", "heartbeat_ack", "job_assign")
_UNCALLED_FOR: Final = {"W-FRM-2", "W-FRM-4", "W-REG-9", "W-HBT-7", "W-JOB-6", "W-RCP-13"}


def from_worker(ledger: Ledger, facts: Facts, connection: Connection, event: Frame, reading: Reading) -> None:
    """A frame of the worker's, which is judged; its form was already."""
    registration.first_frame(ledger, connection, reading)
    message = reading.message
    if reading.kind is None or isinstance(message, UnknownType):
        if connection.running():
            connection.provoked = None  # it may be the answer to a job
        answers.illegible(ledger, facts, connection, payload_of(event))
    elif reading.kind == "register":
        registration.registering(ledger, facts, connection, reading)
    elif reading.kind == "heartbeat":
        heartbeats.beat(ledger, connection, reading)
    elif reading.kind in ("job_complete", "job_reject"):
        held = answers.answered(ledger, facts, connection, reading)
        if held is not None and isinstance(message, JobComplete):
            receipts.completed(ledger, facts, connection, held, message)
        elif isinstance(message, JobReject):
            offers.rejected(facts, connection, message.job_id)
    elif isinstance(message, ReceiptSubmit):
        receipts.submitted(ledger, facts, connection, message)
    _judge_provoked(ledger, connection, reading)
    connection.spoke = ledger.t


def _judge_provoked(ledger: Ledger, connection: Connection, reading: Reading) -> None:
    """Whether a frame out of place follows at once upon a message that has no answer."""
    if connection.provoked is None or connection.faulted:
        return
    soon = ledger.t - connection.provoked <= ANSWER_SECONDS
    ledger.judge(
        "W-ROB-15",
        not (soon and ledger.broken() & _UNCALLED_FOR),
        "a message that has no answer was answered",
        expected="silence",
        actual=reading.kind or "a frame that cannot be read",
        connection=connection.number,
    )
    connection.provoked = None


def from_coordinator(ledger: Ledger, facts: Facts, connection: Connection, reading: Reading) -> None:
    """A frame of the coordinator's reached the worker: what follows from it for what the worker owes."""
    message = reading.message
    if reading.violation is not None and connection.phase is SessionState.REGISTERING:
        connection.faulted = True  # nobody can tell what the worker made of it
    elif isinstance(message, RegisterAck):
        registration.acknowledged(ledger, facts, connection, message)
    elif reading.kind == "job_assign":
        assignments.assigned(ledger, facts, connection, reading)
    answers_worker = reading.kind == "error" and ledger.t - connection.spoke <= ANSWER_SECONDS
    if connection.is_registered and reading.kind not in _WITH_ANSWER and not answers_worker:
        connection.provoked = ledger.t


def judge_coordinator(
    ledger: Ledger, facts: Facts, connection: Connection, reading: Reading, patience: float
) -> None:
    """Judge a frame of the coordinator's, before anything follows from it; its form was judged already.

    `patience` is how many seconds it waits for an answer before it gives a job up.
    """
    message = reading.message
    if message is None:
        replies.garbled(connection)
    elif isinstance(message, RegisterAck | HeartbeatAck | Error):
        if isinstance(message, RegisterAck):
            connections.acknowledged(ledger, facts, connection, message)
        replies.replied(ledger, connection, message)
    elif isinstance(message, JobAssign):
        offers.assigned(ledger, facts, connection, message, patience)
    elif not isinstance(message, UnknownType):
        ledger.passed(*type(message).clauses.values())
