"""Outputs and receipts: the hash of every output, and a receipt for every job that was completed.

Clauses W-CAN-1, W-CAN-2, W-RCP-1, W-RCP-2, W-RCP-13; what a receipt says is the matter of `verification`.
"""

import re
from typing import Final

from dispatch_protocol.messages import JobComplete, ReceiptSubmit
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.records import Assignment, Connection, Delivery
from dispatch_protocol.rules.verification import verify
from dispatch_protocol.transitions import AssignmentState

RECEIPT_SECONDS: Final = 5.0
"""How long after its `job_complete` a receipt may come."""

PATIENCE: Final = 30.0
"""After so many seconds without a receipt none is expected any more."""

_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_LONGEST_EARLY: Final = 8_192


def completed(
    ledger: Ledger, facts: Facts, connection: Connection, held: Assignment, message: JobComplete
) -> None:
    """A job was completed: its hash, and its receipt, if it is bundled or came before."""
    if connection.key is None:
        return
    held.output_hash = message.output.hash
    _judge_hash(ledger, connection, message)
    job = facts.jobs.get(held.job_id)
    if job is not None and held.state is AssignmentState.COMPLETED:
        job.output_hash = held.output_hash
    given = facts.early.pop((connection.number, held.job_id))
    if given is None and message.receipt is not None:
        given = Delivery(
            message.job_id, message.receipt, message.receipt_signature, True, ledger.t, ledger.index
        )
    if given is not None:
        verify(ledger, job, connection, held, given, sent_hash=message.output_hash)
    elif not held.has_receipt:
        connection.awaiting.put(held.job_id, held)


def submitted(ledger: Ledger, facts: Facts, connection: Connection, message: ReceiptSubmit) -> None:
    """A receipt came by itself. The first one of a job counts; what it says is judged beside the output."""
    members = message.receipt.value
    named = members.get("job_id") if isinstance(members, dict) else None
    if connection.key is None or not isinstance(named, str):
        return
    name = name_of(named)
    held = facts.assignment(connection, name)
    given = Delivery(named, message.receipt, message.signature, False, ledger.t, ledger.index)
    if held is None:
        _judge_stray(ledger, connection, named)
    elif held.has_receipt:
        return
    elif held.state is AssignmentState.ASSIGNED:
        held.has_receipt = True
        if len(message.receipt.text) <= _LONGEST_EARLY:
            facts.early.put((connection.number, name), given)
    elif held.output_hash is not None:
        connection.awaiting.pop(name)
        _judge_lateness(ledger, connection, held)
        verify(ledger, facts.jobs.get(name), connection, held, given, sent_hash=held.output_hash)


def pass_time(ledger: Ledger, connection: Connection, *, ended: bool = False) -> None:
    """Time passed: whether a receipt is missing for good. `ended`: none will come any more."""
    for name, held in connection.awaiting.items():
        elapsed = ledger.t - held.answered
        if elapsed <= (RECEIPT_SECONDS if ended else PATIENCE):
            continue
        connection.awaiting.pop(name)
        held.has_receipt = True
        if not connection.faulted:
            ledger.failed(
                "W-RCP-1",
                "the job was completed without a receipt",
                place="$.receipt",
                expected="a receipt, bundled or in a receipt_submit",
                actual="none",
                connection=connection.number,
                index=held.answered_index,
            )


def _judge_hash(ledger: Ledger, connection: Connection, message: JobComplete) -> None:
    if _HASH.match(message.output_hash) is None:
        clause, expected = "W-CAN-1", "64 lower-case hexadecimal digits"
    elif message.output_hash != message.output.hash:
        ledger.passed("W-CAN-1")
        clause, expected = "W-CAN-2", message.output.hash
    else:
        ledger.passed("W-CAN-1", "W-CAN-2")
        return
    ledger.failed(
        clause,
        "the output_hash is not that of the output in the same message",
        place="$.output_hash",
        expected=expected,
        actual=message.output_hash,
        connection=connection.number,
    )


def _judge_lateness(ledger: Ledger, connection: Connection, held: Assignment) -> None:
    elapsed = ledger.t - held.answered
    if connection.faulted:
        return
    if elapsed <= RECEIPT_SECONDS:
        ledger.passed("W-RCP-13")
    else:
        ledger.failed(
            "W-RCP-13",
            "the receipt_submit came late",
            expected=f"within {RECEIPT_SECONDS:g} s of the job_complete",
            actual=f"after {elapsed:.1f} s",
            connection=connection.number,
        )


def _judge_stray(ledger: Ledger, connection: Connection, named: str) -> None:
    """A receipt for no job of this connection; if one job waits for its receipt, that is the one meant."""
    if connection.forgetful or connection.opened is None:
        return
    if len(connection.awaiting) == 1:
        (expected, held), *_ = connection.awaiting.items()
        connection.awaiting.pop(expected)
        held.has_receipt = True
    else:
        expected = "a job that was assigned on this connection"
    ledger.failed(
        "W-RCP-2",
        "the receipt names another job",
        place="$.receipt.job_id",
        expected=expected,
        actual=named,
        connection=connection.number,
    )
