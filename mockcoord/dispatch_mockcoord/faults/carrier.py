"""The shell of the faults of frames: it carries steps out on a switchboard's connections."""

import math
from functools import partial
from itertools import pairwise
from typing import Final

from dispatch_protocol.recording import frame_event
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.faults.frames import Steps
from dispatch_mockcoord.faults.steps import Deafen, Freeze, Post, Shut, Step
from dispatch_mockcoord.lines import Line, ping_data
from dispatch_mockcoord.switchboard import NO_CODE, Switchboard

REASON: Final = "a fault on purpose"
"""The reason in a close frame that a fault sends."""


class Carrier:
    """Carries out what faults make of frames. Nothing overtakes a register_ack, whatever became of it."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._gates: dict[int, float] = {}

    def is_gated(self, number: int) -> bool:
        """Whether frames of this connection have to wait for an acknowledgement that is late or lost."""
        if not self._gates:
            return False
        self._switchboard.catch_up()
        return self._gates.get(number, 0.0) > self._now

    def carry(self, number: int, steps: Steps, message: str) -> None:
        """Carry out these steps on this connection; they are what became of a message of this type."""
        gate = max(0.0, self._gates.get(number, 0.0) - self._now)
        if message == "register_ack":
            self._set_gate(number, steps)
            gate = 0.0
        for step in steps:
            self._take(number, step, gate)

    def shut(self, number: int, code: int) -> None:
        """Close this connection with this code; 1005: without any; 1006: torn."""
        if code == NO_CODE:
            self._switchboard.hang_up(number, None, "")
        else:
            self._switchboard.hang_up(number, code, REASON)

    @property
    def _now(self) -> float:
        return self._switchboard.clock.moment().now

    def _set_gate(self, number: int, steps: Steps) -> None:
        """Have what follows wait until the worker has had its acknowledgement, and time to settle."""
        self._gates.pop(number, None)
        wait = min(
            (step.wait for step in steps if isinstance(step, Post) and step.is_genuine), default=math.inf
        )
        if wait > 0:
            board = self._switchboard
            self._gates = {held: due for held, due in self._gates.items() if board.lines.get(held)}
            self._gates[number] = self._now + wait + board.settings.terms.settle_seconds

    def _take(self, number: int, step: Step, gate: float) -> None:
        """Carry out one step, so much later as the gate is still shut; behind one that stays shut, never."""
        if isinstance(step, Freeze):
            self._switchboard.lines.freeze(number)
            self._switchboard.after(step.seconds, partial(self._switchboard.lines.tear, number))
        elif math.isfinite(gate):
            self._switchboard.after(step.wait + gate, partial(self._do, number, step))

    def _do(self, number: int, step: Post | Shut | Deafen) -> None:
        line = self._switchboard.lines.speaking(number)
        if line is None:
            return
        if isinstance(step, Post):
            self._post(number, step, line)
        elif isinstance(step, Shut):
            self.shut(number, step.code)
        else:
            line.pause()
            self._switchboard.after(step.seconds, line.resume)

    def _post(self, number: int, post: Post, line: Line) -> None:
        if not post.cuts and not post.is_text:
            self._switchboard.emit(number, post.payload)
            return
        is_text = post.is_text or isinstance(post.payload, str)
        octets = post.payload.encode() if isinstance(post.payload, str) else post.payload
        ends = (0, *post.cuts, len(octets))
        pieces = [octets[start:end] for start, end in pairwise(ends)]
        self._record(number, pieces, is_text=is_text, pings=post.pings)
        line.post_pieces(pieces, is_text=is_text, pings=post.pings)

    def _record(self, number: int, pieces: list[bytes], *, is_text: bool, pings: int) -> None:
        """Show the message in the transcript, put together, and the pings, which come before its end."""
        switchboard, octets = self._switchboard, b"".join(pieces)
        t = switchboard.elapsed()
        for data in (ping_data(gap, ping) for gap in range(1, len(pieces)) for ping in range(pings)):
            switchboard.record(frame_event(t, number, Role.COORDINATOR, data, opcode="ping"))
        payload = _text_of(octets) if is_text else octets
        event = frame_event(
            t,
            number,
            Role.COORDINATOR,
            payload,
            opcode="text" if is_text else "binary",
            fragments=len(pieces),
        )
        switchboard.record(event)


def _text_of(octets: bytes) -> str | bytes:
    """The text in UTF-8; where it is none, the bytes as they are."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets
