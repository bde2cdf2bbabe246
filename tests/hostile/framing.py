"""Hostile framing: what is legal and odd, and what breaks the WebSocket protocol and so the connection."""

import struct
from collections.abc import Callable
from random import Random

from tests.hostile import wire
from tests.hostile.texts import Scene, mistyped_member

Framing = Callable[[Random, Scene, bool], bytes]


def binary(random: Random, scene: Scene, masked: bool) -> bytes:
    """A message in a binary frame, or bytes that are no text at all."""
    payload = random.choice(
        [mistyped_member(random, scene).encode(), random.randbytes(200), b"", b"\xff\xfe"]
    )
    return wire.frame(wire.BINARY, payload, masked=masked)


def in_fragments(random: Random, scene: Scene, masked: bool) -> bytes:
    """A text message in fragments, empty ones and cuts within a character among them."""
    payload = (mistyped_member(random, scene) + "é😀").encode("utf-8", "replace")
    sizes = [random.choice([0, 1, 2, 7, 50]) for _ in range(random.randrange(1, 20))]
    return wire.fragmented(payload, sizes, masked=masked)


def with_pings(random: Random, scene: Scene, masked: bool) -> bytes:
    """Pings and unasked pongs, within a fragmented message as well."""
    ping = wire.frame(wire.PING, random.randbytes(random.randrange(0, 126)), masked=masked)
    pong = wire.frame(wire.PONG, b"unasked", masked=masked)
    first = wire.frame(wire.TEXT, b'{"type":', masked=masked, fin=False)
    last = wire.frame(wire.CONTINUATION, b'"nothing"}', masked=masked)
    return ping * random.randrange(1, 20) + first + pong + ping + last


def bad_utf8(random: Random, scene: Scene, masked: bool) -> bytes:
    """A text frame that is no UTF-8: cut, overlong, surrogates, beyond U+10FFFF."""
    bad = random.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"])
    return wire.frame(wire.TEXT, b'{"type":"' + bad + b'"}', masked=masked)


def bad_mask(random: Random, scene: Scene, masked: bool) -> bytes:
    """Masked by the server, or unmasked by the client."""
    return wire.frame(wire.TEXT, mistyped_member(random, scene).encode("utf-8", "replace"), masked=not masked)


def bad_header(random: Random, scene: Scene, masked: bool) -> bytes:
    """Reserved bits and opcodes, long or fragmented control frames, continuations of nothing."""
    return random.choice(
        [
            wire.frame(wire.TEXT, b"{}", masked=masked, rsv=random.randrange(1, 8)),
            wire.frame(random.choice([0x3, 0x7, 0xB, 0xF]), b"{}", masked=masked),
            wire.frame(wire.PING, b"x" * 126, masked=masked),
            wire.frame(wire.PING, b"x", masked=masked, fin=False),
            wire.frame(wire.CONTINUATION, b"{}", masked=masked),
            wire.frame(wire.TEXT, b"{", masked=masked, fin=False)
            + wire.frame(wire.TEXT, b"}", masked=masked),
        ]
    )


def too_long(random: Random, scene: Scene, masked: bool) -> bytes:
    """Above the frame limit: announced, sent in one frame, or in fragments."""
    mark = 0x80 if masked else 0
    if random.random() < 0.6:
        return bytes([0x81, mark | 127]) + struct.pack(
            "!Q", random.choice([2**20 + 1, 2**31, 2**62, 2**64 - 1])
        )
    if random.random() < 0.5:
        return wire.frame(wire.TEXT, b" " * (2**20 + 1), masked=masked)
    return wire.fragmented(b" " * (2**20 + 1), [2**18] * 4, masked=masked)


def cut_off(random: Random, scene: Scene, masked: bool) -> bytes:
    """Half a frame and then nothing, or a close with a code that must not be sent."""
    whole = wire.frame(wire.TEXT, mistyped_member(random, scene).encode("utf-8", "replace"), masked=masked)
    code = random.choice([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535])
    return random.choice(
        [
            whole[: random.randrange(1, len(whole))],
            wire.frame(wire.CLOSE, struct.pack("!H", code) + b"bye", masked=masked),
            wire.frame(wire.CLOSE, b"\x03", masked=masked),
            wire.frame(wire.CLOSE, struct.pack("!H", 1000) + b"\xff\xff", masked=masked),
        ]
    )


ODD: dict[str, Framing] = {f.__name__: f for f in (binary, in_fragments, with_pings)}
"""Legal framing: the connection must live on."""

BREAKING: dict[str, Framing] = {f.__name__: f for f in (bad_utf8, bad_mask, bad_header, too_long, cut_off)}
"""Broken framing: the connection ends, the program must not."""
