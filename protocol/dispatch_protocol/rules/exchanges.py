"""HTTP exchanges: what was asked, what was answered, and what every answer has in common. Clauses C-REST."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.recording import Http
from dispatch_protocol.rest import RestFault
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.times import read_time

REFUSALS: Final = frozenset((413, 429, 503))
"""Statuses with which a coordinator may refuse any request: its limits."""

_TIMES: Final = ("timestamp", "created_at", "completed_at", "expires_at", "paired_at")
_ISO_UTC: Final = re.compile(r"[0-9-]+T[0-9:.]+Z\Z", re.ASCII)
_KNOWN_PATHS: Final = re.compile(
    r"/dashboard|/v1/(health|quote|jobs/commit/(fast|cheap)|jobs/[^/]+|trust/(create|claim|list)|demo/(start|stop|status))"
)

T = TypeVar("T")


class Exchange(NamedTuple):
    """One request and its answer.

    `path` is in lower case, `raw_path` as it was asked for, both without the query and a slash at the end.
    `answer` is None where the body of the answer is no JSON.
    """

    sender: str
    method: str
    path: str
    raw_path: str
    query: str
    body: bytes
    content_type: str | None
    status: int
    answer: Json | None
    answer_type: str
    empty: bool

    @property
    def members(self) -> dict[str, JsonValue]:
        """The members of the answer; none where it is no object."""
        value = None if self.answer is None else self.answer.value
        return value if isinstance(value, dict) else {}

    @property
    def error(self) -> JsonValue:
        """The `error` of the answer."""
        return self.members.get("error")


def read_exchange(event: Http) -> Exchange:
    """The exchange of an event. A body whose type was not recorded counts as JSON."""
    raw_path, _, query = event.path.partition("?")
    body = _bytes(event.request, event.request_base64)
    answer = _bytes(event.response, event.response_base64)
    return Exchange(
        sender=event.sender,
        method=event.method.upper(),
        path=raw_path.lower().removesuffix("/"),
        raw_path=raw_path.removesuffix("/"),
        query=query,
        body=body,
        content_type="application/json" if event.request_type is None else event.request_type,
        status=event.status,
        answer=_json(answer),
        answer_type=(event.content_type or "").lower(),
        empty=not answer,
    )


def judge_common(ledger: Ledger, exchange: Exchange) -> None:
    """What holds for every answer: errors are objects, times are ISO 8601, HEAD and OPTIONS work."""
    known = _KNOWN_PATHS.fullmatch(exchange.path) is not None
    if exchange.method == "OPTIONS":
        if known:
            expect(ledger, "C-REST-17", exchange.status == 200, "200", exchange)
        return
    if exchange.method == "HEAD":
        expect(ledger, "C-REST-16", exchange.empty, "an empty body", exchange)
        return
    if exchange.status >= 400:
        expect(
            ledger, "C-REST-18", isinstance(exchange.error, str), "an object with a string `error`", exchange
        )
    for name, value in _times(exchange.members):
        is_iso = isinstance(value, str) and _ISO_UTC.match(value) is not None and read_time(value) is not None
        expect(ledger, "C-REST-19", is_iso, "an ISO 8601 time with a Z", exchange, place=name, actual=value)


def outcome(read: Callable[[], T]) -> T | RestFault:
    """What a request asks for, or how it has to be refused."""
    try:
        return read()
    except RestFault as fault:
        return fault


def expect(
    ledger: Ledger,
    clause: str,
    fits: bool,
    expected: object,
    exchange: Exchange,
    *,
    place: str = "$",
    actual: object = None,
    message: str = "",
) -> bool:
    """This clause was examined in an exchange.

    Unless given, `actual` is the whole answer, and `message` says with which status it was answered.
    """
    if fits:
        ledger.passed(clause)
        return True
    answer = exchange.answer.text if exchange.answer is not None else "no JSON"
    ledger.failed(
        clause,
        message or f"{exchange.method} {exchange.raw_path or '/'} answered {exchange.status}",
        place=place,
        expected=expected,
        actual=f"{exchange.status} {answer}" if actual is None else actual,
    )
    return False


def _times(members: dict[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    """The places and values of the times in an answer; null stands for none."""
    for name in _TIMES:
        if members.get(name) is not None:
            yield f"$.{name}", members[name]
    providers = members.get("providers")
    if isinstance(providers, list):
        for position, provider in enumerate(providers[:64]):
            if isinstance(provider, dict) and provider.get("paired_at") is not None:
                yield f"$.providers[{position}].paired_at", provider["paired_at"]


def _bytes(text: str | None, base64: str | None) -> bytes:
    if text is not None:
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(base64 or "")
    except ValueError:
        return b""


def _json(body: bytes) -> Json | None:
    try:
        return Json.read(body)
    except JsonSyntaxError:
        return None
