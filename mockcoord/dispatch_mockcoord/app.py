"""The ASGI application: HTTP exchanges to the routes, WebSockets to the switchboard."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol, TypeAlias

from dispatch_protocol.canonical import stringify
from dispatch_protocol.recording import Http
from dispatch_protocol.rest import CONTENT_TYPE
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.routes import Answer, Request, Routes
from dispatch_mockcoord.switchboard import NO_CODE, Switchboard

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOG: Final = logging.getLogger("dispatch_mockcoord")

CLOSE_SECONDS: Final = 5.0
"""How long a peer may take to let itself be closed before its socket is torn down."""

_TURN: Final = 8
"""How many frames of one connection are handled before the others have their turn."""


class Wire(Protocol):
    """What the server tells of a WebSocket beyond ASGI."""

    @property
    def is_closed_here(self) -> bool:
        """Whether this side sent the first close frame."""

    def abort(self) -> None:
        """Tear the socket down."""


class WebSocketLine:
    """The sending side of one WebSocket: frames go out in order, one sender at a time."""

    def __init__(self, send: Send, wire: Wire | None) -> None:
        self._send = send
        self._wire = wire
        self._outbox: deque[MutableMapping[str, Any]] = deque()
        self._lock = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None
        self._closing: asyncio.TimerHandle | None = None
        self.is_attended = False

    def post(self, frame: str) -> None:
        """Send this text frame: at once where the connection's own reader attends to it, else very soon."""
        self._put({"type": "websocket.send", "text": frame})

    def close(self, code: int | None, reason: str) -> None:
        """Send a close frame behind what is still to be sent; tear the socket down if that does not help."""
        self._put({"type": "websocket.close", "code": code, "reason": reason})
        if self._wire is not None:
            self._closing = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._wire.abort)

    async def flush(self) -> None:
        """Send what waits; returns when the peer has taken it, or is gone."""
        async with self._lock:
            while self._outbox:
                try:
                    await self._send(self._outbox.popleft())
                except Exception:  # the peer is gone, or going; the reader hears of it
                    self._outbox.clear()

    @property
    def closed_by(self) -> Role:
        """Who closed the connection first; a loss counts as the worker's."""
        return Role.COORDINATOR if self._wire is not None and self._wire.is_closed_here else Role.WORKER

    def dispose(self) -> None:
        """The connection is over."""
        if self._closing is not None:
            self._closing.cancel()
        self._outbox.clear()

    def _put(self, message: MutableMapping[str, Any]) -> None:
        self._outbox.append(message)
        if not self.is_attended and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.get_running_loop().create_task(self.flush())


class App:
    """The ASGI application of one coordinator."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._routes = Routes(switchboard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket."""
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        elif scope["type"] == "http":
            await self._exchange(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(scope, receive) if scope["method"] not in ("GET", "HEAD", "OPTIONS") else b""
        request: Request | None = None
        if body is None:
            # Not closed: a close would destroy the answer; the rest of the body is thrown away as it comes.
            answer = Answer(413, stringify({"error": "Request body too large"}))
        else:
            request = _request(scope, body)
            try:
                answer = self._routes.answer(request)
            except Exception:
                LOG.exception("a request failed")
                answer = Answer(500, stringify({"error": "Internal server error"}))
        if self._switchboard.taps:
            self._record(scope, request, answer)
        await _send_answer(send, answer)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The request's body; None where it is longer than the limit."""
        limit = self._switchboard.settings.max_body_bytes
        declared = _header(scope, b"content-length") or ""
        if declared.isdecimal() and int(declared[:16]) > limit:
            return None
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return body
            body += bytes(message.get("body", b""))
            if len(body) > limit:
                return None
            if not message.get("more_body", False):
                return body

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if self._switchboard.is_full:
            await _refuse_upgrade(send)
            return
        await send({"type": "websocket.accept"})
        line = WebSocketLine(send, scope.get("state", {}).get("wire"))
        number = self._switchboard.opened(line, scope["path"])
        code, reason = NO_CODE, ""
        try:
            code, reason = await self._listen(number, line, receive)
        except Exception:
            LOG.exception("connection %d failed", number)
            line.close(1011, "internal error")
            await line.flush()
        finally:
            line.dispose()
            self._switchboard.closed(number, code, reason, line.closed_by)

    async def _listen(self, number: int, line: WebSocketLine, receive: Receive) -> tuple[int, str]:
        """Hand over what comes in until the connection ends; gives the close code and reason."""
        handled = 0
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return message.get("code") or NO_CODE, message.get("reason") or ""
            text = message.get("text")
            line.is_attended = True
            try:
                self._switchboard.received(number, message["bytes"] if text is None else text)
            finally:
                line.is_attended = False
            await line.flush()
            handled += 1
            if handled % _TURN == 0:
                await asyncio.sleep(0)

    def _record(self, scope: Scope, request: Request | None, answer: Answer) -> None:
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        body = request.body.decode("utf-8", "replace") if request is not None and request.body else None
        self._switchboard.record(
            Http(
                t=self._switchboard.elapsed(),
                sender="worker" if path.lower().startswith("/v1/trust/claim") else "client",
                method=scope["method"],
                path=f"{path}?{query}" if query else path,
                status=answer.status,
                request=body,
                request_type=_header(scope, b"content-type") or "",
                response=None if scope["method"] == "HEAD" else answer.body,
                content_type=answer.content_type,
            )
        )


def _request(scope: Scope, body: bytes) -> Request:
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        content_type=_header(scope, b"content-type"),
        body=body,
    )


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


async def _send_answer(send: Send, answer: Answer) -> None:
    body = answer.body.encode("utf-8")
    headers = [("content-type", answer.content_type), ("content-length", str(len(body))), *answer.headers]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _refuse_upgrade(send: Send) -> None:
    body = stringify({"error": "Too many connections"}).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
