"""Answers: exactly one per assignment, in time, for the right job, of the right kind.

Clauses W-JOB, W-OUT-1, W-BAD-10 and W-END-8.
"""

from typing import Final

from dispatch_protocol.messages import JobComplete, JobReject
from dispatch_protocol.rules import assignments
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.reading import Reading
from dispatch_protocol.rules.records import Assignment, Connection
from dispatch_protocol.transitions import ASSIGNMENT, AssignmentState, AssignmentStep, successor
from dispatch_protocol.vocabulary import JobType

_FORM: Final = {"job_complete": "W-JOB-8", "job_reject": "W-JOB-9"}
_SHORTEST_NAME: Final = 8


def answered(ledger: Ledger, facts: Facts, connection: Connection, reading: Reading) -> Assignment | None:
    """A `job_complete` or `job_reject` came. Gives the assignment that it completes, if it does.

    One at fault is blamed for its form alone: the assignment it belongs to is then not also unanswered.
    """
    message = reading.message
    if not isinstance(message, JobComplete | JobReject):
        _attempt(ledger, facts, connection, reading.job_id)
        return None
    if reading.violation is None:
        ledger.passed(_FORM[reading.kind or ""])
    name = name_of(message.job_id)
    held = connection.held.get(name)
    if held is None or held.answers:
        _judge_stray(ledger, facts, connection, message, name)
        return None
    ledger.passed("W-JOB-4", "W-JOB-5", "W-JOB-6", "W-JOB-7")
    _judge_lateness(ledger, connection, held)
    _judge_kind(ledger, connection, held, message)
    _take(ledger, facts, connection, held, message, in_form=reading.violation is None)
    return held if isinstance(message, JobComplete) else None


def illegible(ledger: Ledger, facts: Facts, connection: Connection, payload: str | bytes) -> None:
    """A frame that is no message: a job that it mentions counts as attempted, not as unanswered."""
    connection.illegible = True
    for held in connection.running():
        name = held.job_id
        if (name in payload) if isinstance(payload, str) else (name.encode("utf-8", "replace") in payload):
            held.attempted = True
            assignments.settle(ledger, facts, connection, held)


def _attempt(ledger: Ledger, facts: Facts, connection: Connection, job_id: str | None) -> None:
    """An answer whose members are at fault, for the job it names or for the only one it can mean."""
    running = connection.running()
    held = connection.held.get(name_of(job_id)) if job_id is not None else None
    if held is None and len(running) == 1:
        held = running[0]
    if held is not None and held.is_running:
        held.attempted = True
        assignments.settle(ledger, facts, connection, held)


def _take(
    ledger: Ledger,
    facts: Facts,
    connection: Connection,
    held: Assignment,
    message: JobComplete | JobReject,
    *,
    in_form: bool,
) -> None:
    """The assignment is answered. For the coordinator it stays open if the frame was not in form."""
    step = AssignmentStep.COMPLETE if isinstance(message, JobComplete) else AssignmentStep.REJECT
    following = successor(ASSIGNMENT, held.state, step)
    was_running = held.is_running
    held.answers += 1
    held.answered, held.answered_index = ledger.t, ledger.index
    if in_form and following is not None:
        held.state = following
        connection.held.pop(held.job_id)
    else:
        held.attempted = True
    if was_running:
        assignments.settle(ledger, facts, connection, held)
    facts.answered.put((connection.number, held.job_id), held)


def _judge_lateness(ledger: Ledger, connection: Connection, held: Assignment) -> None:
    if not held.job_type or not held.alone or connection.faulted:
        return
    clause, limit = assignments.DEADLINES[JobType(held.job_type)]
    elapsed = ledger.t - held.since
    if elapsed <= limit:
        ledger.passed(clause)
    else:
        ledger.failed(
            clause,
            "the answer came late",
            expected=f"within {limit:g} s of the assignment",
            actual=f"after {elapsed:.1f} s",
            connection=connection.number,
        )


def _judge_kind(
    ledger: Ledger, connection: Connection, held: Assignment, message: JobComplete | JobReject
) -> None:
    """Whether the job should have been completed, or not as if nothing were wrong with it."""
    if held.faulty:
        output = message.output.value if isinstance(message, JobComplete) else {"error": message.reason}
        if isinstance(output, dict) and isinstance(output.get("error"), str):
            ledger.passed("W-BAD-10")
        else:
            ledger.failed(
                "W-BAD-10",
                "a faulty job was completed as if it were sound",
                place="$.output",
                expected='job_reject, or an output {"error": "..."}',
                actual=message.output.text if isinstance(message, JobComplete) else "",
                connection=connection.number,
            )
    elif held.job_type == JobType.TASK and held.doable and held.alone:
        if isinstance(message, JobComplete):
            ledger.passed("W-OUT-1")
        else:
            ledger.failed(
                "W-OUT-1",
                "a well-formed task was rejected by an idle worker that declared TASK",
                expected="job_complete",
                actual=f"job_reject: {message.reason}",
                connection=connection.number,
            )


def _judge_stray(
    ledger: Ledger, facts: Facts, connection: Connection, message: JobComplete | JobReject, name: str
) -> None:
    """An answer that no open assignment waits for: a repeated one, one for a lost job, or one unasked."""
    known = facts.assignment(connection, name)
    if known is not None and known.answers:
        _judge_repetition(ledger, connection, known, message)
        return
    alike = next((held for held in connection.running() if _alike(held.job_id, name)), None)
    if alike is not None:
        alike.attempted = True
        assignments.settle(ledger, facts, connection, alike)
        clause, expected = "W-JOB-7", f"the job_id as it was assigned: {alike.job_id}"
    elif connection.key is not None and (connection.key.lower(), name) in facts.lost:
        clause, expected = "W-END-8", "no answer: the connection that brought this job is gone"
    elif connection.forgetful or connection.opened is None:
        return
    else:
        clause, expected = "W-JOB-6", "answers to jobs that were assigned on this connection"
    ledger.failed(
        clause,
        "an answer that no assignment waits for",
        place="$.job_id",
        expected=expected,
        actual=message.job_id,
        connection=connection.number,
    )


def _judge_repetition(
    ledger: Ledger, connection: Connection, known: Assignment, message: JobComplete | JobReject
) -> None:
    """A second answer. As many answers are in order as the job was assigned."""
    known.answers += 1
    if known.answers <= known.offers:
        return
    completes = isinstance(message, JobComplete)
    was_completed = known.state is AssignmentState.COMPLETED
    ledger.failed(
        "W-JOB-4" if completes == was_completed else "W-JOB-5",
        "the assignment was answered already",
        expected="one answer",
        actual=f"{message.__struct_config__.tag} after the job was {known.state.value}",
        connection=connection.number,
    )


def _alike(name: str, other: str) -> bool:
    """Whether two ids differ in letter case, punctuation, or in what stands around them, and no more."""
    one, two = ("".join(letter for letter in text.lower() if letter.isalnum()) for text in (name, other))
    return min(len(one), len(two)) >= _SHORTEST_NAME and (one in two or two in one)
