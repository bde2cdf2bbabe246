"""Workers for the soak: real signatures, and the patience of a real worker, whatever the coordinator does.

A lost connection is opened again after 1, 2, 4 … 30 seconds, with jitter and under the same key; frames that
make no sense are ignored; an assignment that cannot be done is given back.
"""

import asyncio
import json
from collections import Counter, OrderedDict
from contextlib import suppress
from random import Random
from typing import Any, Final

from dispatch_protocol.canonical import stringify
from dispatch_protocol.vocabulary import (
    ACK_SECONDS,
    CLOSE_REPLACED,
    HEARTBEAT_SECONDS,
    MAX_FRAME_BYTES,
    SILENCE_SECONDS,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from bench.load_workers import completion, identity, registration

LONGEST_WAIT: Final = 30.0
"""The longest pause before a new attempt, in seconds."""

_REMEMBERED: Final = 1_000


class SteadyWorkers:
    """The workers of one process, numbered from `first`; they work from `run` on until the process ends."""

    def __init__(self, port: int, count: int, first: int = 0) -> None:
        self._counts: Counter[str] = Counter()
        self._workers = [SteadyWorker(port, first + number, self._counts) for number in range(count)]
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Nothing is to be prepared."""

    async def run(self, _: str) -> dict[str, Any]:
        """Begin."""
        self._tasks = [asyncio.create_task(worker.live()) for worker in self._workers]
        return {}

    async def report(self, _: str) -> dict[str, Any]:
        """How often they registered, completed and rejected, and how often connections ended with which code.

        Raises what a worker stumbled over.
        """
        for task in self._tasks:
            if task.done():
                task.result()
        return dict(self._counts)


class SteadyWorker:
    """One worker, over as many connections as it takes."""

    def __init__(self, port: int, number: int, counts: Counter[str]) -> None:
        self._url = f"ws://127.0.0.1:{port}/"
        self._key = identity(number)
        self._chance = Random(number)
        self._counts = counts
        self._answered: OrderedDict[str, None] = OrderedDict()

    async def live(self) -> None:
        """Connect, serve, and connect again."""
        failures = 0
        while True:
            try:
                async with connect(
                    self._url, compression=None, proxy=None, ping_interval=None, max_size=MAX_FRAME_BYTES
                ) as connection:
                    if await self._serve(connection):
                        failures = 0
            except (OSError, TimeoutError, WebSocketException):
                self._counts["not connected"] += 1
            wait = min(LONGEST_WAIT, 2.0**failures)
            failures += 1
            await asyncio.sleep(wait * self._chance.uniform(0.5, 1.0))

    async def _serve(self, connection: ClientConnection) -> bool:
        """One connection to its end; whether it was registered."""
        await connection.send(registration(self._key.pubkey_hex))
        is_registered, beating = False, None
        try:
            while True:
                patience = SILENCE_SECONDS if is_registered else ACK_SECONDS
                message = _read(await asyncio.wait_for(connection.recv(), patience))
                kind = message.get("type")
                if kind == "register_ack" and not is_registered:
                    if message.get("status") != "ok":
                        self._counts["registration refused"] += 1
                        return False
                    is_registered = True
                    self._counts["registered"] += 1
                    beating = asyncio.create_task(self._beat(connection))
                elif kind == "job_assign":
                    await self._work(connection, message)
        except TimeoutError:
            self._counts["gave up in silence"] += 1
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            self._counts["replaced" if code == CLOSE_REPLACED else f"closed with {code}"] += 1
        finally:
            if beating is not None:
                beating.cancel()
        return is_registered

    async def _beat(self, connection: ClientConnection) -> None:
        frame = stringify({"type": "heartbeat", "provider_pubkey": self._key.pubkey_hex})
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(HEARTBEAT_SECONDS)
                await connection.send(frame)

    async def _work(self, connection: ClientConnection, assignment: dict[str, Any]) -> None:
        job_id = assignment.get("job_id")
        if not isinstance(job_id, str) or job_id in self._answered:
            return
        self._answered[job_id] = None
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        await asyncio.sleep(self._service())
        payload = assignment.get("payload")
        text = payload.get("input") if isinstance(payload, dict) else None
        if isinstance(text, str):
            await connection.send(completion(job_id, text, self._key))
            self._counts["completed"] += 1
        else:
            reason = "the payload makes no sense"
            await connection.send(stringify({"type": "job_reject", "job_id": job_id, "reason": reason}))
            self._counts["rejected"] += 1

    def _service(self) -> float:
        """How long a job takes, in seconds: most are quick, but there is always one in somebody's hands."""
        return self._chance.uniform(0, 2.0 if self._chance.random() < 0.1 else 0.02)


def _read(frame: str | bytes) -> dict[str, Any]:
    """The message in a frame; an empty one where there is none."""
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
