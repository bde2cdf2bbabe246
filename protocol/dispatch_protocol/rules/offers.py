"""What a coordinator assigns, and to whom. Clauses C-JOB, C-MAT, C-REG-8, C-DEMO-3, C-REST-3."""

import re
from typing import Final

from dispatch_protocol.messages import JobAssign
from dispatch_protocol.rules.assignments import SETTLE_SECONDS
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.records import Connection, Job, Terms
from dispatch_protocol.transitions import SessionState
from dispatch_protocol.vocabulary import JobType

DEMO_USER: Final = "demo-coordinator"
"""The `user_id` of every demo job."""

DEMO_PREFIX: Final = "demo-"
"""What the id of every demo job begins with."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ROUNDING: Final = 0.001
_MOST_REJECTIONS: Final = 64


def assigned(
    ledger: Ledger, facts: Facts, connection: Connection, message: JobAssign, patience: float
) -> None:
    """A well-formed `job_assign`, before the worker holds it."""
    name = name_of(message.job_id)
    job = facts.jobs.get(name) or Job()
    _judge_worker(ledger, connection, message, patience)
    _judge_id(ledger, facts, connection, job, message)
    job.holder, job.index = connection.number, ledger.index
    job.assigned = Terms(
        message.policy, message.privacy_class, name_of(message.user_id), message.payload.hash
    )
    facts.jobs.put(name, job)
    judge_terms(ledger, job, connection.number)


def rejected(facts: Facts, connection: Connection, job_id: str) -> None:
    """A worker gave the job back: it must not come to the same one again."""
    job = facts.jobs.get(name_of(job_id))
    if job is not None and job.holder == connection.number and connection.key is not None:
        job.holder = None
        job.rejected_by = (*job.rejected_by, connection.key.lower())[-_MOST_REJECTIONS:]


def committed(ledger: Ledger, facts: Facts, job_id: str, terms: Terms) -> None:
    """A client's commit was answered with this id, before or after the job was assigned."""
    name = name_of(job_id)
    job = facts.jobs.get(name) or Job()
    job.committed = terms
    facts.jobs.put(name, job)
    judge_terms(ledger, job, None)


def judge_terms(ledger: Ledger, job: Job, connection: int | None) -> None:
    """Whether the job was assigned as it was committed, once both are known."""
    if job.assigned is None or job.committed is None:
        return
    for clause, name, given, asked in (
        ("C-REST-3", "policy", job.assigned.policy, job.committed.policy),
        ("C-JOB-4", "privacy_class", job.assigned.privacy_class, job.committed.privacy_class),
        ("C-JOB-5", "payload", job.assigned.payload_hash, job.committed.payload_hash),
        ("C-JOB-6", "user_id", job.assigned.user_id, job.committed.user_id),
    ):
        if given == asked:
            ledger.passed(clause)
        else:
            ledger.failed(
                clause,
                f"the job was not assigned with the `{name}` that the client committed",
                place=f"$.{name}",
                expected=asked,
                actual=given,
                connection=connection,
                index=job.index,
            )


def _judge_worker(ledger: Ledger, connection: Connection, message: JobAssign, patience: float) -> None:
    """Whether this worker may get a job now, and this one."""
    ledger.passed("C-JOB-1", "C-JOB-3")
    if connection.phase is SessionState.REFUSED:
        _fail(ledger, connection, "C-REG-8", "a worker that was accepted", "one that was refused")
        return
    if connection.phase is not SessionState.REGISTERED:
        if connection.opened is not None:
            _fail(
                ledger, connection, "C-MAT-1", "a registered worker", f"one that is {connection.phase.value}"
            )
        return
    others = [held for held in connection.held if held.is_running and ledger.t - held.since < patience]
    since_ack = ledger.t - connection.registered
    capable = message.job_type in connection.capabilities
    for clause, fits, expected, actual in (
        ("C-JOB-7", not others, "a worker that holds no job", f"one that holds {len(others)}"),
        (
            "C-MAT-1",
            capable,
            f"a worker that declared {message.job_type}",
            ", ".join(connection.capabilities),
        ),
        (
            "C-JOB-21",
            since_ack >= SETTLE_SECONDS - _ROUNDING,
            f"{SETTLE_SECONDS:g} s after the register_ack",
            f"{since_ack:.3f} s after it",
        ),
    ):
        if fits:
            ledger.passed(clause)
        else:
            _fail(ledger, connection, clause, expected, actual)


def _judge_id(ledger: Ledger, facts: Facts, connection: Connection, job: Job, message: JobAssign) -> None:
    """Whether the id is a job's that may be assigned, here and now."""
    demo = message.user_id == DEMO_USER or message.job_id.startswith(DEMO_PREFIX)
    is_uuid = _UUID.fullmatch(message.job_id.removeprefix(DEMO_PREFIX)) is not None
    if demo:
        sound = message.job_id.startswith(DEMO_PREFIX) and message.job_type == JobType.TASK and is_uuid
        if sound and message.user_id == DEMO_USER:
            ledger.passed("C-DEMO-3")
        else:
            expected = f"a TASK of {DEMO_USER} under {DEMO_PREFIX} and a UUID"
            _fail(ledger, connection, "C-DEMO-3", expected, f"{message.job_type} {message.job_id}")
    elif not is_uuid:
        _fail(ledger, connection, "C-JOB-2", "a UUID", message.job_id)
    key = (connection.key or "").lower()
    held_elsewhere = job.holder is not None and job.holder != connection.number
    if key in job.rejected_by:
        _fail(ledger, connection, "C-JOB-13", "a worker that has not rejected it", message.job_id)
    elif job.output_hash is not None or (job.holder == connection.number):
        _fail(ledger, connection, "C-JOB-2", "a job that was not assigned before", message.job_id)
    elif held_elsewhere and facts.connections.get(job.holder or 0) is not None:
        _fail(ledger, connection, "C-MAT-8", "a job that nobody holds", message.job_id)
    elif held_elsewhere:
        _fail(ledger, connection, "C-JOB-15", "a job that did not fail with its worker", message.job_id)
    elif demo or is_uuid:
        ledger.passed("C-JOB-2", "C-JOB-13", "C-MAT-8")


def _fail(ledger: Ledger, connection: Connection, clause: str, expected: str, actual: str) -> None:
    ledger.failed(
        clause,
        "a job was assigned that should not have been, or not here",
        expected=expected,
        actual=actual,
        connection=connection.number,
    )
