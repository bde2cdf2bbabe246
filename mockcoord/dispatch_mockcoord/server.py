"""The running coordinator: HTTP and WebSocket on one port, inside the event loop of whoever embeds it.

```
async with MockCoordinator(Settings()) as running:
    print(running.url)
```
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from types import TracebackType
from typing import Final, Self

import uvicorn
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import TranscriptEvent
from starlette.types import ASGIApp

from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.app import application
from dispatch_mockcoord.core.coordinator import Coordinator
from dispatch_mockcoord.core.effects import Effect
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.http_wire import HttpProtocol, http_protocol
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.store import Store
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_mockcoord.wire import WebSocketProtocol

BACKLOG: Final = 2048
"""How many connections may wait to be accepted."""

STOP_SECONDS: Final = 2.0
"""How long peers may take to let go when the coordinator ends."""

_LAST_PORT: Final = 65_535
_POLL_SECONDS: Final = 0.005

_ACCEPT_TURNS: Final = 4
"""How many turns of the loop lie at most between a connection's acceptance and its being known."""


class MockCoordinator:
    """A coordinator that serves while its `async with` block runs, and leaves nothing behind.

    `layers` stand around it, the first outermost. `listening` is the socket that it serves, and closes in the
    end; it makes its own if there is none.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        layers: Sequence[Layer] = (),
        listening: socket.socket | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._layers = tuple(layers)
        self._clock = clock or Clock()
        self._listening = listening
        self._taps: list[Callable[[TranscriptEvent], None]] = []
        self._observers: list[Callable[[Effect], None]] = []
        self.port = self.settings.port

    @property
    def url(self) -> str:
        """Where it serves HTTP, without a trailing slash."""
        return f"http://{_authority(self.settings.host, self.port)}"

    @property
    def ws_url(self) -> str:
        """Where it serves WebSocket, without a trailing slash."""
        return f"ws://{_authority(self.settings.host, self.port)}"

    @property
    def coordinator(self) -> Coordinator:
        """The core: who is registered, what is under way."""
        return self.switchboard.coordinator

    def tap(self, callback: Callable[[TranscriptEvent], None]) -> None:
        """Have every transcript event from now on shown to `callback`, in the event loop's thread."""
        self._taps.append(callback)

    def observe(self, callback: Callable[[Effect], None]) -> None:
        """Have every effect of the core from now on shown to `callback`, in the event loop's thread."""
        self._observers.append(callback)

    async def __aenter__(self) -> Self:
        """Open the store, bind the port, and serve. Raises UsageError where either is not to be had."""
        with ExitStack() as opened:
            listening = opened.enter_context(
                self._listening or listen(self.settings.host, self.settings.port)
            )
            self._store = opened.enter_context(closing(_store(self.settings)))
            self._serving = listening.fileno()
            self.port = listening.getsockname()[1]
            self.switchboard = Switchboard(self.settings, self._store, self._clock)
            self.switchboard.taps = self._taps
            self.switchboard.observers = self._observers
            for layer in reversed(self._layers):
                opened.callback(layer.detach)
                layer.attach(self.switchboard)
            self.switchboard.start()
            self._server = _server(self._application(), self.settings)
            await self._server.on_tick(0)
            await self._server.startup(sockets=[listening])
            opened.pop_all()
        self._dating = asyncio.create_task(self._keep_date())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection, free the port and the store; the latter also if this is cancelled."""
        try:
            await self._stop_accepting()
            for layer in self._layers:
                layer.closing()
            self.switchboard.stop()
            await self._until_deserted()
            self._abandon()
            await self._until_deserted()
        finally:
            self._abandon()
            for layer in self._layers:
                layer.detach()
            self._store.close()

    def _abandon(self) -> None:
        """Let nothing go on: no connection, no timer, no date, no port."""
        self._dating.cancel()
        for server in self._server.servers:
            server.close()
        self.switchboard.stop()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def _application(self) -> ASGIApp:
        routes = [route for layer in self._layers for route in layer.routes()]
        whole = application(
            self.switchboard, routes, [part for layer in self._layers for part in layer.middleware()]
        )
        for layer in reversed(self._layers):
            whole = layer.around(whole)
        return whole

    async def _keep_date(self) -> None:
        """Renew the Date header every second."""
        while True:
            await asyncio.sleep(1)
            await self._server.on_tick(0)

    async def _stop_accepting(self) -> None:
        """Take no further connection. One that is being accepted is known first: asyncio would lose it."""
        with suppress(NotImplementedError):  # an event loop that does not watch sockets itself
            asyncio.get_running_loop().remove_reader(self._serving)
        for _ in range(_ACCEPT_TURNS):
            await asyncio.sleep(0)
        for server in self._server.servers:
            server.close()

    async def _until_deserted(self) -> None:
        """Wait until every connection is over, but no longer than STOP_SECONDS."""
        state = self._server.server_state
        deadline = asyncio.get_running_loop().time() + STOP_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            for connection in list(state.connections):
                if isinstance(connection, HttpProtocol):
                    connection.shutdown()
            if not state.connections and not state.tasks:
                return
            await asyncio.sleep(_POLL_SECONDS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that the port is known, and taken, before anything else begins.

    Port 0 means any free one. Raises UsageError where it cannot be had.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"cannot listen on {host} port {port}: ports go from 0 to {_LAST_PORT}")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # The protocol is named: event loops turn Nagle's delay off for sockets that say they are TCP.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    listening.setblocking(False)
    return listening


def _store(settings: Settings) -> Store:
    """The store that these settings ask for. Raises StoreError."""
    if settings.db is None:
        return MemoryStore(settings.keep_jobs, settings.keep_bytes)
    return FileStore(settings.db, settings.keep_jobs, settings.keep_bytes)


def _server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        loop="none",
        http=http_protocol(settings.max_sockets),
        ws=WebSocketProtocol,
        ws_max_size=settings.terms.max_frame_bytes,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
