"""The legal variants: what the specification leaves open, done otherwise. None of them breaks a clause."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.mutants.jobs import Message
from tests.mutants.model import Refusal
from tests.mutants.registry import variant
from tests.mutants.worker import Worker


@variant("with-metrics", "sends metrics, and its first heartbeat at once")
class WithMetrics(Worker):
    def first_beat_seconds(self) -> float:
        return 0.0

    def heartbeat(self) -> Message:
        return super().heartbeat() | {
            "metrics": {"cpu_pct": 12.5, "active_jobs": len(self.jobs), "fans": "on"}
        }


@variant("with-price", "sends a pricing hint and members of its own")
class WithPrice(Worker):
    def registration(self) -> Message:
        return super().registration() | {"pricing_hint": "$0.010", "version": "0.3.1", "gpu": None}

    def completion(self, job_id: str, output: Any) -> Message:
        return super().completion(job_id, output) | {"took_ms": 12}


@variant("receipts-apart", "submits receipts after the answer")
class ReceiptsApart(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        whole = self.completion(job_id, output)
        receipt, signature = whole.pop("receipt"), whole.pop("receipt_signature")
        await self.send(whole)
        await self.send({"type": "receipt_submit", "receipt": receipt, "signature": signature})


@variant("receipts-before", "submits receipts before the answer")
class ReceiptsBefore(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        whole = self.completion(job_id, output)
        receipt, signature = whole.pop("receipt"), whole.pop("receipt_signature")
        await self.send({"type": "receipt_submit", "receipt": receipt, "signature": signature})
        await self.send(whole)


@variant("rejects-faults", "rejects faulty jobs")
class RejectsFaults(Worker):
    def faulty(self, error: str) -> Any:
        raise Refusal(error)


@variant("spaced-frames", "writes its frames with white space, and the members in another order")
class SpacedFrames(Worker):
    def encoded(self, message: Message) -> str:
        whole = json.loads(super().encoded(message), parse_float=float)
        return " " + json.dumps({name: whole[name] for name in reversed(whole)}, indent=1) + "\n"


@variant("fragmented-frames", "sends its frames in fragments")
class FragmentedFrames(Worker):
    async def transmit(self, socket: ClientConnection, text: str) -> None:
        await socket.send([text[:7], text[7:20], text[20:]])


@variant("tasks-only", "declares TASK alone")
class TasksOnly(Worker):
    capabilities = ("TASK",)


@variant("models-only", "declares LLM_INFER alone")
class ModelsOnly(Worker):
    capabilities = ("LLM_INFER",)


@variant("seeker", "registers as SEEKER with TASK alone")
class Seeker(Worker):
    provider_type = "SEEKER"
    capabilities = ("TASK",)


@variant("one-at-a-time", "runs one job after the other")
class OneAtATime(Worker):
    desk: asyncio.Lock | None = None

    async def work(self, job_id: str, message: Message) -> None:
        self.desk = self.desk or asyncio.Lock()
        async with self.desk:
            await super().work(job_id, message)


@variant("ends-with-its-connection", "ends when its connection ends")
class EndsWithItsConnection(Worker):
    def on_closed(self, code: int) -> None:
        super().on_closed(code)
        self.status = 1 if self.status is None else self.status


@variant("any-path", "asks for a path of its own")
class AnyPath(Worker):
    async def open_socket(self) -> ClientConnection:
        return await connect(
            self.settings.socket + "/workers/7",
            compression=None,
            ping_interval=None,
            close_timeout=1,
            proxy=None,
        )
