"""Assignments: whether an answer is owed, and which clause a worker breaks that never gives it.

A worker has to answer whatever it was assigned, but not every silence weighs the same: on a faulty job, on a
job in the ack's own segment, and on a job beside another it breaks a clause of its own, some of them a
SHOULD. Clauses W-JOB, W-BAD.
"""

from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.reading import Reading
from dispatch_protocol.rules.records import Assignment, Connection
from dispatch_protocol.tasks import WHITE_SPACE, Faulty, LlmRequest, TaskRequest, read_payload
from dispatch_protocol.transitions import ASSIGNMENT, AssignmentStep, SessionState, successor
from dispatch_protocol.vocabulary import JobType

SETTLE_SECONDS: Final = 0.25
"""How long after its `register_ack` a worker may still lose a job; deployed ones do."""

DEADLINES: Final = {JobType.TASK: ("W-JOB-2", 10.0), JobType.LLM_INFER: ("W-JOB-3", 60.0)}
"""The clause and the seconds that bound an answer to an otherwise idle worker."""

PATIENCE: Final = 120.0
"""After so many seconds without an answer none is expected any more."""


def assigned(ledger: Ledger, facts: Facts, connection: Connection, reading: Reading) -> None:
    """A `job_assign` reached the worker. One at fault is owed no answer, but may get one."""
    message, job_id = reading.message, reading.job_id
    if job_id is None:
        return
    name = name_of(job_id)
    known = facts.assignment(connection, name)
    if known is not None:
        known.offers += 1
        return
    if isinstance(message, JobAssign) and reading.violation is None:
        new = _assignment(ledger, connection, message, name)
        connection.after_faulty = new.faulty
    else:
        new = _unowed(ledger, name)
    _hold(ledger, connection, name, new)


def settle(ledger: Ledger, facts: Facts, connection: Connection, held: Assignment) -> None:
    """An assignment is no longer running: its answer came, or an attempt at one."""
    if held.silence:
        ledger.passed(held.silence)
    running = connection.running()
    if running and held.index < running[0].index:
        running[0].since = max(running[0].since, ledger.t)
    if connection.pulse is not None:
        connection.pulse.carry(ledger.t, len(running))
    facts.answered.put((connection.number, name_of(held.job_id)), held)


def pass_time(ledger: Ledger, connection: Connection, *, ended: bool = False) -> None:
    """Time passed: whether an answer is overdue. `ended`: none will come any more."""
    if connection.faulted:
        return
    for held in connection.running():
        elapsed = ledger.t - held.since
        limit = _deadline(held) if ended else PATIENCE
        if held.silence and elapsed > limit:
            _report(ledger, connection, held, elapsed)


def lose(facts: Facts, connection: Connection) -> None:
    """The connection is gone: what it held is owed nothing, and must not be answered on another one."""
    for name, held in connection.held.items():
        held.state = successor(ASSIGNMENT, held.state, AssignmentStep.LOSE) or held.state
        if connection.key is not None:
            facts.lost.put((connection.key.lower(), name), connection.number)
    connection.held.clear()


def excuse(connection: Connection) -> None:
    """A job was lost that workers may lose while their pairing claim is on its way."""
    for held in connection.running():
        held.alone = False
        held.silence = _weaker(held.silence, "W-JOB-13")


def _assignment(ledger: Ledger, connection: Connection, message: JobAssign, name: str) -> Assignment:
    request = read_payload(message.job_type, message.payload.value)
    settled = connection.is_registered and ledger.t - connection.registered >= SETTLE_SECONDS
    alone = settled and not connection.running()
    silence = ""
    if connection.is_registered and not connection.faulted:
        fallback = "W-BAD-9" if connection.after_faulty else "W-JOB-1"
        fault = _fault_clause(message.job_type, message.payload.value) if isinstance(request, Faulty) else ""
        silence = fault or fallback
        if not settled:
            silence = _weaker(silence, "W-JOB-13")
        elif not alone:
            silence = _weaker(silence, "W-JOB-12")
    return Assignment(
        job_id=name,
        job_type=message.job_type if message.job_type in set(JobType) else "",
        since=ledger.t,
        index=ledger.index,
        silence=silence,
        alone=alone,
        doable=message.job_type in connection.capabilities and not _is_blank(request),
        faulty=isinstance(request, Faulty),
    )


def _is_blank(request: LlmRequest | TaskRequest | Faulty) -> bool:
    """Whether it is a task on blank input, which a worker may reject."""
    return isinstance(request, TaskRequest) and not request.input.strip(WHITE_SPACE)


def _unowed(ledger: Ledger, name: str) -> Assignment:
    return Assignment(
        job_id=name,
        job_type="",
        since=ledger.t,
        index=ledger.index,
        silence="",
        alone=False,
        doable=False,
        faulty=False,
        attempted=True,
    )


def _hold(ledger: Ledger, connection: Connection, name: str, new: Assignment) -> None:
    if not connection.held.put(name, new):
        connection.forgetful = True
    elif connection.pulse is not None and new.is_running:
        connection.pulse.carry(ledger.t, len(connection.running()))


def _fault_clause(job_type: str, payload: JsonValue) -> str:
    """The clause for a faulty job that stays unanswered; empty where no clause speaks of this fault."""
    if not isinstance(payload, dict):
        return "W-BAD-8"
    if job_type == JobType.LLM_INFER:
        prompt = payload.get("prompt")
        return "" if isinstance(prompt, str) and prompt else "W-BAD-6"
    return _task_fault_clause(payload) if job_type == JobType.TASK else "W-BAD-7"


def _task_fault_clause(payload: dict[str, JsonValue]) -> str:
    for name, clause in (("task_type", "W-BAD-1"), ("input", "W-BAD-2")):
        value = payload.get(name)
        if value is None:
            return clause
        if not isinstance(value, str):
            return "W-BAD-4"
    if not payload["input"]:
        return "W-BAD-3"
    return "W-BAD-5" if payload["task_type"] else "W-BAD-1"


def _weaker(clause: str, circumstance: str) -> str:
    """Of two clauses the one that asks less: a circumstance that excuses takes over from a plain MUST."""
    return clause if clause in ("", "W-BAD-8", "W-JOB-13") else circumstance


def _deadline(held: Assignment) -> float:
    return DEADLINES[JobType(held.job_type)][1] if held.job_type else DEADLINES[JobType.TASK][1]


def _report(ledger: Ledger, connection: Connection, held: Assignment, elapsed: float) -> None:
    held.attempted = True
    if connection.phase is SessionState.REGISTERED:
        ledger.failed(
            held.silence,
            "the assignment was not answered",
            expected="one job_complete or job_reject",
            actual=f"none for {elapsed:.1f} s",
            connection=connection.number,
            index=held.index,
        )
