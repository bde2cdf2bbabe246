"""The open connections: who is there, who may still be sent to, and how each ends."""

import struct
from collections.abc import Sequence
from typing import Protocol


def ping_data(gap: int, ping: int) -> bytes:
    """What a ping between two fragments carries: which gap it stands in, and which ping there it is."""
    return struct.pack("!HH", gap, ping)


class Line(Protocol):
    """One open WebSocket, as the switchboard sees it; every call returns at once, in order."""

    def post(self, frame: str | bytes) -> None:
        """Send this frame: text, or binary."""

    def post_pieces(self, pieces: Sequence[bytes], *, is_text: bool, pings: int) -> None:
        """Send one message in these fragments, with so many pings between any two.

        Text is sent as it stands, whether it is UTF-8 or not.
        """

    def close(self, code: int | None, reason: str) -> None:
        """Send a close frame with this code (None: without any), and be done with it.

        Behind what is still to be sent; 1006 tears the socket there, without a close frame.
        """

    def abort(self) -> None:
        """Tear the socket down, without a close frame, whatever is still to be sent."""

    def pause(self) -> None:
        """Read nothing, until as many calls of `resume` have come, or the end."""

    def resume(self) -> None:
        """Take one `pause` back."""


class Lines:
    """The open connections by number. A silent one is open, but is not sent to any more."""

    def __init__(self) -> None:
        self._open: dict[int, Line] = {}
        self._silent: set[int] = set()
        self._frozen: set[int] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, number: int, line: Line) -> None:
        """A connection is open."""
        self._open[number] = line

    def remove(self, number: int) -> None:
        """It is open no more."""
        del self._open[number]
        self._silent.discard(number)
        self._frozen.discard(number)

    def get(self, number: int) -> Line | None:
        """The open connection of this number."""
        return self._open.get(number)

    def speaking(self, number: int) -> Line | None:
        """The open connection of this number, unless it is closing or frozen."""
        return None if number in self._silent else self._open.get(number)

    def hang_up(self, number: int, code: int | None, reason: str) -> None:
        """Close this connection; nothing happens where it is closing already, or frozen."""
        line = self.speaking(number)
        if line is not None:
            self._silent.add(number)
            line.close(code, reason)

    def freeze(self, number: int) -> None:
        """Leave this connection half open: nothing is read, sent or closed any more, until it is torn."""
        line = self.speaking(number)
        if line is not None:
            self._silent.add(number)
            self._frozen.add(number)
            line.pause()

    def tear(self, number: int) -> None:
        """Tear this connection down."""
        line = self._open.get(number)
        if line is not None:
            line.abort()

    def end(self, code: int, reason: str) -> None:
        """Close every connection; tear those that are frozen."""
        for number in list(self._open):
            if number in self._frozen:
                self.tear(number)
            else:
                self.hang_up(number, code, reason)
