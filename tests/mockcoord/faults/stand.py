"""A coordinator under faults, and a worker that sees every frame as it is on the wire."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.faults import Fault, Faults
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.recording import Fault as Mark
from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import Role

from tests.hostile import wire
from tests.mockcoord.client import TASK, client, settings
from tests.mockcoord.driver import identity

GRACE = "C-JOB-21"
WAIT = 30.0
SILENCE = 0.15
COORDINATOR = frozenset({Role.COORDINATOR})


class WireFrame(NamedTuple):
    """One frame as it came."""

    opcode: int
    fin: bool
    payload: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The message that this frame holds."""
        value = Json.read(self.payload).value
        assert isinstance(value, dict)
        return value


class Stand:
    """The coordinator that runs, its faults, and its transcript."""

    def __init__(self, running: MockCoordinator, faults: Faults, keeper: Timekeeper) -> None:
        self.running = running
        self.faults = faults
        self.advance = keeper.advance
        self.events: list[TranscriptEvent] = []

    @property
    def marks(self) -> list[Mark]:
        """The faults that the transcript shows."""
        return [event for event in self.events if isinstance(event, Mark)]

    async def commit(self, **changes: Any) -> str:
        """A client's job; gives its id."""
        async with client(self.running) as asked:
            answer = await asked.post("/v1/jobs/commit/fast", json={**TASK, **changes})
        assert answer.status_code == 201
        return str(answer.json()["job_id"])

    async def status(self, job_id: str) -> dict[str, Any]:
        """How the job stands, as a client sees it."""
        async with client(self.running) as asked:
            answer: dict[str, Any] = (await asked.get(f"/v1/jobs/{job_id}")).json()
        return answer


class Plain:
    """A worker on a socket of its own, which answers nothing by itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.identity = identity(number)

    def send(self, opcode: int, payload: bytes) -> None:
        """Send one frame."""
        self.writer.write(wire.frame(opcode, payload, masked=True))

    def say(self, message: dict[str, Any]) -> None:
        """Send one message."""
        self.send(wire.TEXT, stringify(message).encode())

    def register(self, **changes: Any) -> None:
        """Ask to be registered."""
        self.say(
            {
                "type": "register",
                "provider_pubkey": self.identity.pubkey_hex,
                "provider_type": "DESKTOP",
                "capabilities": ["LLM_INFER", "TASK"],
                **changes,
            }
        )

    def beat(self) -> None:
        """Send a heartbeat."""
        self.say({"type": "heartbeat", "provider_pubkey": self.identity.pubkey_hex})

    async def frame(self) -> WireFrame:
        """The next frame. Raises IncompleteReadError where the connection has ended instead."""
        return await asyncio.wait_for(self._frame(), WAIT)

    async def message(self) -> dict[str, Any]:
        """The next frame, which is a whole message."""
        frame = await self.frame()
        assert (frame.opcode, frame.fin) == (wire.TEXT, True), frame
        return frame.message

    async def silence(self) -> None:
        """Make sure that nothing comes for a while, not even the end."""
        reading = asyncio.ensure_future(self.reader.read(1))
        done, _ = await asyncio.wait([reading], timeout=SILENCE)
        reading.cancel()
        assert not done

    async def end(self) -> int:
        """Read to the end of the connection; gives the code of the close frame, 1006 where there was none."""
        try:
            while True:
                frame = await self.frame()
                if frame.opcode == wire.CLOSE:
                    self.send(wire.CLOSE, frame.payload[:2])
                    return int(struct.unpack("!H", frame.payload[:2])[0]) if frame.payload else 1005
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006

    async def _frame(self) -> WireFrame:
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return WireFrame(first & 0x0F, bool(first & 0x80), await self.reader.readexactly(length))


@asynccontextmanager
async def stand(
    *faults: Fault | str, seed: int = 1, terms: Terms | None = None, roles: frozenset[Role] = frozenset(Role)
) -> AsyncIterator[Stand]:
    """A coordinator under these faults. Its transcript breaks no clause: all is excused, or right."""
    layer = Faults(faults, seed=seed)
    keeper = Timekeeper()
    options = {} if terms is None else {"terms": terms}
    running = MockCoordinator(settings(**options), clock=keeper.clock, layers=[keeper, layer])
    stand, rules, findings = Stand(running, layer, keeper), Rules(roles=roles), list[Finding]()

    def tap(event: TranscriptEvent) -> None:
        stand.events.append(event)
        findings.extend(rules.feed(event))

    running.tap(tap)
    async with running:
        yield stand
        ended = running.switchboard.elapsed()
    findings += rules.finish(ended)
    assert [finding for finding in findings if finding.clause != GRACE] == []


@asynccontextmanager
async def plain(stand: Stand, number: int = 1) -> AsyncIterator[Plain]:
    """A worker's connection, not yet registered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stand.running.port)
    try:
        writer.write(wire.handshake(f"127.0.0.1:{stand.running.port}"))
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield Plain(reader, writer, number)
    finally:
        writer.transport.abort()


async def until(condition: Callable[[], object]) -> None:
    """Wait until this comes true."""
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def registering(stand: Stand, number: int = 1, **changes: Any) -> AsyncIterator[Plain]:
    """A worker that has asked to be registered."""
    async with plain(stand, number) as worker:
        worker.register(**changes)
        yield worker


@asynccontextmanager
async def registered(stand: Stand, number: int = 1, **changes: Any) -> AsyncIterator[Plain]:
    """A worker that is registered."""
    async with registering(stand, number, **changes) as worker:
        assert (await worker.message())["status"] == "ok"
        yield worker
