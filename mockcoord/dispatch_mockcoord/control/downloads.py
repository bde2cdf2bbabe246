"""The transcript as a file to download: a recording, written piece by piece while others are served."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from dispatch_protocol.recording import Recording, write_lines
from dispatch_protocol.rest import RestFault
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dispatch_mockcoord.transcript import Transcript

MAX_DOWNLOADS: Final = 4
"""How many may be under way at once, for each holds what it has to write; a further one is told 503."""

SLOW_SECONDS: Final = 120.0
"""How long one may take in all, before the connection is cut."""

PIECE_CHARACTERS: Final = 65_536
"""How much is written before others are served; a piece ends with a line, which may be longer."""

_MEDIA_TYPE: Final = "application/x-ndjson"
_HEADERS: Final = {"content-disposition": 'attachment; filename="dispatch-transcript.jsonl"'}


class Downloads:
    """The downloads under way."""

    def __init__(self) -> None:
        self.running = 0

    def of(self, transcript: Transcript, request: Request) -> Response:
        """The answer that holds this transcript. Raises RestFault (503) where there are too many."""
        if self.running >= MAX_DOWNLOADS:
            raise RestFault(503, "Too many downloads")
        if request.method == "HEAD":
            return Response(headers=_HEADERS, media_type=_MEDIA_TYPE)
        return _Download(self, transcript)


class _Download(StreamingResponse):
    """An answer in pieces, which has an end in any case."""

    def __init__(self, downloads: Downloads, transcript: Transcript) -> None:
        super().__init__(_pieces(transcript), headers=_HEADERS, media_type=_MEDIA_TYPE)
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all of it, or tear the connection down."""
        self._downloads.running += 1
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            scope["state"]["wire"].abort()
        finally:
            self._downloads.running -= 1


async def _pieces(transcript: Transcript) -> AsyncIterator[bytes]:
    lines: list[str] = []
    size = 0
    for line in write_lines(Recording(transcript.header, transcript.events)):
        lines += [line, "\n"]
        size += len(line)
        if size >= PIECE_CHARACTERS:
            yield "".join(lines).encode("utf-8")
            await asyncio.sleep(0)
            lines, size = [], 0
    yield "".join(lines).encode("utf-8")
