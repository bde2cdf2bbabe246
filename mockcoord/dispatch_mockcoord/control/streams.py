"""Server-sent events (HTML Living Standard §9.2): the journal, told to whoever keeps a request open.

A stream takes what there is at once, then rests a moment, so that many events go in one piece. It keeps
nothing that waits to be sent: a slow reader finds the journal gone on, one that reads nothing is cut off.
"""

import asyncio
import logging
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dispatch_mockcoord.control.journal import Journal, framed

LOG: Final = logging.getLogger("dispatch_mockcoord")

MAX_STREAMS: Final = 32
"""How many may be open at once; a further one is told 503."""

REST_SECONDS: Final = 0.05
"""How long a stream rests after each piece."""

QUIET_SECONDS: Final = 15.0
"""How long it is silent at most: then a comment is sent, to see whether somebody is still there."""

SLOW_SECONDS: Final = 20.0
"""How long a reader may take for one piece before the connection is cut."""


class Streams:
    """The open streams of one journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.open = 0

    @property
    def is_full(self) -> bool:
        """Whether no further stream is opened."""
        return self.open >= MAX_STREAMS

    def opened(self) -> None:
        """One more."""
        self.open += 1

    def closed(self) -> None:
        """One less."""
        self.open -= 1
        if not self.open:
            self.journal.forget_texts()


class EventStream(Response):
    """One stream, of these kinds of events or all, from the number `after` on."""

    media_type = "text/event-stream"

    def __init__(
        self, streams: Streams, after: int, *, kinds: frozenset[str] | None = None, restarted: bool = False
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._streams = streams
        self._journal = streams.journal
        self._after = after
        self._kinds = kinds
        self._restarted = restarted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell until the client is gone, or the coordinator ends."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        self._streams.opened()
        gone = asyncio.ensure_future(_until_gone(receive))
        telling = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait({gone, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.closed()
            gone.cancel()
            telling.cancel()
            left, failure = await asyncio.gather(gone, telling, return_exceptions=True)
        if isinstance(failure, TimeoutError):
            scope["state"]["wire"].abort()
            return
        if isinstance(failure, Exception):
            LOG.error("an event stream ended, its reader will come back to where it stood: %s", failure)
        if left is not None:
            await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send) -> None:
        journal = self._journal
        hello = f'{{"run":"{journal.run}","number":{self._after},"restarted":{str(self._restarted).lower()}}}'
        await _send_in_time(send, self._note("hello", hello))
        while not journal.has_ended:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await journal.stirs(self._after)
            except TimeoutError:
                await _send_in_time(send, b": still here\n\n")
                continue
            batch = journal.since(self._after, self._kinds)
            self._after = batch.until
            if batch.missed:
                await _send_in_time(send, self._note("missed", f'{{"count":{batch.missed}}}'))
            if batch.texts:
                await _send_in_time(send, b"".join(batch.texts))
            if batch.until == journal.count:
                await asyncio.sleep(REST_SECONDS)

    def _note(self, kind: str, data: str) -> bytes:
        """What this stream alone is told. Its id is where it stands: a reader comes back to that."""
        return framed(f"{self._journal.run}-{self._after}", kind, data.encode("ascii"))


async def _send_in_time(send: Send, piece: bytes) -> None:
    """Send this piece. Raises TimeoutError where the reader takes too long over what it has got."""
    async with asyncio.timeout(SLOW_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
