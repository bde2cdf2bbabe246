"""What a worker prints: drained whatever its amount, its beginning and its end kept."""

from collections import deque
from typing import Final

KEPT_BYTES: Final = 65_536
"""How much is kept from the beginning, and as much again from the end."""


class Output:
    """The beginning and the end of what a worker printed, stdout and stderr together."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take some more; memory stays bounded."""
        self.total += len(data)
        room = KEPT_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            piece = data[-KEPT_BYTES:]
            self._tail.append(piece)
            self._tail_bytes += len(piece)
            while self._tail_bytes - len(self._tail[0]) >= KEPT_BYTES:
                self._tail_bytes -= len(self._tail.popleft())

    def text(self) -> str:
        """What was kept; a line tells how much is missing in between."""
        tail = b"".join(self._tail)[-KEPT_BYTES:]
        missing = self.total - len(self._head) - len(tail)
        gap = f"\n[... {missing} bytes ...]\n".encode() if missing else b""
        return (bytes(self._head) + gap + tail).decode("utf-8", "replace")

    def last_lines(self, count: int = 10) -> str:
        """The last lines, for a message; not escaped."""
        return "\n".join(self.text().strip().splitlines()[-count:])
