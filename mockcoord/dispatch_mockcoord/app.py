"""The application: everything that is served over HTTP and WebSocket, and how faults are answered.

Layers that come on top bring routes of their own, which are asked before those here.
"""

import logging
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from dispatch_protocol.rest import RestFault
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from dispatch_mockcoord.connections import converse
from dispatch_mockcoord.exchanges import Exchanges
from dispatch_mockcoord.gate import UNAVAILABLE
from dispatch_mockcoord.paths import AnyPath
from dispatch_mockcoord.routes import JsonText, Routes
from dispatch_mockcoord.switchboard import Switchboard

LOG: Final = logging.getLogger("dispatch_mockcoord")


def application(
    switchboard: Switchboard,
    extra_routes: Sequence[BaseRoute] = (),
    layers: Sequence[Middleware] = (),
) -> ASGIApp:
    """The ASGI application of one coordinator.

    `extra_routes` go before its own. `layers` stand around all routes, the first outermost; the transcript
    shows what leaves them.
    """
    starlette = Starlette(
        routes=[*extra_routes, *Routes(switchboard).table(), AnyPath(partial(converse, switchboard))],
        middleware=layers,
        exception_handlers=HANDLERS,
    )
    starlette.router.redirect_slashes = False
    return Exchanges(starlette, switchboard)


async def _refuse(request: Request, fault: RestFault) -> Response:
    """The answer to a request that is at fault."""
    return JsonText(fault.text(), fault.status)


async def _miss(request: Request, miss: HTTPException) -> Response:
    """The answer to a request for what is not there: a path, or a method of it."""
    fault = RestFault(miss.status_code, miss.detail.capitalize())
    return JsonText(fault.text(), fault.status, headers=miss.headers)


async def _fail(request: Request, failure: Exception) -> Response:
    """The answer to a request over which this program failed. The server closes the connection behind it."""
    LOG.error("a request failed", exc_info=failure)
    return JsonText(RestFault(500, "Internal server error").text(), 500)


async def _lack(request: Request, failure: sqlite3.Error) -> Response:
    """The answer to a request for which the store is needed while it fails."""
    LOG.error("the store failed a request: %s", failure)
    return JsonText(RestFault(503, UNAVAILABLE).text(), 503)


HANDLERS: Final[dict[Any, Any]] = {
    RestFault: _refuse,
    HTTPException: _miss,
    sqlite3.Error: _lack,
    Exception: _fail,
}
"""How what goes wrong in answering a request is answered."""
