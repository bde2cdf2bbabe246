"""Clients for the soak: they commit, poll, outlast every loss, and hold the coordinator to what it said.

Whatever was answered with 201 is noted. When its final status is first seen, that answer is noted too, and
must be the same whenever it is asked for again.
"""

import asyncio
import json
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from dispatch_protocol.canonical import stringify
from dispatch_protocol.tasks import summarize

from bench.sockets import HttpConnection

ERRORS: Final = {"worker_disconnected", "no_eligible_worker", "worker_timeout", "invalid_receipt"}
"""Why a job may fail."""

_PATIENCE: Final = 10.0
_OPEN: Final = ("pending", "assigned", "running")


class SteadyClients:
    """The clients of one process; each commits a job every `pace` seconds while `run` lasts."""

    def __init__(self, port: int, count: int, pace: float = 0.1, first: int = 0) -> None:
        self._port = port
        self._count = count
        self._pace = pace
        self._first = first
        self._texts: dict[str, str] = {}
        self._finals: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._wrong: list[str] = []

    async def prepare(self) -> None:
        """Nothing is to be prepared."""

    async def run(self, seconds: str) -> dict[str, Any]:
        """Commit and poll for so long."""
        until = asyncio.get_running_loop().time() + float(seconds)
        await asyncio.gather(*(self._live(self._first + number, until) for number in range(self._count)))
        return await self.report("")

    async def report(self, _: str) -> dict[str, Any]:
        """The counts so far, and what was wrong, a little of it."""
        return {"counts": dict(self._counts), "wrong": self._wrong[:10], "faults": len(self._wrong)}

    async def settle(self, seconds: str) -> dict[str, Any]:
        """Ask for every job until each is finished, for so long at most; then ask for all once more."""
        line = Line(self._port)
        until = asyncio.get_running_loop().time() + float(seconds)
        while waiting := [job_id for job_id in self._texts if job_id not in self._finals]:
            for job_id in waiting:
                await self._ask(line, job_id)
            if asyncio.get_running_loop().time() > until:
                self._wrong += [f"{job_id} is not finished" for job_id in waiting]
                break
            await asyncio.sleep(0.5)
        for job_id in self._texts:
            while not await self._ask(line, job_id):
                await asyncio.sleep(0.2)
        line.close()
        self._counts["asked again"] += len(self._texts)
        return await self.report("")

    async def _live(self, number: int, until: float) -> None:
        line, loop, count = Line(self._port), asyncio.get_running_loop(), 0
        while loop.time() < until:
            count += 1
            job_id = await self._commit(line, f"Client {number} wants its job {count} summarized. " * 6)
            while job_id is not None and job_id not in self._finals and loop.time() < until:
                await asyncio.sleep(self._pace / 4)
                await self._ask(line, job_id)
            await asyncio.sleep(self._pace)
        line.close()

    async def _commit(self, line: "Line", text: str) -> str | None:
        payload = {"job_type": "TASK", "task_type": "summarize", "input": text}
        body = json.dumps({"job_type": "TASK", "user_id": "soak", "payload": payload}).encode()
        status, answer = await line.ask("POST /v1/jobs/commit/cheap", body)
        if status != 201:
            self._counts[f"commit answered {status}" if status else "commit lost"] += 1
            return None
        job_id = str(answer["job_id"])
        self._texts[job_id] = text
        self._counts["committed"] += 1
        return job_id

    async def _ask(self, line: "Line", job_id: str) -> bool:
        """How the job stands, held against what is known of it; whether there was an answer."""
        status, answer = await line.ask(f"GET /v1/jobs/{job_id}")
        if status == 404:
            self._wrong.append(f"{job_id} is lost")
            return True
        if status != 200:
            self._counts[f"poll answered {status}" if status else "poll lost"] += 1
            return False
        mark = sha256(stringify(answer).encode()).digest()
        if job_id in self._finals:
            if mark != self._finals[job_id]:
                self._wrong.append(f"{job_id} changed: {answer}")
        elif answer["status"] not in _OPEN:
            self._finals[job_id] = mark
            self._judge(job_id, answer)
        return True

    def _judge(self, job_id: str, job: dict[str, Any]) -> None:
        result = job["result"]
        if job["status"] == "completed":
            is_right = result == summarize(self._texts[job_id])
            is_verified = job["receipt"] is not None and job["receipt"]["verified"] is True
            self._counts["completed" if is_verified else "completed, not verified"] += 1
            if not is_right or not is_verified:
                self._wrong.append(f"{job_id} is completed with {result} and {job['receipt']}")
        elif job["status"] == "failed" and result.get("error") in ERRORS:
            self._counts[f"failed: {result['error']}"] += 1
        else:
            self._wrong.append(f"{job_id} ended as {job['status']} with {result}")


class Line:
    """One client's connection, made anew when it is lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: HttpConnection | None = None

    async def ask(self, head: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer; 0 and nothing where none came, or none that is whole."""
        try:
            if self._connection is None:
                self._connection = await HttpConnection.connect(self._port)
            status, text = await asyncio.wait_for(self._connection.request(head, body), _PATIENCE)
            if status == 429 or status >= 500:
                await asyncio.sleep(0.1)
            return status, json.loads(text)
        except (OSError, TimeoutError, ValueError):
            self.close()
            await asyncio.sleep(0.1)
            return 0, {}

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None
