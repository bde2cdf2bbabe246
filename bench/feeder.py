"""A coordinator for one worker, as a process: `python -m bench.feeder`; see `bench.worker`.

It acknowledges one registration, then for every line `feed JOBS WINDOW` of its input assigns so many jobs,
never more than WINDOW at a time, and prints how long that took. Every answer must be for a job that is out,
and right: its output hash, and of one in a hundred the signature too, unless `unverified` is its argument.
Ends with its input, or over a wrong answer.
"""

import asyncio
import json
import sys
import time
import uuid
from contextlib import suppress
from typing import Any, Final

import uvloop
from dispatch_protocol.canonical import Json, hash_text
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.tasks import summarize
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

TEXT: Final = "Dispatch is a decentralized compute network that pays for idle machines. " * 2
HASH: Final = hash_text(Json.of(summarize(TEXT)).text)

_VERIFIED: Final = 100
_PAYLOAD: Final = json.dumps({"job_type": "TASK", "task_type": "summarize", "input": TEXT})


class Feeder:
    """One worker's coordinator. Each frame is looked at when it comes, and answered with the next job."""

    def __init__(self, *, verifies: bool) -> None:
        self._verifies = verifies
        self._pubkey = ""
        self._worker: ServerConnection | None = None
        self._out: set[str] = set()
        self._done = 0
        self._wanted = 0
        self._finished = asyncio.Event()

    async def converse(self, connection: ServerConnection) -> None:
        """Serve the worker until it goes; a wrong answer ends what is being fed."""
        try:
            with suppress(ConnectionClosed):
                await self._listen(connection)
        finally:
            self._finished.set()

    async def _listen(self, connection: ServerConnection) -> None:
        async for frame in connection:
            message = json.loads(frame)
            if message["type"] == "register":
                self._pubkey, self._worker = message["provider_pubkey"], connection
                await connection.send('{"type":"register_ack","status":"ok","worker_id":"worker"}')
                print(json.dumps({"registered": time.monotonic()}), flush=True)
            elif message["type"] == "heartbeat":
                await connection.send('{"type":"heartbeat_ack","status":"ok"}')
            else:
                await self._take(message)

    async def feed(self, jobs: int, window: int) -> float:
        """Have so many jobs done; the seconds it took. Raises RuntimeError where that is not to be had."""
        if self._worker is None:
            raise RuntimeError("no worker")
        self._done, self._wanted = 0, jobs
        self._finished.clear()
        begun = time.perf_counter()
        for _ in range(window):
            await self._assign(self._worker)
        await self._finished.wait()
        if self._done < jobs:
            raise RuntimeError(f"{self._done} of {jobs} jobs were done")
        return time.perf_counter() - begun

    async def _assign(self, worker: ServerConnection) -> None:
        job_id = str(uuid.uuid4())
        self._out.add(job_id)
        await worker.send(
            f'{{"type":"job_assign","job_id":"{job_id}","job_type":"TASK","payload":{_PAYLOAD},'
            f'"policy":"CHEAP","privacy_class":"PUBLIC","user_id":"user_abc123"}}'
        )

    async def _take(self, message: dict[str, Any]) -> None:
        self._out.remove(message["job_id"])
        assert message["output_hash"] == HASH
        if self._verifies and self._done % _VERIFIED == 0:
            self._verify(message)
        self._done += 1
        if self._done + len(self._out) < self._wanted and self._worker is not None:
            await self._assign(self._worker)
        elif not self._out:
            self._finished.set()

    def _verify(self, message: dict[str, Any]) -> None:
        found = verify_receipt(
            Json.of(message["receipt"]),
            message["receipt_signature"],
            job_id=message["job_id"],
            pubkey=self._pubkey,
            output_hash=HASH,
        )
        assert found.verified, found.faults


async def _main() -> None:
    feeder = Feeder(verifies="unverified" not in sys.argv)
    async with serve(feeder.converse, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        (listening,) = server.sockets
        print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            _, jobs, window = line.split()
            print(json.dumps({"seconds": await feeder.feed(int(jobs), int(window))}), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
