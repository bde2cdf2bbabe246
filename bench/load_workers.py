"""Workers of the load generators: real keys, real outputs, real signatures, and no session behind them."""

import asyncio
import json
import time
from random import Random
from typing import Any, Final

from dispatch_protocol.canonical import hash_text, stringify
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.tasks import summarize
from dispatch_protocol.times import iso_time

from bench.sockets import WebSocket

BEAT_SECONDS: Final = 10.0
"""How often a worker sends its heartbeat."""

_CONNECTING: Final = 64
"""How many connections of one process are opened at the same time."""


def identity(number: int) -> Identity:
    """The key of the worker with this number, the same in every run."""
    return Identity.from_seed((number + 1).to_bytes(32, "big"))


def registration(pubkey: str) -> str:
    """The register frame of a desktop worker."""
    return stringify(
        {
            "type": "register",
            "provider_pubkey": pubkey,
            "provider_type": "DESKTOP",
            "capabilities": ["LLM_INFER", "TASK"],
        }
    )


def completion(job_id: str, text: str, worker: Identity) -> str:
    """The signed job_complete of a summary of this text."""
    output = stringify(summarize(text))
    output_hash = hash_text(output)
    receipt = receipt_text(job_id, worker.pubkey_hex, output_hash, iso_time(time.time_ns() // 1_000_000))
    return (
        f'{{"type":"job_complete","job_id":"{job_id}","output":{output},"output_hash":"{output_hash}",'
        f'"receipt":{receipt},"receipt_signature":"{sign_receipt(receipt, worker)}"}}'
    )


class Worker:
    """One worker on one connection. `service` is how long it takes over a job, in seconds, at most."""

    def __init__(self, number: int, service: float = 0.0) -> None:
        self.key = identity(number)
        self.completed = 0
        self.busy_seconds = 0.0
        self.socket: WebSocket | None = None
        self._service = service
        self._random = Random(number)
        self._heartbeat = stringify({"type": "heartbeat", "provider_pubkey": self.key.pubkey_hex})
        self._registered = asyncio.Event()
        self._beating: asyncio.TimerHandle | None = None

    async def join(self, port: int, first_beat: float = BEAT_SECONDS) -> None:
        """Connect and register; raises ConnectionError where that is refused."""
        self._registered.clear()
        self.socket = await WebSocket.connect(port, self._take)
        self.socket.lost.add_done_callback(self._lost)
        self.socket.send(registration(self.key.pubkey_hex))
        self._beating = asyncio.get_running_loop().call_later(first_beat, self._beat)
        await self._registered.wait()
        if self.socket.lost.done():
            raise ConnectionError("lost before its acknowledgement")

    def _lost(self, _: object) -> None:
        self._registered.set()
        if self._beating is not None:
            self._beating.cancel()

    def _take(self, frame: str) -> None:
        message: dict[str, Any] = json.loads(frame)
        if message["type"] == "register_ack":
            self._registered.set()
        elif message["type"] == "job_assign":
            self._work(message)

    def _work(self, assignment: dict[str, Any]) -> None:
        begun = time.monotonic()
        if self._service:
            seconds = self._service * self._random.uniform(0.5, 1.5)
            asyncio.get_running_loop().call_later(seconds, self._answer, assignment, self.socket, begun)
        else:
            self._answer(assignment, self.socket, begun)

    def _answer(self, assignment: dict[str, Any], socket: WebSocket | None, begun: float) -> None:
        if socket is not None:
            socket.send(completion(assignment["job_id"], assignment["payload"]["input"], self.key))
            self.completed += 1
            self.busy_seconds += time.monotonic() - begun

    def _beat(self) -> None:
        assert self.socket is not None
        self.socket.send(self._heartbeat)
        self._beating = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._beat)


class Workers:
    """The workers of one process, numbered from `first`."""

    def __init__(self, port: int, count: int, first: int = 0, service: float = 0.0) -> None:
        self._port = port
        self._workers = [Worker(first + number, service) for number in range(count)]

    async def prepare(self) -> None:
        """Register them all, a few at a time, their heartbeats spread over the ten seconds."""
        gate, spread = asyncio.Semaphore(_CONNECTING), Random(len(self._workers))

        async def join(worker: Worker) -> None:
            async with gate:
                await worker.join(self._port, spread.uniform(0, BEAT_SECONDS))

        await asyncio.gather(*(join(worker) for worker in self._workers))

    async def report(self, _: str) -> dict[str, Any]:
        """How many jobs they completed, and how long those took them, in seconds."""
        return {
            "completed": sum(worker.completed for worker in self._workers),
            "busy_seconds": sum(worker.busy_seconds for worker in self._workers),
        }

    async def drop(self, count: str) -> dict[str, Any]:
        """Cut this many connections at once, without a close frame."""
        chosen = [self._workers.pop().socket for _ in range(int(count))]
        for socket in chosen:
            if socket is not None:
                socket.drop()
        return {"left": len(self._workers)}
