"""Raw WebSocket bytes (RFC 6455 §5), so that every rule of the framing can be broken on purpose.

Written by hand: a library would refuse to send what is sent here.
"""

import asyncio
import base64
import os
import struct
from dataclasses import dataclass, field

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode: int, payload: bytes, *, masked: bool, fin: bool = True, rsv: int = 0) -> bytes:
    """One frame, right in everything but what the caller asks for."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mark = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mark | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mark | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([mark | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + _mask(payload, key)


def fragmented(payload: bytes, sizes: list[int], *, masked: bool) -> bytes:
    """A text message in fragments of these sizes, the rest last."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(payload[at : at + size])
        at += size
    pieces.append(payload[at:])
    last = len(pieces) - 1
    return b"".join(
        frame(TEXT if i == 0 else CONTINUATION, piece, masked=masked, fin=i == last)
        for i, piece in enumerate(pieces)
    )


def handshake(host: str, path: str = "/") -> bytes:
    """A client's opening handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def accept_token(key: bytes) -> bytes:
    """What a server answers to a client's key (RFC 6455 §4.2.2)."""
    import hashlib

    return base64.b64encode(hashlib.sha1(key + _ACCEPT_GUID, usedforsecurity=False).digest())


@dataclass
class Frames:
    """Reads frames off a stream; `text` messages come whole, pongs and closes are noted."""

    reader: asyncio.StreamReader
    pongs: list[bytes] = field(default_factory=list)

    async def next_frame(self) -> tuple[int, bytes]:
        """Opcode and unmasked payload of the next frame. Raises IncompleteReadError at the end."""
        head = await self.reader.readexactly(2)
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self.reader.readexactly(8))
        key = await self.reader.readexactly(4) if head[1] & 0x80 else b""
        payload = await self.reader.readexactly(length)
        return head[0] & 0x0F, _mask(payload, key) if key else payload


def _mask(payload: bytes, key: bytes) -> bytes:
    if not payload:
        return payload
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
