"""A client and a worker over real sockets, for the tests of the running coordinator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import websockets
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.tasks import summarize

from tests.mockcoord.driver import identity

AT_ONCE = Terms(settle_seconds=0)
TASK = {"job_type": "TASK", "user_id": "user", "payload": {"task_type": "summarize", "input": "some text"}}


def settings(**changes: Any) -> Settings:
    """In memory, on any free port, with no grace for new workers."""
    return Settings(**{"terms": AT_ONCE, **changes})


def client(running: MockCoordinator) -> httpx2.AsyncClient:
    """An HTTP client of this coordinator; to be used in `async with`."""
    return httpx2.AsyncClient(base_url=running.url, timeout=10)


class Worker:
    """A worker on an open connection."""

    def __init__(self, socket: websockets.ClientConnection, number: int) -> None:
        self.socket = socket
        self.identity = identity(number)

    async def say(self, frame: str | bytes | dict[str, Any]) -> None:
        await self.socket.send(stringify(frame) if isinstance(frame, dict) else frame)

    async def hear(self) -> dict[str, Any]:
        frame = await asyncio.wait_for(self.socket.recv(), 10)
        value = Json.read(frame).value
        assert isinstance(value, dict)
        return value

    async def register(self, **changes: Any) -> dict[str, Any]:
        await self.say(
            {
                "type": "register",
                "provider_pubkey": self.identity.pubkey_hex,
                "provider_type": "DESKTOP",
                "capabilities": ["LLM_INFER", "TASK"],
                **changes,
            }
        )
        return await self.hear()

    async def beat(self) -> dict[str, Any]:
        """A heartbeat and its answer: whatever was sent before it has been handled by then."""
        await self.say({"type": "heartbeat", "provider_pubkey": self.identity.pubkey_hex})
        return await self.hear()

    def completion(
        self, assignment: dict[str, Any], output: JsonValue = None, done: str = "2026-11-22T06:08:52.643Z"
    ) -> dict[str, Any]:
        """The answer to an assignment, summarizing its input unless another output is given."""
        value = Json.of(summarize(assignment["payload"]["input"]) if output is None else output)
        text = receipt_text(assignment["job_id"], self.identity.pubkey_hex, value.hash, done)
        return {
            "type": "job_complete",
            "job_id": assignment["job_id"],
            "output": value.value,
            "output_hash": value.hash,
            "receipt": Json.read(text).value,
            "receipt_signature": sign_receipt(text, self.identity),
        }

    async def work(self) -> str:
        """Take one assignment and complete it; gives the job's id."""
        assignment = await self.hear()
        assert assignment["type"] == "job_assign"
        await self.say(self.completion(assignment))
        assert (await self.beat())["type"] == "heartbeat_ack"
        return str(assignment["job_id"])


@asynccontextmanager
async def connected(running: MockCoordinator, path: str = "/") -> AsyncIterator[Worker]:
    """A worker's connection, not yet registered, under the key of its count."""
    async with websockets.connect(running.ws_url + path, max_size=None) as socket:
        yield Worker(socket, 1)


@asynccontextmanager
async def worker(running: MockCoordinator, number: int = 1, **changes: Any) -> AsyncIterator[Worker]:
    """A registered worker under the key with this number."""
    async with websockets.connect(running.ws_url, max_size=None) as socket:
        registered = Worker(socket, number)
        assert (await registered.register(**changes))["status"] == "ok"
        yield registered
