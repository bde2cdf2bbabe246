"""Clients of the load generators: each commits a job, polls it until it is finished, and commits the next."""

import asyncio
import json
import time
from typing import Any, Final

from bench.sockets import HttpConnection

POLL_SECONDS: Final = 0.005
"""How long a client waits before it asks (again) how its job stands, unless it is told otherwise."""

BODY: Final = json.dumps(
    {
        "job_type": "TASK",
        "user_id": "user_abc123",
        "payload": {
            "job_type": "TASK",
            "task_type": "summarize",
            "input": "Dispatch is a decentralized compute network that pays for idle machines. " * 2,
        },
    }
).encode()
"""The job that everybody commits."""


class Clients:
    """The clients of one process."""

    def __init__(self, port: int, count: int, pause: float = POLL_SECONDS) -> None:
        self._port = port
        self._pause = pause
        self._count = count
        self._connections: list[HttpConnection] = []

    async def prepare(self) -> None:
        """Connect them all."""
        self._connections = [await HttpConnection.connect(self._port) for _ in range(self._count)]

    async def run(self, jobs: str) -> dict[str, Any]:
        """Have so many jobs done by all together; the seconds each took, and how often was asked for them."""
        each, seconds = int(jobs) // self._count, list[float]()
        polls = await asyncio.gather(*(_run(line, each, seconds, self._pause) for line in self._connections))
        return {"seconds": seconds, "polls": sum(polls)}

    async def report(self, _: str) -> dict[str, Any]:
        """Nothing besides what `run` reports."""
        return {}


async def _run(connection: HttpConnection, jobs: int, seconds: list[float], pause: float) -> int:
    """One client: its jobs one after the other. Raises RuntimeError where one does not complete."""
    polls = 0
    for _ in range(jobs):
        begun = time.perf_counter()
        status, body = await connection.request("POST /v1/jobs/commit/cheap", BODY)
        if status != 201:
            raise RuntimeError(f"commit: {status} {body!r}")
        head = f"GET /v1/jobs/{json.loads(body)['job_id']}"
        job: dict[str, Any] = {"status": "pending"}
        while job["status"] in ("pending", "assigned"):
            await asyncio.sleep(pause)
            job = json.loads((await connection.request(head))[1])
            polls += 1
        seconds.append(time.perf_counter() - begun)
        if job["status"] != "completed" or job["receipt"].get("verified") is False:
            raise RuntimeError(f"job {job}")
    return polls
