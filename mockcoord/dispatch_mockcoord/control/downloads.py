"""The transcript as a file to download: a recording, written piece by piece while others are served."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Final

from dispatch_protocol.recording import Recording, write_lines
from dispatch_protocol.rest import RestFault
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dispatch_mockcoord.transcript import Transcript

MAX_DOWNLOADS: Final = 4
"""How many may be under way at once, for each holds what it has to write; a further one is told 503."""

SLOW_SECONDS: Final = 120.0
"""How long one may take in all, before the connection is cut."""

PIECE_EVENTS: Final = 100
"""How many events are written before others are served."""


class Downloads:
    """The downloads under way."""

    def __init__(self) -> None:
        self._running = 0

    def of(self, transcript: Transcript, request: Request) -> Response:
        """The answer that holds this transcript. Raises RestFault (503) where there are too many."""
        if self._running >= MAX_DOWNLOADS:
            raise RestFault(503, "Too many downloads")
        headers = {"content-disposition": 'attachment; filename="dispatch-transcript.jsonl"'}
        pieces = _nothing() if request.method == "HEAD" else self._pieces(transcript)
        return StreamingResponse(pieces, headers=headers, media_type="application/x-ndjson")

    async def _pieces(self, transcript: Transcript) -> AsyncIterator[bytes]:
        self._running += 1
        try:
            lines = write_lines(Recording(transcript.header, transcript.events))
            while piece := _piece(lines):
                yield piece
                await asyncio.sleep(0)
        finally:
            self._running -= 1


def _piece(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in islice(lines, PIECE_EVENTS)).encode("utf-8", "surrogatepass")


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
