"""One listening address, with or without TLS, that leads every connection to the coordinator of the moment.

A stage listens for itself as a rule. Where workers are told one address for a whole run, or where it matters
what came before there was a WebSocket, a Door listens instead: it notes every visit, and hands what comes to
the HTTP server that it leads to. What comes while it leads nowhere waits until it does.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from pathlib import Path
from typing import Final

from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance.http11 import HttpServer
from dispatch_conformance.transcript import Changes, Zero
from dispatch_conformance.visits import HEAD_BYTES, Visit

MOST_GUESTS: Final = 128
"""How many connections may wait at once; a further one is closed."""

MOST_VISITS: Final = 1_000
"""How many visits are noted."""

WAITING_BYTES: Final = 65_536
"""How much of a connection is read while it waits."""

HANDSHAKE_SECONDS: Final = 10.0
"""How long TLS may take."""


class Door:
    """The listening address. `visits` are the connections that came, oldest first; `tls` is for all of them.

    `changes` tells of every visit and of what is learned of one. `zero` is t=0 in the transcripts of all the
    coordinators behind it; None: for each when it comes to be.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, zero: Zero | None = None) -> None:
        self.tls = tls
        self.zero = zero
        self.visits: list[Visit] = []
        self.changes = Changes()
        self.server: HttpServer | None = None
        self.host = ""
        self.port = 0
        self.guests: set[_Guest] = set()
        self._listening: asyncio.Server | None = None

    async def open(self, host: str, port: int = 0) -> None:
        """Listen there; port 0 takes a free one. Raises UsageError where that cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(lambda: _Guest(self), host, port, backlog=MOST_GUESTS)
        except (OSError, UnicodeError) as error:
            raise UsageError(f"cannot listen on {shown(host)}:{port}: {_reason(error)}") from None
        self.host, self.port = host, self._listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening; abort whoever still waits. Idempotent."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for guest in tuple(self.guests):
            guest.abort()
        await asyncio.sleep(0)

    def lead_to(self, server: HttpServer) -> None:
        """Hand what comes from now on to this server, and whoever waits."""
        self.server = server
        for guest in tuple(self.guests):
            guest.enter()

    def leave(self, server: HttpServer) -> None:
        """Lead nowhere, if this is where the door leads."""
        if self.server is server:
            self.server = None


class _Guest(asyncio.Protocol):
    """One connection from its beginning; a WebSocket takes its transport over."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._visit = Visit()
        self._transport: asyncio.Transport | None = None
        self._inner: asyncio.Protocol | None = None
        self._waiting = bytearray()
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  asyncio's own contract for streams
        door = self._door
        if len(door.guests) >= MOST_GUESTS:
            transport.abort()
            return
        peer = transport.get_extra_info("peername")
        self._visit.peer = str(peer[0]) if peer else ""
        if len(door.visits) < MOST_VISITS:
            door.visits.append(self._visit)
        door.guests.add(self)
        door.changes.notify()
        self._transport = transport
        if door.tls is None:
            self.enter()
            return
        transport.pause_reading()  # the first bytes are for TLS
        self._handshake = asyncio.get_running_loop().create_task(self._secure(transport, door.tls))

    async def _secure(self, transport: asyncio.Transport, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                transport, self, tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (OSError, TimeoutError) as error:  # SSLError is an OSError
            self._visit.failure = getattr(error, "reason", None) or str(error) or type(error).__name__
            secured = None
        self._handshake = None
        if secured is None:
            self.connection_lost(None)
            return
        assert isinstance(secured, asyncio.Transport)  # noqa: S101  what start_tls returns
        self._transport = secured
        self.enter()

    def enter(self) -> None:
        """Go where the door leads, if it leads anywhere; what was received meanwhile comes along."""
        server, transport = self._door.server, self._transport
        if server is None or transport is None or self._inner is not None or self._handshake is not None:
            return
        self._inner = server.connection()
        self._door.guests.discard(self)
        self._inner.connection_made(transport)
        received, self._waiting = bytes(self._waiting), bytearray()
        transport.resume_reading()
        if received:
            self._inner.data_received(received)

    def data_received(self, data: bytes) -> None:
        visit = self._visit
        visit.head += data[: HEAD_BYTES - len(visit.head)]
        self._door.changes.notify()
        if self._inner is not None:
            self._inner.data_received(data)
            return
        self._waiting += data
        if len(self._waiting) > WAITING_BYTES and self._transport is not None:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def eof_received(self) -> bool:
        return bool(self._inner is not None and self._inner.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._visit.ended = True
        self._door.guests.discard(self)
        self._door.changes.notify()
        self._transport = None
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def abort(self) -> None:
        """Close without a word."""
        if self._handshake is not None:
            self._handshake.cancel()
        if self._transport is not None:
            self._transport.abort()


def _reason(error: OSError | UnicodeError) -> str:
    """Why a listening address cannot be had, in the system's words, without the address."""
    if isinstance(error, UnicodeError):
        return "there is no such host"
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno)  # asyncio's own text says as much, and more, around it


def server_tls(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS with this certificate chain and key (None: in the same file). Raises UsageError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with contextlib.suppress(NotImplementedError):
        context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        files = " and ".join(shown(str(path)) for path in (certificate, key) if path is not None)
        raise UsageError(f"no certificate and key for TLS in {files}: {reason}") from None
    return context
