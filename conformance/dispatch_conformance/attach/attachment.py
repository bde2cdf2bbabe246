"""What a run is told of a worker that is started elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dispatch_protocol.errors import UsageError, shown

DEFAULT_PORT: Final = 4010
"""The port of `--listen`, where it names none."""

EXPECTABLE: Final = ("pairing", "llm")
"""What a worker elsewhere may be told: a pairing code, and the suite as its model's server."""

PAIRING_CODE: Final = "0A3F2B"
"""The code of every run; it shows whether a code is kept as text, and in capitals."""

_LOCAL: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  recognized, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where the suite listens and what the worker is told.

    `advertised` is the address that the worker is given, without a trailing slash, where that is another one.
    `expect`: `pairing`, `llm`. `wait`: how many seconds somebody has to start the worker, or to restart it.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    advertised: str = ""
    certificate: Path | None = None
    key: Path | None = None
    expect: frozenset[str] = frozenset()
    wait: float = 120.0

    def url(self, port: int) -> str:
        """The address that the worker is given; `port` is the one that was bound."""
        if self.advertised:
            return self.advertised
        scheme = "http" if self.certificate is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{port}"

    @property
    def vague(self) -> bool:
        """Whether it listens on every address and was not told which of them the worker can reach."""
        return not self.advertised and self.host in _LOCAL


def listening(text: str) -> tuple[str, int]:
    """HOST and PORT of `HOST:PORT`, `:PORT` or `HOST`. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(DEFAULT_PORT)
    if not text or not (port.isascii() and port.isdecimal() and int(port) < 65_536):
        raise UsageError(f"--listen {shown(text)}: HOST:PORT is needed, with a port from 0 to 65535")
    bare = host.removeprefix("[").removesuffix("]")
    if host != (f"[{bare}]" if ":" in bare else bare):
        raise UsageError(f"--listen {shown(text)}: an IPv6 address stands in brackets, as in [::1]:4010")
    return bare or "0.0.0.0", int(port)  # noqa: S104  asked for by leaving the host out


def advertised(text: str) -> str:
    """An address to be told, as it is written, without a trailing slash. Raises UsageError."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https", "ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not text.isprintable():
        raise UsageError(f"--advertise-url {shown(text)}: an address as http://192.168.1.5:4010 is needed")
    return text.rstrip("/")


def expected(text: str) -> frozenset[str]:
    """The words of `--expect`, separated by commas. Raises UsageError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words or [""]:
        if word not in EXPECTABLE:
            raise UsageError(f"--expect {shown(word)}: {' and '.join(EXPECTABLE)} can be expected")
    return frozenset(words)
