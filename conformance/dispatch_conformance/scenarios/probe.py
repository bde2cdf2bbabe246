"""A probe: a job that the worker declared and that is easy, given to see whether it still works."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.conduct import Session
from dispatch_conformance.jobs import RECEIPT_SECONDS, Answer, Assignment
from dispatch_conformance.missing import NotDeclared, WorkerLost
from dispatch_conformance.stage import Stage

WORDS = "still there"


class Declares(Protocol):
    """Whoever says what a worker can do: a Session, a Register."""

    @property
    def capabilities(self) -> Sequence[str]:
        """The job types that it declared."""


@dataclass(frozen=True, slots=True)
class Probing:
    """What became of a probe: `works` if it was answered, else `instead` says what happened."""

    assignment: Assignment
    works: bool
    instead: str


def easy_job(session: Declares, words: str = WORDS) -> tuple[JobType, dict[str, JsonValue]]:
    """A job type that the worker declared, and a payload for it. Raises NotDeclared if it declared none."""
    if JobType.TASK in session.capabilities:
        return JobType.TASK, {"task_type": TaskType.SUMMARIZE, "input": words}
    if JobType.LLM_INFER in session.capabilities:
        return JobType.LLM_INFER, {"prompt": words, "max_tokens": 16}
    raise NotDeclared("the worker declared no capability")


@dataclass(slots=True)
class Patience:
    """Gives one job after another, until `left` of them have stayed without an answer.

    What follows then could only be waited for in vain, ten seconds or sixty at a time.
    """

    stage: Stage
    left: int
    given: list[Assignment] = field(default_factory=list)

    async def run(self, job_type: JobType, payload: JsonValue) -> Answer:
        """Assign a job and wait for its answer. Raises WorkerLost where patience is at its end."""
        if not self.left:
            raise WorkerLost("the worker leaves its jobs without an answer")
        assignment = await self.stage.assign(job_type, payload)
        self.given.append(assignment)
        answer = await assignment.answer()
        if not answer.answered:
            self.left -= 1
        return answer

    async def receipts(self) -> None:
        """Wait for receipts that come apart from their answers, long enough to tell late ones from none."""

        def all_there() -> bool:
            return all(has_receipt(assignment) for assignment in self.given)

        await self.stage.until(all_there, RECEIPT_SECONDS + 0.5)


def has_receipt(assignment: Assignment) -> bool:
    """Whether a job needs no receipt any more: it was not completed, or its receipt has come."""
    completed = [answer for answer in assignment.answers if answer.completed]
    return not completed or completed[0].receipt is not None or bool(assignment.submitted)


async def probe(stage: Stage, session: Session) -> Probing:
    """Give an easy job on this very connection and wait for its answer, or for the connection's end."""
    job_type, payload = easy_job(session)
    if session.link.open:
        assignment = await stage.assign(job_type, payload, session=session)
    else:
        assignment = stage.prepare(job_type, payload)
    return await watch(stage, session, assignment)


async def watch(stage: Stage, session: Session, assignment: Assignment) -> Probing:
    """Wait for an assignment's answer on its connection, or until none can come there."""
    process = stage.process
    seconds = assignment.patience

    def settled() -> bool:
        ended = process is not None and not process.running
        return bool(assignment.answers) or session.link.closed is not None or ended

    await stage.transcript.changes.until(settled, seconds)
    return Probing(assignment, bool(assignment.answers), what_happened(stage, session, seconds))


def what_happened(stage: Stage, session: Session, seconds: float) -> str:
    """Why there is no answer, in words."""
    closed, process = session.link.closed, stage.process
    if process is not None and not process.running:
        return f"the worker ended ({process.ending()})"
    if closed is not None:
        return f"the connection ended with {closed.code}, by the {closed.by}"
    return f"no answer within {seconds:.0f} s"
