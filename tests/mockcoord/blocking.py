"""A worker that blocks, for tests of the handle: every step is the test's own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.times import iso_time
from websockets.sync.client import ClientConnection, connect

from tests.mockcoord.client import Worker

PATIENCE = 10.0


class BlockingWorker:
    """A worker on an open connection, under the key of its number."""

    def __init__(self, socket: ClientConnection, number: int) -> None:
        self.socket = socket
        self._answers = Worker(cast(Any, None), number)
        self.pubkey = self._answers.identity.pubkey_hex

    def say(self, frame: str | bytes | dict[str, Any]) -> None:
        self.socket.send(stringify(frame) if isinstance(frame, dict) else frame)

    def hear(self) -> dict[str, Any]:
        value = Json.read(self.socket.recv(PATIENCE)).value
        assert isinstance(value, dict)
        return value

    def register(self, **changes: Any) -> None:
        registration = {"type": "register", "provider_pubkey": self.pubkey, "provider_type": "DESKTOP"}
        self.say({**registration, "capabilities": ["LLM_INFER", "TASK"], **changes})
        assert self.hear()["status"] == "ok"

    def completion(self, assignment: dict[str, Any]) -> dict[str, Any]:
        """The answer to an assignment, finished at this moment."""
        return self._answers.completion(assignment, done=iso_time(time.time_ns() // 1_000_000))

    def complete(self, **changes: Any) -> None:
        """Answer the assignment that comes next."""
        self.say({**self.completion(self.hear()), **changes})


@contextmanager
def registered(url: str, number: int = 1, **changes: Any) -> Iterator[BlockingWorker]:
    """A registered worker under the key with this number."""
    with connect(url, max_size=None) as socket:
        worker = BlockingWorker(socket, number)
        worker.register(**changes)
        yield worker
