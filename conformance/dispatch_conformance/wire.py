"""The suite's own server: HTTP and WebSocket on one port.

A Wire listens, unless a Door does so in its place; each WebSocket that a worker opens (on any path) becomes a
Link. Everything that passes is added to the wire's Transcript. More connections than the server keeps are
closed and noted as an oddity.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from dispatch_protocol.recording import Frame

from dispatch_conformance.door import Door
from dispatch_conformance.http11 import Handler, HttpServer
from dispatch_conformance.link import Link
from dispatch_conformance.transcript import Oddity, Transcript


class Wire:
    """One port of a scripted coordinator. `on_frame` and `on_link` are called as things happen.

    While `refusal` is set, a WebSocket that is asked for gets this HTTP status instead. With `on_crowd` there
    is one WebSocket at a time: a further one gets 503, and `on_crowd` is called.
    """

    def __init__(
        self,
        transcript: Transcript,
        handler: Handler,
        on_link: Callable[[Link], None],
        on_frame: Callable[[Link, Frame, int], None],
        door: Door | None = None,
    ) -> None:
        self.transcript = transcript
        self.links: list[Link] = []
        self.refusal: HTTPStatus | None = None
        self.on_link = on_link
        self.on_frame = on_frame
        self.on_crowd: Callable[[], None] | None = None
        self._server = HttpServer(handler, self._upgrade, self._refused)
        self._door = door

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1, unless a door does: that leads here after `invite`."""
        if self._door is None:
            await self._server.start(port)

    def invite(self) -> None:
        """Have the door lead here."""
        if self._door is not None:
            self._door.lead_to(self._server)

    async def stop(self) -> None:
        """Stop listening; abort every connection. Idempotent."""
        await self.stop_listening()
        for link in self.links:
            link.abort()
        await asyncio.sleep(0)

    async def stop_listening(self) -> None:
        """Refuse new connections (at a door they wait); WebSockets that are open stay open."""
        if self._door is not None:
            self._door.leave(self._server)
        await self._server.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._server.url

    @property
    def ws_url(self) -> str:
        """`ws://127.0.0.1:PORT`."""
        return f"ws://127.0.0.1:{self.port}"

    def release(self, link: Link) -> None:
        """Let go of a link: it outlives this wire."""
        self.links.remove(link)

    def take(self, link: Link) -> None:
        """Take a link over that another wire released; its number is the next one here."""
        self.links.append(link)
        self._server.taken += 1
        link.move(self, len(self.links))

    def forget(self, _link: Link) -> None:
        """A link has ended: its place among the connections is free."""
        self._server.taken -= 1

    def _upgrade(self, transport: asyncio.Transport, received: bytes) -> asyncio.Protocol:
        link = Link(self, transport, len(self.links) + 1)
        link.refusal = self.refusal
        if self.on_crowd is not None and any(other.open for other in self.links):
            link.refusal = HTTPStatus.SERVICE_UNAVAILABLE
            self.on_crowd()
        self.links.append(link)
        self._server.taken += 1
        transport.set_protocol(link)
        head, _, rest = received.partition(b"\r\n\r\n")
        link.data_received(head + b"\r\n\r\n")  # alone, so that frames behind it find the connection open
        if rest:
            link.data_received(rest)
        return link

    def _refused(self) -> None:
        note = Oddity("connections", self.transcript.now, 0, "more connections at once than the suite keeps")
        self.transcript.note(note)
