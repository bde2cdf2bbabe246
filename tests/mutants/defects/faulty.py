"""Defects in the answers to faulty jobs: W-BAD."""

from typing import Any

from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker


class Silent(Worker):
    """Leaves the faulty jobs that `ignores` picks without an answer."""

    def ignores(self, job_type: Any, payload: Any) -> bool:
        """Whether such a job stays unanswered."""
        raise NotImplementedError

    async def work(self, job_id: str, message: Message) -> None:
        if self.ignores(message.get("job_type"), message.get("payload")):
            del self.jobs[job_id]
        else:
            await super().work(job_id, message)


@defect("silent-without-task-type", "W-BAD-1", "leaves a task without task_type unanswered")
class SilentWithoutTaskType(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return job_type == "TASK" and isinstance(payload, dict) and "task_type" not in payload


@defect("silent-without-input", "W-BAD-2", "leaves a task without input unanswered")
class SilentWithoutInput(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return job_type == "TASK" and isinstance(payload, dict) and "input" not in payload


@defect("silent-on-empty-input", "W-BAD-3", "leaves a task with empty input unanswered")
class SilentOnEmptyInput(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return job_type == "TASK" and isinstance(payload, dict) and payload.get("input") == ""


@defect("silent-on-mistyped-input", "W-BAD-4", "leaves a task whose input is no string unanswered")
class SilentOnMistypedInput(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return (
            job_type == "TASK" and isinstance(payload, dict) and not isinstance(payload.get("input", ""), str)
        )


@defect("silent-on-unknown-task", "W-BAD-5", "leaves a task of unknown type unanswered")
class SilentOnUnknownTask(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        known = ("summarize", "classify", "extract_json")
        named = payload.get("task_type") if isinstance(payload, dict) else None
        return job_type == "TASK" and isinstance(named, str) and bool(named) and named not in known


@defect("silent-without-prompt", "W-BAD-6", "leaves an LLM_INFER job without a prompt unanswered")
class SilentWithoutPrompt(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return job_type == "LLM_INFER" and isinstance(payload, dict) and not payload.get("prompt")


@defect("silent-on-unknown-job", "W-BAD-7", "leaves a job of unknown type unanswered")
class SilentOnUnknownJob(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return job_type not in ("TASK", "LLM_INFER")


@defect("silent-on-no-object", "W-BAD-8", "leaves a job whose payload is no object unanswered")
class SilentOnNoObject(Silent):
    def ignores(self, job_type: Any, payload: Any) -> bool:
        return not isinstance(payload, dict)


STUCK = tuple(f"W-BAD-{number}" for number in range(1, 9))
"""Who answers no job after a faulty one leaves the next faulty one as well."""


@defect("stuck-after-a-fault", "W-BAD-9", "answers no job after a faulty one", *STUCK)
class StuckAfterAFault(Silent):
    stuck = False

    def faulty(self, error: str) -> Any:
        self.stuck = True
        return super().faulty(error)

    def ignores(self, job_type: Any, payload: Any) -> bool:
        return self.stuck


@defect("faults-answered-with-nothing", "W-BAD-10", "completes faulty jobs with null")
class FaultsAnsweredWithNothing(Worker):
    def faulty(self, error: str) -> Any:
        return None
