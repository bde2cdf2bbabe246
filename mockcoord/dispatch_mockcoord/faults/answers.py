"""What each fault makes of a request: wrappers around an application, of which some never ask it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from dispatch_protocol.rest import CONTENT_TYPE, RestFault
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch_mockcoord.faults.plan import Strike


class Visit(NamedTuple):
    """One request, as ASGI has it. `after` has something done so much later, by the coordinator's clock."""

    scope: Scope
    receive: Receive
    send: Send
    after: Callable[[float, Callable[[], None]], None]


Act: TypeAlias = Callable[[Strike, ASGIApp, Visit], Awaitable[None]]
"""One fault at one request. It may call the application, and send what it likes in place of the answer."""


async def refuse_for_now(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """429 or 503, with the time after which to try again."""
    status, text = (429, "Too many requests") if strike.fault.name == "http_429" else (503, "Not available")
    seconds = strike.whole("retry_after")
    headers = {"retry-after": str(seconds)} if seconds else {}
    await _answer(visit, _error(status, text, headers))


async def fail(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """500, whether or not the request was carried out."""

    async def unheard(message: Message) -> None:
        """Nobody hears the application's own answer."""

    if strike.whole("done"):
        await app(visit.scope, visit.receive, unheard)
    await _answer(visit, _error(500, "Internal server error"))


async def refuse_claim(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """400 with a reason not to pair."""
    await _answer(visit, _error(400, strike.text("error")))


async def be_slow(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """The answer, or its body, is held back for a while, or until the client goes."""
    late = "http.response.start" if strike.text("part") == "all" else "http.response.body"
    is_awaited = True

    async def told(message: Message) -> None:
        nonlocal is_awaited
        if is_awaited and message["type"] == late:
            is_awaited = False
            await _pause(visit, strike.number("seconds"))
        await visit.send(message)

    await app(visit.scope, visit.receive, told)


async def cut_off(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """The head promises a body of which only so many bytes come; then the connection is closed."""
    is_cut = False
    heads: list[Message] = []

    async def told(message: Message) -> None:
        nonlocal is_cut
        if message["type"] == "http.response.start":
            heads.append(message)
        elif not is_cut:
            is_cut = True
            body = message.get("body", b"")
            await visit.send(_promising(heads[0], len(body)))
            sent = body[: min(strike.whole("bytes"), len(body) - 1)] if body else b""
            await visit.send({"type": "http.response.body", "body": sent, "more_body": True})
            _wire(visit).hang_up()

    await app(visit.scope, visit.receive, told)
    await _departure(visit)


async def tear(strike: Strike, app: ASGIApp, visit: Visit) -> None:
    """The connection is torn where an answer should begin."""

    async def told(message: Message) -> None:
        _wire(visit).abort()

    if strike.whole("done"):
        await app(visit.scope, visit.receive, told)
    else:
        _wire(visit).abort()
    await _departure(visit)


ACTS: Final = MappingProxyType[str, Act](
    {
        "http_slow": be_slow,
        "http_torn": tear,
        "http_cut": cut_off,
        "http_429": refuse_for_now,
        "http_500": fail,
        "http_503": refuse_for_now,
        "refuse_claim": refuse_claim,
    }
)
"""The faults of HTTP, those that stand around the others first."""

REFUSALS: Final = frozenset(("http_429", "http_500", "http_503", "refuse_claim"))
"""Those that answer in the place of the application: at one request no more than one can."""


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(RestFault(status, text).text(), status, headers, CONTENT_TYPE)


def _promising(head: Message, length: int) -> Message:
    """The head with a content-length that is more than there will be."""
    headers = MutableHeaders(raw=list(head["headers"]))
    headers["content-length"] = str(max(length, 1))
    return {**head, "headers": headers.raw}


def _wire(visit: Visit) -> Any:
    """The server's side of the connection that a request came on (`dispatch_mockcoord.http_wire`)."""
    return visit.scope["state"]["wire"]


async def _answer(visit: Visit, response: Response) -> None:
    await response(visit.scope, visit.receive, visit.send)


async def _pause(visit: Visit, seconds: float) -> None:
    """Wait for so long, or until the client is gone."""
    over = asyncio.Event()
    visit.after(seconds, over.set)
    waiting = [asyncio.create_task(over.wait()), asyncio.create_task(_departure(visit))]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


async def _departure(visit: Visit) -> None:
    """Wait until the client is gone."""
    while (await visit.receive())["type"] != "http.disconnect":
        pass
