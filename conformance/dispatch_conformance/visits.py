"""What somebody who connects says first: whether that is HTTP, a WebSocket's handshake, TLS, or nothing.

Sources: RFC 9112 §3 (the request line), RFC 6455 §4.1 (the opening handshake), RFC 8446 §5.1 (TLS records).
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

HEAD_BYTES: Final = 8_192
"""How much of a visit's beginning is kept."""

_REQUEST: Final = re.compile(rb"([A-Za-z]{1,20}) (\S{1,4000}) HTTP/(\d\.\d)\r?\n")


class Kind(StrEnum):
    """What a visit turned out to be."""

    SILENT = "a connection on which nothing was sent"
    TLS = "TLS"
    TLS_FAILED = "a TLS handshake that failed"
    HTTP = "an HTTP request"
    WEBSOCKET = "a WebSocket's opening handshake"
    OTHER = "neither HTTP nor TLS"


@dataclass(slots=True, eq=False)
class Visit:
    """One connection: from where, its first bytes, how TLS failed on it (""), whether it has ended."""

    peer: str = ""
    head: bytearray = field(default_factory=bytearray)
    failure: str = ""
    ended: bool = False

    @property
    def kind(self) -> Kind:
        """What it turned out to be."""
        if self.failure:
            return Kind.TLS_FAILED
        if not self.head:
            return Kind.SILENT
        if self.head[0] == 0x16:  # a handshake record
            return Kind.TLS
        if _REQUEST.match(self.head) is None:
            return Kind.OTHER
        return Kind.WEBSOCKET if "websocket" in self.header("upgrade").lower() else Kind.HTTP

    @property
    def request(self) -> str:
        """Method and target of the request; "" where there is none. Not escaped."""
        found = _REQUEST.match(self.head)
        return f"{_text(found[1])} {_text(found[2])}" if found is not None else ""

    @property
    def path(self) -> str:
        """The target alone."""
        return self.request.partition(" ")[2]

    def header(self, name: str) -> str:
        """The first header of this (lowercase) name; "" where there is none."""
        for line in bytes(self.head).split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]:
            key, colon, value = line.partition(b":")
            if colon and _text(key).strip().lower() == name:
                return _text(value).strip()
        return ""


def _text(data: bytes) -> str:
    return data.decode("latin-1")
