"""How frames go out on a WebSocket: text, binary, in fragments, several in one segment, as raw bytes.

Source: RFC 6455 §5.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

from dispatch_protocol.errors import TransportError
from dispatch_protocol.recording import Closed, Fault, frame_event
from dispatch_protocol.recording import Opcode as OpcodeName
from dispatch_protocol.vocabulary import Role
from websockets.frames import Frame as WsFrame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from dispatch_conformance.transcript import Transcript

OPCODES: Final[dict[Opcode, OpcodeName]] = {
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
}
"""The opcodes of whole messages and control frames, by the names that transcripts use."""


class Outgoing:
    """The sending half of a connection, numbered `number` in its transcript.

    Everything sent is added to the transcript. `closed` tells how the connection ended, once it has;
    `frames_out` counts messages and control frames that are no answers.
    """

    def __init__(
        self, transcript: Transcript, transport: asyncio.Transport, number: int, max_size: int
    ) -> None:
        self.number = number
        self.frames_out = 0
        self.closed: Closed | None = None
        self._transcript = transcript
        self._transport = transport
        self._protocol = ServerProtocol(max_size=max_size)
        self._held: list[bytes] | None = None
        self._muted = False

    @property
    def open(self) -> bool:
        """Whether frames can be sent."""
        return self.closed is None and self._protocol.state is State.OPEN and not self._muted

    def send(self, payload: str | bytes, *, opcode: OpcodeName = "text") -> int:
        """Send one message in one frame; bytes go out as they are, also under `text`. Returns its index.

        Raises TransportError if the connection is no longer open.
        """
        self._expect_open()
        data = payload.encode("utf-8") if isinstance(payload, str) else payload
        number = next(code for code, name in OPCODES.items() if name == opcode)
        self._write(WsFrame(number, data).serialize(mask=False))
        return self._sent(payload, opcode)

    def answer(self, text: str) -> int:
        """Send what a worker's own frame asked for: it entitles the worker to no more frames."""
        index = self.send(text)
        self.frames_out -= 1
        return index

    def send_fragments(self, pieces: Sequence[bytes], *, opcode: OpcodeName = "text") -> int:
        """Send one message in as many frames as there are pieces (at least one)."""
        self._expect_open()
        kind = Opcode.TEXT if opcode == "text" else Opcode.BINARY
        frames = [
            WsFrame(Opcode.CONT if place else kind, piece, fin=place == len(pieces) - 1)
            for place, piece in enumerate(pieces)
        ]
        self._write(b"".join(frame.serialize(mask=False) for frame in frames))
        whole = b"".join(pieces)
        payload: str | bytes = whole
        if opcode == "text":
            with contextlib.suppress(UnicodeDecodeError):
                payload = whole.decode("utf-8")
        return self._sent(payload, opcode, len(pieces))

    def ping(self, data: bytes = b"") -> int:
        """Send a ping; the answer is added to `pongs`."""
        return self.send(data, opcode="ping")

    def raw(self, data: bytes, why: str) -> int:
        """Send bytes that need not be a frame; kept in the transcript as a fault named `raw`."""
        self._expect_open()
        index = self.fault("raw", f"{why}: {data[:100].hex()}")
        self._write(data)
        return index

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Everything sent inside leaves in one write, so that it arrives in one segment."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            self._write(b"".join(held))

    def fault(self, name: str, detail: str = "") -> int:
        """Note a fault that the suite injects on this connection."""
        transcript = self._transcript
        return transcript.add(Fault(t=transcript.now, name=name, connection=self.number, detail=detail))

    def _expect_open(self) -> None:
        if not self.open:
            ended = self.closed
            how = f"closed with {ended.code} by the {ended.by}" if ended else "closing"
            raise TransportError(f"connection {self.number} is {how}")

    def _sent(self, payload: str | bytes, opcode: OpcodeName, fragments: int = 1) -> int:
        self.frames_out += 1
        t, number = self._transcript.now, self.number
        event = frame_event(t, number, Role.COORDINATOR, payload, opcode=opcode, fragments=fragments)
        return self._transcript.add(event)

    def _write(self, data: bytes) -> None:
        if self._held is not None:
            self._held.append(data)
        elif data and not self._transport.is_closing():  # asyncio warns of each write behind a reset
            self._transport.write(data)
