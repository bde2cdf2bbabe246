"""A probe: a job that the worker declared and that is easy, given to see whether it still works."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Unpack

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.conduct import Session
from dispatch_conformance.jobs import RECEIPT_SECONDS, Answer, Assignment, Payload, Terms
from dispatch_conformance.missing import Missing, NotDeclared, WorkerSilent
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

    What follows then could only be waited for in vain, ten seconds or sixty at a time. A worker that answers,
    and takes long for it, is asked for so many `seconds`.
    """

    stage: Stage
    left: int
    seconds: float = 60.0
    given: list[Assignment] = field(default_factory=list)

    async def run(self, job_type: str, payload: Payload, **terms: Unpack[Terms]) -> Answer:
        """Assign a job and wait for its answer. At its end raises WorkerSilent, or Missing for a slow one."""
        if not self.left:
            raise WorkerSilent("the worker leaves its jobs without an answer")
        if self.given and (spent := self.stage.transcript.now - self.given[0].sent_at) > self.seconds:
            raise Missing(f"the worker took {spent:.0f} s for {len(self.given)} jobs, and got no more")
        assignment = await self.stage.assign(job_type, payload, **terms)
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


async def expect_answers(stage: Stage, session: Session) -> float:
    """How many seconds an easy job takes that follows nothing. Raises WorkerSilent if it is not answered."""
    probing = await probe(stage, session)
    if not probing.works:
        raise WorkerSilent(f"the worker does not answer its first job: {probing.instead}")
    return probing.assignment.answers[0].after


async def probe(stage: Stage, session: Session, *, suspicion: float | None = None) -> Probing:
    """Give an easy job on this very connection and wait for its answer; see `watch`."""
    job_type, payload = easy_job(session)
    if session.link.open:
        assignment = await stage.assign(job_type, payload, session=session)
    else:
        assignment = stage.prepare(job_type, payload)
    return await watch(stage, session, assignment, suspicion=suspicion)


async def watch(
    stage: Stage, session: Session, assignment: Assignment, *, suspicion: float | None = None
) -> Probing:
    """Wait for an assignment's answer on its connection, until its time is up or none can come there.

    A `suspicion` ends the wait sooner, after so many seconds.
    """
    process = stage.process
    left = max(0.0, assignment.left(stage.transcript.now))
    seconds = left if suspicion is None else min(left, suspicion)

    def settled() -> bool:
        ended = process is not None and not process.running
        return bool(assignment.answers) or session.link.closed is not None or ended

    await stage.transcript.changes.until(settled, seconds)
    return Probing(assignment, bool(assignment.answers), what_happened(stage, session, assignment))


def what_happened(stage: Stage, session: Session, assignment: Assignment) -> str:
    """Why there is no answer, in words."""
    closed, process = session.link.closed, stage.process
    if process is not None and not process.running:
        return f"the worker ended ({process.ending()})"
    if closed is not None:
        return f"the connection ended with {closed.code}, by the {closed.by}"
    return f"no answer within {stage.transcript.now - assignment.sent_at:.0f} s"
