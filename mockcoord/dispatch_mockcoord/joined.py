"""Writes joined: the head and the body of an answer go to the system in one call instead of two.

A call costs more than all that is done to write a small answer. What is held back is held back no longer than
to the end of the event loop's turn, so that whatever has no body yet, such as a stream, does not wait for it.
"""

import asyncio


class JoinedWrites(asyncio.Transport):
    """The writing side of a transport; reading, and what else it can do, stays with `transport` itself."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.transport = transport
        self._loop = loop
        self._held: bytes | None = None
        self._has_ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send this, together with what was held back; if that is nothing, hold this back.

        Behind the end nothing is sent: an answer that comes after a refusal finds nobody.
        """
        if self._has_ended:
            return
        if self._held is None:
            self._held = bytes(data)
            self._loop.call_soon(self._release)
        else:
            joined, self._held = self._held + data, None
            self.transport.write(joined)

    def write_eof(self) -> None:
        """Say that nothing follows, behind all that was written."""
        self._release()
        self._has_ended = True
        self.transport.write_eof()

    def is_closing(self) -> bool:
        """Whether it is closing or closed."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Close the connection behind all that was written."""
        self._release()
        self.transport.close()

    def abort(self) -> None:
        """Tear the connection down, whatever is still to be sent."""
        self._held = None
        self.transport.abort()

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None and not self.transport.is_closing():
            self.transport.write(held)
