"""Defects of assignments and answers: W-JOB."""

import asyncio
from typing import Any

from tests.mutants.jobs import Message
from tests.mutants.model import Refusal
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

TOLD_BY_ANSWERS = (
    *(f"W-BAD-{number}" for number in range(1, 10)),
    *(f"W-JOB-{number}" for number in (7, 10, 11, 12, 13)),
    *(f"W-ROB-{number}" for number in range(1, 19)),
    *("W-END-3", "W-OUT-1", "W-PAIR-6", "W-PAIR-7"),
)
"""What shows only by the answer to a job: for want of one, any of them may seem broken."""

LATE = ("W-JOB-1",)
"""Who waits as long as the clauses say does not see an answer that comes later."""


@defect("third-job-forgotten", "W-JOB-1", "leaves every third job without an answer", *TOLD_BY_ANSWERS)
class ThirdJobForgotten(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        if len(self.seen) % 3:
            await super().complete(job_id, output)


@defect("slow-tasks", "W-JOB-2", "answers tasks after 11 seconds", *LATE)
class SlowTasks(Worker):
    async def perform(self, job_type: Any, payload: Any) -> Any:
        if job_type == "TASK":
            await asyncio.sleep(11)
        return await super().perform(job_type, payload)


@defect("slow-model-calls", "W-JOB-3", "answers LLM_INFER jobs after 61 seconds", *LATE)
class SlowModelCalls(Worker):
    async def infer(self, prompt: str, limit: float) -> Any:
        await asyncio.sleep(61)
        return await super().infer(prompt, limit)


@defect("completes-twice", "W-JOB-4", "completes every job twice")
class CompletesTwice(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        await super().complete(job_id, output)
        await super().complete(job_id, output)


@defect("completes-and-rejects", "W-JOB-5", "rejects what it has just completed")
class CompletesAndRejects(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        await super().complete(job_id, output)
        await self.reject(job_id, "done")


@defect("answers-payments", "W-JOB-6", "completes the jobs that a payment notice names", "W-ROB-15")
class AnswersPayments(Worker):
    async def on_other(self, message: Message) -> None:
        if message.get("type") == "payment_posted":
            for job_id in message.get("job_ids") or []:
                await self.complete(job_id, {})


@defect("strips-demo", "W-JOB-7", "strips the prefix demo- from job ids")
class StripsDemo(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        await super().complete(job_id.removeprefix("demo-"), output)


@defect("lower-cases-ids", "W-JOB-7", "answers under the job id in lower case")
class LowerCasesIds(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        await super().complete(job_id.lower(), output)


TOLD_BY_OUTPUTS = ("W-BAD-10", "W-JOB-1", "W-JOB-11", "W-LLM-1", "W-LLM-5", "W-LLM-6", "W-OUT-1", "W-ROB-13")
"""Without an output a job is not completed at the coordinator, and nothing of its output is right."""


@defect("result-for-output", "W-JOB-8", "calls the output result", *TOLD_BY_OUTPUTS)
class ResultForOutput(Worker):
    def completion(self, job_id: str, output: Any) -> Message:
        whole = super().completion(job_id, output)
        return {"result" if name == "output" else name: value for name, value in whole.items()}


@defect("rejects-without-reason", "W-JOB-9", "rejects jobs without a reason")
class RejectsWithoutReason(Worker):
    async def reject(self, job_id: str, reason: str) -> None:
        await self.send({"type": "job_reject", "job_id": job_id, "reason": None})


@defect("refuses-private", "W-JOB-10", "rejects PRIVATE jobs", "W-OUT-1")
class RefusesPrivate(Worker):
    async def work(self, job_id: str, message: Message) -> None:
        if message.get("privacy_class") == "PRIVATE":
            await self.reject(job_id, "PRIVATE is not supported")
            del self.jobs[job_id]
        else:
            await super().work(job_id, message)


@defect("trusts-payload-type", "W-JOB-11", "takes the job type from the payload")
class TrustsPayloadType(Worker):
    async def perform(self, job_type: Any, payload: Any) -> Any:
        inner = payload.get("job_type") if isinstance(payload, dict) else None
        return await super().perform(inner or job_type, payload)


@defect("drops-the-second-job", "W-JOB-12", "ignores an assignment while another one runs")
class DropsTheSecondJob(Worker):
    async def on_job_assign(self, message: Message) -> None:
        if not self.jobs:
            await super().on_job_assign(message)


@defect("listens-late", "W-JOB-13", "listens for jobs a moment after its register_ack")
class ListensLate(Worker):
    listening = False

    def on_registered(self) -> None:
        super().on_registered()
        self.listening = False
        asyncio.get_running_loop().call_later(0.005, setattr, self, "listening", True)

    async def on_job_assign(self, message: Message) -> None:
        if self.listening:
            await super().on_job_assign(message)


@defect("refuses-classify", "W-OUT-1", "rejects classify as not supported")
class RefusesClassify(Worker):
    def classify(self, text: str) -> Any:
        raise Refusal("classify is not supported")
