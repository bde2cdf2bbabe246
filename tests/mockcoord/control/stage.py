"""A coordinator with its control face, and raw requests to it: every header is the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx2
from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.control import Control
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.openapi import Description
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.watch import Watch
from dispatch_protocol.canonical import Json
from starlette.routing import BaseRoute

from tests.mockcoord.client import client, settings

WAIT = 20.0


class Answer(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return Json.read(self.body).value


class Stage:
    """The coordinator that runs, and what stands around it."""

    def __init__(self, *, bare: bool = False, pages: tuple[BaseRoute, ...] = (), **changes: Any) -> None:
        token, self.settings = changes.pop("token", None), settings(**changes)
        self.faults = None if bare else Faults(seed=1)
        self.time = None if bare else Timekeeper()
        self.watch = None if bare else Watch(self.settings.terms)
        self.control = Control(faults=self.faults, time=self.time, watch=self.watch, token=token, pages=pages)
        layers = (self.control, Description(with_control=True), self.faults, self.time, self.watch)
        self.running = MockCoordinator(
            self.settings,
            clock=None if self.time is None else self.time.clock,
            layers=[layer for layer in layers if layer is not None],
        )

    def client(self) -> httpx2.AsyncClient:
        return client(self.running)

    async def raw(self, method: str, path: str, *headers: str, body: bytes = b"") -> Answer:
        """What this very request is answered, on a connection of its own; a Host only where one is given."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.running.port)
        length = [f"Content-Length: {len(body)}"] if body else []
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *headers, *length, "Connection: close"])
        writer.write(f"{head}\r\n\r\n".encode() + body)
        try:
            answer = await asyncio.wait_for(reader.read(), WAIT)
        finally:
            writer.close()
        top, _, content = answer.partition(b"\r\n\r\n")
        first, *lines = top.decode("latin-1").split("\r\n")
        named = dict(line.lower().split(": ", 1) for line in lines)
        return Answer(int(first.split()[1]), named, content)

    @property
    def host(self) -> str:
        return f"Host: 127.0.0.1:{self.running.port}"


@asynccontextmanager
async def stage(**options: Any) -> AsyncIterator[Stage]:
    made = Stage(**options)
    async with made.running:
        yield made


class Told(NamedTuple):
    """One server-sent event."""

    id: str
    kind: str
    data: Any


class Listener:
    """A stream that is read event by event."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Told:
        fields: dict[str, str] = {}
        async with asyncio.timeout(WAIT):
            async for line in self._lines:
                if not line and "data" in fields:
                    return Told(fields["id"], fields["event"], Json.read(fields["data"]).value)
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    async def until(self, kind: str) -> Told:
        """The next event of this kind."""
        while (told := await self.next()).kind != kind:
            pass
        return told


@asynccontextmanager
async def listening(where: Stage, query: str = "", **headers: str) -> AsyncIterator[Listener]:
    async with (
        where.client() as asked,
        asked.stream("GET", f"/_mock/events{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Listener(answer.aiter_lines())
