"""One WebSocket that a worker opened, every byte of it in the suite's hand.

What comes in is kept exactly; how frames go out is `outgoing`. Hostile workers are survived: a message beyond
MAX_FRAME, more frames than anybody asked for, or bytes that RFC 6455 does not allow fail the connection and
are noted as oddities.

Source: RFC 6455, through the sans-I/O protocol of `websockets`.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol

from dispatch_protocol.errors import shown
from dispatch_protocol.recording import Closed, Frame, Opened, frame_event
from dispatch_protocol.recording import Opcode as OpcodeName
from dispatch_protocol.vocabulary import Role
from websockets.frames import Close, Opcode
from websockets.frames import Frame as WsFrame
from websockets.http11 import Request as WsRequest
from websockets.protocol import State

from dispatch_conformance.outgoing import OPCODES, Outgoing
from dispatch_conformance.transcript import Oddity, Transcript

MAX_FRAME: Final = 16 * 1024 * 1024
"""The longest message taken from a worker, in bytes; far above the protocol's own limit, so that a breach of
that is seen and judged. Beyond it: close 1009."""

FREE_FRAMES: Final = 4_000
"""How many frames a worker may send on a connection whatever happens."""

FRAMES_PER_FRAME: Final = 16
"""How many more it may send for every frame that the suite sent it unasked."""

_NO_CODE: Final = 1005
_ABNORMAL: Final = 1006
_LINGER_SECONDS: Final = 2.0


class Port(Protocol):
    """What a link belongs to, and reports to."""

    transcript: Transcript
    on_link: "Callable[[Link], None]"
    on_frame: "Callable[[Link, Frame, int], None]"

    def forget(self, link: "Link") -> None:
        """The link has ended."""


class Link(Outgoing, asyncio.Protocol):
    """One WebSocket that a worker opened. `number` counts from 1 within its transcript.

    With a `refusal` the worker gets this HTTP status instead of a WebSocket. `refused` says why it got none,
    escaped.
    """

    def __init__(self, wire: Port, transport: asyncio.Transport, number: int) -> None:
        super().__init__(wire.transcript, transport, number, MAX_FRAME)
        self.path = ""
        self.headers: tuple[tuple[str, str], ...] = ()
        self.refusal: HTTPStatus | None = None
        self.refused = ""
        self.frames_in = 0
        self.pongs: list[bytes] = []
        self._wire = wire
        self._pieces: list[bytes] = []
        self._opcode = Opcode.TEXT
        self._ours_first = False
        self._odd = False
        self._opened = False

    # How the suite ends it.

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame (any code, also one that RFC 6455 reserves; None: without one)."""
        self._expect_open()
        self._ours_first = True
        body = b"" if code is None else code.to_bytes(2, "big") + reason.encode("utf-8")
        self._protocol.close_sent = Close(_NO_CODE if code is None else code, reason)
        self._protocol.state = State.CLOSING
        self._write(WsFrame(Opcode.CLOSE, body).serialize(mask=False))
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.abort)

    def drop(self) -> None:
        """End the TCP connection in order, without a close frame."""
        self._ours_first = self.closed is None
        self._transport.close()

    def abort(self) -> None:
        """Reset the TCP connection."""
        self._ours_first = self._ours_first or (self.closed is None and self._protocol.state is State.OPEN)
        self._transport.abort()

    def mute(self) -> None:
        """Go half-open: send nothing more, also no pong and no close; what comes is still kept."""
        self._muted = True
        self.fault("half_open", "nothing is sent from here on")

    # What the worker sends.

    def data_received(self, data: bytes) -> None:
        """Read what came, answer pings and the close, hand messages on."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, WsRequest):
                self._accept(event)
            elif isinstance(event, WsFrame) and not self._odd:
                self._receive(event)
        self._note_fault()
        self._flush()

    @property
    def upgraded(self) -> bool:
        """Whether there ever was a WebSocket."""
        return self._opened

    def eof_received(self) -> bool:
        """The worker sends no more: close this side as well."""
        self._protocol.receive_eof()
        self._flush()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """The TCP connection is gone."""
        self._wire.forget(self)
        by = Role.COORDINATOR if self._ours_first else Role.WORKER
        self._ended(_ABNORMAL, by, "")

    def _accept(self, request: WsRequest) -> None:
        refusal = self.refusal
        response = (
            self._protocol.accept(request) if refusal is None else self._protocol.reject(refusal, "refused\n")
        )
        self._protocol.send_response(response)
        self.path = request.path
        self.headers = tuple(request.headers.raw_items())
        if response.status_code == 101:
            self._opened = True
            self._transcript.add(Opened(t=self._transcript.now, connection=self.number, path=request.path))
            self._flush()
            self._wire.on_link(self)
        else:
            self.refused = shown((response.body or b"").decode("utf-8", "replace").strip())

    def move(self, wire: Port, number: int) -> None:
        """Belong to another wire from now on, under this number in its transcript."""
        self._wire, self._transcript, self.number = wire, wire.transcript, number
        self.pongs.clear()

    def _receive(self, frame: WsFrame) -> None:
        self.frames_in += 1
        if self.frames_in > FREE_FRAMES + FRAMES_PER_FRAME * self.frames_out:
            self._give_up("flood", 1008, f"{self.frames_in} frames for {self.frames_out} received")
            return
        if self._transcript.full:
            self._give_up("flood", 1008, f"more than can be kept, with frame {self.frames_in}")
            return
        data = bytes(frame.data)
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY:
                self._opcode, self._pieces = frame.opcode, [data]
            case Opcode.CONT:
                self._pieces.append(data)
            case Opcode.CLOSE:
                self._receive_close()
                return
            case Opcode.PING | Opcode.PONG:
                if frame.opcode is Opcode.PONG and len(self.pongs) < FREE_FRAMES:
                    self.pongs.append(data)
                self._keep(data, OPCODES[frame.opcode])
                return
        if frame.fin:
            pieces, self._pieces = self._pieces, []
            self._message(b"".join(pieces), len(pieces))

    def _message(self, data: bytes, fragments: int) -> None:
        if self._opcode is Opcode.BINARY:
            self._keep(data, "binary", fragments)
            return
        try:
            self._keep(data.decode("utf-8"), "text", fragments)
        except UnicodeDecodeError as error:
            self._keep(data, "text", fragments)
            self._give_up("protocol", 1007, f"a text frame that is not UTF-8: {error.reason}")

    def _keep(self, payload: str | bytes, opcode: OpcodeName, fragments: int = 1) -> None:
        t, number = self._transcript.now, self.number
        event = frame_event(t, number, Role.WORKER, payload, opcode=opcode, fragments=fragments)
        index = self._transcript.add(event)
        self._wire.on_frame(self, event, index)

    def _receive_close(self) -> None:
        received = self._protocol.close_rcvd
        if self._ours_first or received is None:
            return
        self._ended(received.code, Role.WORKER, received.reason)

    def _note_fault(self) -> None:
        """A frame that RFC 6455 does not allow, or one beyond the limit: the connection has been failed."""
        error = self._protocol.parser_exc
        if error is None or self._odd or isinstance(error, EOFError):
            return
        sent = self._protocol.close_sent
        kind = "too_large" if sent is not None and sent.code == 1009 else "protocol"
        self._note(kind, shown(str(error)))

    def _give_up(self, kind: str, code: int, detail: str) -> None:
        self._note(kind, detail)
        if self._protocol.state is State.OPEN:
            self._protocol.fail(code, detail[:100])

    def _note(self, kind: str, detail: str) -> None:
        self._odd = self._ours_first = True
        self._transcript.note(Oddity(kind, self._transcript.now, self.number, detail))
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.abort)

    # The bytes.

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if self._muted:
                continue
            if data:
                self._write(data)
            else:
                self._transport.close()

    def _ended(self, code: int, by: Role, reason: str) -> None:
        if self.closed is not None or not self._opened:
            return
        sent = self._protocol.close_sent
        if by is Role.COORDINATOR and sent is not None:
            code, reason = sent.code, sent.reason
        self.closed = Closed(t=self._transcript.now, connection=self.number, code=code, by=by, reason=reason)
        self._transcript.add(self.closed)
