"""A small HTTP server that answers by script: for a model server and for claims."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """What one request carried."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Listening:
    """A server on a port of its own: the requests so far, and how it answers the next."""

    script: Script
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"


def answer(status: int, body: object, **headers: str) -> Script:
    """A script: one whole answer. A body that is no bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Told", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def raw(content: bytes) -> Script:
    """A script: these bytes, then the end."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return write


def late(seconds: float, script: Script) -> Script:
    """A script after a while."""

    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await script(writer)

    return wait


async def read_request(reader: asyncio.StreamReader, start: bytes = b"") -> Request:
    """One request with a Content-Length; `start` is what was read of it already."""
    head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (text.split(":", 1) for text in rest)}
    return Request(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))


@asynccontextmanager
async def listening(script: Script) -> AsyncIterator[Listening]:
    """Serve on a free port of the loopback; connections still open at the end are cut."""
    state = Listening(script)
    open_: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            state.requests.append(await read_request(reader))
            state.arrived.set()
            await state.script(writer)
        open_.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for writer in open_:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
