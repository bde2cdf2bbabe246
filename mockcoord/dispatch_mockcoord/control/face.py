"""The control face as an application around the coordinator's: which requests are its own, who may ask."""

from collections.abc import Awaitable, Sequence
from typing import Final

from dispatch_protocol.rest import RestFault
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch_mockcoord.app import HANDLERS
from dispatch_mockcoord.control.guard import Guard
from dispatch_mockcoord.routes import JsonText

PREFIX: Final = "/_mock"
PAGE: Final = "/dashboard"

_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
"""What every answer carries: it stays here, and no page of another origin can use it as a part of its own."""


class Face:
    """`inner`, with the control face around it: `routes` for all that is under PREFIX, and perhaps PAGE."""

    def __init__(self, inner: ASGIApp, routes: Sequence[BaseRoute], guard: Guard) -> None:
        self._inner = inner
        self._guard = guard
        self._own = Starlette(routes=routes, exception_handlers=HANDLERS)
        self._own.router.redirect_slashes = False
        self._has_page = any(_takes(route, PAGE) for route in routes)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request or connection. What is not its own costs nothing but the look at its path."""
        path = scope["path"].lower() if scope["type"] == "http" else ""
        is_page = self._has_page and path in (PAGE, f"{PAGE}/")
        if is_page or path == PREFIX or path.startswith(f"{PREFIX}/"):
            return self._serve(scope, receive, send, is_page=is_page)
        return self._inner(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, *, is_page: bool) -> None:
        """Serve a request of its own."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._answer(scope, is_page=is_page) or self._own
        await answer(scope, receive, told)

    def _answer(self, scope: Scope, *, is_page: bool) -> Response | None:
        """What answers this request before any route does: a refusal, or the way in."""
        fault = self._guard.fault(scope, is_page=is_page)
        if fault is None:
            return None
        if fault.status == 401 and is_page and scope["method"] == "GET":
            token = Request(scope).query_params.get("token")
            if self._guard.fits(token):
                return self._welcome(scope, token or "")
        return _refusal(fault)

    def _welcome(self, scope: Scope, token: str) -> Response:
        """To the page without the token in its address: the browser has it from now on, no script sees it."""
        answer = RedirectResponse(PAGE, 303)
        name = self._guard.cookie_name(scope)
        answer.set_cookie(name, token, path="/", httponly=True, samesite="strict")
        return answer


def _refusal(fault: RestFault) -> Response:
    headers = {"www-authenticate": "Bearer"} if fault.status == 401 else None
    return JsonText(fault.text(), fault.status, headers=headers)


def _takes(route: BaseRoute, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return route.matches(scope)[0] is not Match.NONE
