"""Whether a worker still works after something was done to it: it is given one more job."""

from dataclasses import dataclass

from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.conduct import Session
from dispatch_conformance.jobs import Answer, Payload
from dispatch_conformance.missing import WorkerLost
from dispatch_conformance.stage import Stage
from dispatch_conformance.transcript import Mark


@dataclass(frozen=True, slots=True)
class Survival:
    """`well` if the job was answered on the same connection; `text` says what happened, `marks` where."""

    well: bool
    text: str
    marks: tuple[Mark, ...] = ()
    answer: Answer | None = None


def easy_job(session: Session) -> tuple[JobType, Payload]:
    """A job that any worker with the session's capabilities can do."""
    if JobType.TASK in session.capabilities or JobType.LLM_INFER not in session.capabilities:
        return JobType.TASK, {"job_type": "TASK", "task_type": "summarize", "input": "still there"}
    return JobType.LLM_INFER, {"job_type": "LLM_INFER", "prompt": "still there", "max_tokens": 16}


async def still_works(stage: Stage, session: Session, timeout: float | None = None) -> Survival:
    """Give the worker an easy job on this session and tell whether it is answered in time."""
    job_type, payload = easy_job(session)
    try:
        assignment = await stage.assign(job_type, payload, session=session)
    except WorkerLost as lost:
        return Survival(False, str(lost))
    answer = await assignment.answer(timeout)
    return Survival(answer.answered, answer.in_words(), answer.marks, answer)
