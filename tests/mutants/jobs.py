"""What a worker does with an assignment, from its arrival to its answer."""

import asyncio
from typing import Any

from tests.mutants.model import Model, Refusal
from tests.mutants.proof import Proof
from tests.mutants.tasks import Tasks

Message = dict[str, Any]
REMEMBERED = 10_000


class Jobs(Tasks, Proof, Model):
    """The jobs of a worker: those that run, and the ids of those it has seen."""

    def __init__(self) -> None:
        """No job yet."""
        self.jobs: dict[str, asyncio.Task[None]] = {}
        self.seen: dict[str, None] = {}
        self.leaving = False

    async def send(self, message: Message) -> None:
        """Send a message, if there still is a connection."""
        raise NotImplementedError

    async def on_job_assign(self, message: Message) -> None:
        job_id = message.get("job_id")
        if not isinstance(job_id, str) or not self.is_new(job_id):
            return
        if self.leaving:
            await self.reject(job_id, "the worker is stopping")
            return
        self.seen[job_id] = None
        if len(self.seen) > REMEMBERED:
            del self.seen[next(iter(self.seen))]
        self.jobs[job_id] = asyncio.create_task(self.work(job_id, message))

    def is_new(self, job_id: str) -> bool:
        return job_id not in self.seen

    async def work(self, job_id: str, message: Message) -> None:
        """Do a job and answer it, whatever happens."""
        try:
            output = await self.perform(message.get("job_type"), message.get("payload"))
        except Refusal as why:
            await self.reject(job_id, str(why))
        except Exception as error:
            await self.reject(job_id, f"failed: {error!r}")
        else:
            await self.complete(job_id, output)
        self.jobs.pop(job_id, None)

    async def perform(self, job_type: Any, payload: Any) -> Any:
        fields = payload if isinstance(payload, dict) else {}
        if job_type == "LLM_INFER":
            prompt, limit = fields.get("prompt"), fields.get("max_tokens")
            if isinstance(prompt, str) and prompt and isinstance(limit, float | None):
                return await self.infer(prompt, self.token_limit(limit))
        if job_type == "TASK":
            task_type, text = fields.get("task_type"), fields.get("input")
            if isinstance(task_type, str) and task_type and isinstance(text, str) and text:
                return self.run_task(task_type, text)
        return self.faulty("Unsupported job payload")

    def token_limit(self, limit: float | None) -> float:
        return 256.0 if limit is None else limit

    def run_task(self, task_type: str, text: str) -> Any:
        try:
            return self.compute(task_type, text)
        except KeyError:
            return self.faulty(f"Unknown task_type: {task_type}")

    def faulty(self, error: str) -> Any:
        return {"error": error}

    async def complete(self, job_id: str, output: Any) -> None:
        await self.send(self.completion(job_id, output))

    async def reject(self, job_id: str, reason: str) -> None:
        await self.send({"type": "job_reject", "job_id": job_id, "reason": reason})
