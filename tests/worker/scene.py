"""A worker as a real process, and a coordinator for it that follows a test's script."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.worker.driver import ACK
from tests.worker.listening import Request, Script, answer, read_request

WAIT = 20.0
PAIRED = answer(200, {"user_id": "user_abc123", "paired_at": "2026-01-01T00:00:00.000Z"})


@dataclass
class Visit:
    """One connection of a worker, seen from the coordinator."""

    socket: ServerConnection

    async def send(self, text: str | bytes) -> None:
        """Send one message."""
        await self.socket.send(text)

    async def receive(self) -> Any:
        """The next frame, parsed."""
        text = await asyncio.wait_for(self.socket.recv(), WAIT)
        assert isinstance(text, str)
        return json.loads(text)

    async def register(self) -> Any:
        """Take the registration and acknowledge it; the frame that came."""
        register = await self.receive()
        await self.send(ACK)
        return register

    async def closing(self) -> int:
        """Wait for the end; the code that the worker closed with, 1006 for none."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(self.socket.recv(), WAIT)
        return self.socket.close_code or 1006


@dataclass
class Coordinator:
    """WebSocket and HTTP on one port. Each connection is a visit; each POST is answered by `script`."""

    port: int = 0
    script: Script = PAIRED
    claims: list[Request] = field(default_factory=list)
    visits: asyncio.Queue[Visit] = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        """Its URL, as COORDINATOR_URL takes it."""
        return f"http://127.0.0.1:{self.port}"

    async def visit(self) -> Visit:
        """The next connection."""
        return await asyncio.wait_for(self.visits.get(), WAIT)


@asynccontextmanager
async def coordinating(port: int = 0) -> AsyncIterator[Coordinator]:
    """A coordinator on a port of the loopback, a free one unless told otherwise."""
    state = Coordinator()
    over = asyncio.Event()
    pipes: set[asyncio.StreamWriter] = set()

    async def on_socket(socket: ServerConnection) -> None:
        state.visits.put_nowait(Visit(socket))
        ending = asyncio.create_task(over.wait())
        await asyncio.wait(
            [ending, asyncio.create_task(socket.wait_closed())], return_when=asyncio.FIRST_COMPLETED
        )
        ending.cancel()

    async with serve(on_socket, "127.0.0.1", 0, compression=None, max_size=None) as inner:
        inner_port = next(iter(inner.sockets)).getsockname()[1]

        async def on_front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            pipes.add(writer)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                start = await reader.readexactly(4)
                if start == b"POST":
                    state.claims.append(await read_request(reader, start))
                    await state.script(writer)
                else:
                    await _join(reader, writer, start, inner_port)
            pipes.discard(writer)
            writer.close()

        front = await asyncio.start_server(on_front, "127.0.0.1", port)
        state.port = front.sockets[0].getsockname()[1]
        try:
            yield state
        finally:
            front.close()
            over.set()
            for writer in pipes:
                writer.transport.abort()
            await front.wait_closed()
            await asyncio.sleep(0.01)


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, start: bytes, inner_port: int
) -> None:
    """Pass bytes on in both directions until either side ends."""
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner_port)
    inner_writer.write(start)
    try:
        await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))
    finally:
        inner_writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@dataclass
class Process:
    """A running worker, and what it printed."""

    process: asyncio.subprocess.Process
    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    printed: list[str] = field(default_factory=list)

    async def line(self, start: str) -> str:
        """Wait for a line that begins so, behind the prefix."""
        while True:
            line = await asyncio.wait_for(self.lines.get(), WAIT)
            self.printed.append(line)
            if line.removeprefix("[Desktop Worker] ").startswith(start):
                return line

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to stop."""
        self.process.send_signal(number)

    async def exit(self) -> int:
        """Wait for its end; its exit code."""
        code = await asyncio.wait_for(self.process.wait(), WAIT)
        while not self.lines.empty():
            self.printed.append(self.lines.get_nowait())
        return code


def working(folder: Path, *arguments: str, **variables: str) -> AbstractAsyncContextManager[Process]:
    """A worker in this folder, with these options and variables; killed at the end if it still lives."""
    return started(folder, ("-m", "dispatch_worker", *arguments), variables)


@asynccontextmanager
async def started(
    folder: Path, program: tuple[str, ...], variables: dict[str, str]
) -> AsyncIterator[Process]:
    """The same, of a program that Python is told to run."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_PATH"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *program,
        cwd=folder,
        env=environment | {"OLLAMA_BASE_URL": "http://127.0.0.1:1"} | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    state = Process(process)

    async def collect() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            state.lines.put_nowait(line.decode().rstrip("\n"))

    collecting = asyncio.create_task(collect())
    try:
        yield state
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await collecting
