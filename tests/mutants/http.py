"""The smallest HTTP client that serves: one JSON request over HTTP/1.0, one answer, both bounded."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlsplit

LIMIT = 4 * 1024 * 1024


class Answer(NamedTuple):
    """An HTTP answer: its status and its body."""

    status: int
    body: str


async def post(
    url: str,
    path: str,
    body: str,
    *,
    seconds: float,
    media_type: str = "application/json",
    method: str = "POST",
) -> Answer:
    """Send a body to `url` + `path`. Raises OSError (timeouts included) or ValueError."""
    where = urlsplit(url)
    content = body.encode()
    head = (
        f"{method} {where.path}{path} HTTP/1.0\r\nHost: {where.netloc}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=LIMIT)
        try:
            writer.write(head.encode() + content)
            await writer.drain()
            return _read_answer(await _read_all(reader))
        finally:
            writer.close()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while piece := await reader.read(65536):
        whole += piece
        if len(whole) > LIMIT:
            raise ValueError("the answer is too long")
    return whole


def _read_answer(whole: bytes) -> Answer:
    head, found, body = whole.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if not found or len(words) < 2 or not words[1].isdigit():
        raise ValueError("no HTTP answer")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if len(body) < int(headers.get("content-length", "0")):
        raise ValueError("the answer is cut off")
    return Answer(int(words[1]), body.decode())
