"""How requests find their handlers: the routes of the interface. Source: SPEC.md, "HTTP interface"."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

_AT_END: Final = r"/?\Z"


class Resource(Route):
    """An HTTP path and what it answers, by C-REST-15 to C-REST-17.

    Case and one trailing slash do not matter; what a parameter of the path holds keeps its case. HEAD is
    answered like GET, OPTIONS 200, any other method 405; these two name the methods allowed.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        methods: Sequence[str] = ("GET",),
    ) -> None:
        super().__init__(path, endpoint, methods=methods)
        pattern = self.path_regex.pattern.removesuffix("$") + _AT_END
        # ASCII, for Unicode's case folding would take U+017F, a long s, for an s.
        self.path_regex = re.compile(pattern, re.IGNORECASE | re.ASCII)
        self._known = frozenset(self.methods or ())
        self._allow = {"allow": ", ".join(sorted({*self._known, "OPTIONS"}))}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path this is. Raises what the endpoint raises, and HTTPException (405)."""
        if scope["method"] in self._known:
            response = await self.endpoint(Request(scope, receive, send))
            await response(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(headers=self._allow)(scope, receive, send)
        else:
            raise HTTPException(405, "Method not allowed", headers=self._allow)


class AnyPath(WebSocketRoute):
    """The endpoint of every WebSocket that no earlier route takes: the path does not matter (C-CON-2)."""

    def __init__(self, endpoint: Callable[[WebSocket], Awaitable[None]]) -> None:
        super().__init__("/", endpoint)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Any WebSocket, even where its path holds a line feed, at which patterns end."""
        is_websocket = scope["type"] == "websocket"
        return (Match.FULL, {"endpoint": self.endpoint}) if is_websocket else (Match.NONE, {})
