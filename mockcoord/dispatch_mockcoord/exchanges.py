"""HTTP exchanges for the transcript: a layer around the application that sees what came and what went."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Final

from dispatch_protocol.recording import Http
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch_mockcoord.switchboard import Switchboard

_CLAIM: Final = "/v1/trust/claim"
"""The path that workers ask for; all others are for clients."""


class Exchanges:
    """The application `app`, with every HTTP exchange shown to the switchboard's taps, if there are any."""

    def __init__(self, app: ASGIApp, switchboard: Switchboard) -> None:
        self._app = app
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request, unchanged."""
        if scope["type"] != "http" or not self._switchboard.taps:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope)

        async def heard() -> Message:
            message = await receive()
            exchange.hear(message)
            return message

        async def told(message: Message) -> None:
            if exchange.tell(message):
                self._switchboard.record(exchange.event(self._switchboard.elapsed()))
            await send(message)

        await self._app(scope, heard, told)
        if exchange.is_missing:
            self._switchboard.record(exchange.event(self._switchboard.elapsed()))


class _Exchange:
    """One request and its answer, as far as they have passed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._request = b""
        self._is_whole = False
        self._is_over = False
        self._is_shown = False
        self._status = 0
        self._content_type: str | None = None
        self._response: bytes | None = None

    @property
    def number(self) -> int | None:
        """The number that a layer has given to this exchange, if one has; it does so to mark it."""
        number: int | None = self._scope.get("state", {}).get("exchange")
        return number

    @property
    def is_missing(self) -> bool:
        """Whether it is marked, and has ended without an answer that anybody got."""
        return self.number is not None and not self._is_shown

    def hear(self, message: Message) -> None:
        """The application takes this piece of the request, or hears that the client is gone."""
        if message["type"] == "http.disconnect":
            self._is_over = True
        else:
            self._request += message.get("body", b"")
            self._is_whole = not message.get("more_body", False)

    def tell(self, message: Message) -> bool:
        """The application sends this piece of its answer; gives whether the exchange is to be shown now.

        It is when the body begins, unless nobody is there to have the answer. A body in several pieces, such
        as a stream that may never end, is not shown.
        """
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._content_type = _content_type(message.get("headers", ()))
            return False
        if self._is_over:
            return False
        self._is_over = self._is_shown = True
        if not message.get("more_body", False) and self._scope["method"] != "HEAD":
            self._response = message.get("body", b"")
        return True

    def event(self, t: float) -> Http:
        """The exchange as an event at `t` seconds. A body that was not taken whole counts as none."""
        path, query = self._scope["raw_path"].decode("latin-1"), self._scope["query_string"].decode("latin-1")
        return Http(
            t=t,
            sender="worker" if path.lower().startswith(_CLAIM) else "client",
            method=self._scope["method"],
            path=f"{path}?{query}" if query else path,
            status=self._status if self._is_shown else 0,
            request_type=_content_type(self._scope["headers"]) or "",
            content_type=self._content_type,
            exchange=self.number,
            **_body("request", self._request if self._is_whole and self._request else None),
            **_body("response", self._response),
        )


def _content_type(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The first of these names the content type, where one does; names are in lower case (ASGI)."""
    for name, value in headers:
        if name == b"content-type":
            return value.decode("latin-1")
    return None


def _body(name: str, data: bytes | None) -> dict[str, str]:
    """The members that hold a body: as text, or in base64 where it is no UTF-8; none without a body."""
    if data is None:
        return {}
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(data).decode("ascii")}
