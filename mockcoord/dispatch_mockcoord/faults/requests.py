"""Faults of HTTP around a running coordinator: which strike at a request, marked, then done."""

from collections.abc import Awaitable
from itertools import count
from typing import Final, Protocol

from dispatch_protocol.rest import ClaimRequest, RestFault, read_trust_claim
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch_mockcoord.faults.answers import ACTS, REFUSALS, Visit
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.plan import Place, Strike
from dispatch_mockcoord.switchboard import Switchboard

CLAIM_PATH: Final = "/v1/trust/claim"
"""The one path that workers ask for."""

MAX_CLAIM_BYTES: Final = 16_384
"""The longest body in which the key of a worker that claims is looked for."""

_ORDER: Final = {name: rank for rank, name in enumerate(ACTS)}


class Faulty(Protocol):
    """What a layer of faults tells, and is told."""

    def concerns(self, stage: Stage) -> bool:
        """Whether any fault at work may strike at this stage."""

    def strikes(self, stage: Stage, place: Place) -> list[Strike]:
        """What strikes at this opportunity."""

    def mark_exchange(self, strike: Strike, exchange: int, what: str) -> None:
        """Note a strike at the exchange with this number."""


class RequestFaults:
    """The application with faults around it. Requests that faults strike are numbered, from 1."""

    def __init__(self, app: ASGIApp, faults: Faulty, switchboard: Switchboard) -> None:
        self._app = app
        self._faults = faults
        self._switchboard = switchboard
        self._numbers = count(1)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request, or spoil it."""
        if scope["type"] == "http" and self._faults.concerns(Stage.REQUEST):
            return self._serve(scope, receive, send)
        return self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that faults may strike."""
        pubkey = ""
        if _is_claim(scope):
            pubkey, receive = await _claimant(scope, receive)
        strikes = _fitting(self._faults.strikes(Stage.REQUEST, self._place(scope, pubkey.lower())))
        app = self._app
        if strikes:
            number = scope["state"]["exchange"] = next(self._numbers)
            for strike in strikes:
                self._faults.mark_exchange(strike, number, f"{scope['method']} {scope['path']}")
                app = self._around(app, strike)
        await app(scope, receive, send)

    def _around(self, app: ASGIApp, strike: Strike) -> ASGIApp:
        async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
            visit = Visit(scope, receive, send, self._switchboard.after)
            await ACTS[strike.fault.name](strike, app, visit)

        return spoilt

    def _place(self, scope: Scope, key: str) -> Place:
        worker = self._switchboard.coordinator.registry.by_key(key)
        client = scope["client"][0] if scope.get("client") else ""
        return Place(
            target=f"{key or client} {scope['method']} {scope['path']}",
            worker=key,
            provider_type="" if worker is None else worker.provider_type.value,
            method=scope["method"],
            path=scope["path"],
        )


def _fitting(strikes: list[Strike]) -> list[Strike]:
    """Those that can strike together, the innermost first; of several refusals the first."""
    refusals = [strike for strike in strikes if strike.fault.name in REFUSALS]
    kept = [strike for strike in strikes if strike not in refusals[1:]]
    return sorted(kept, key=lambda strike: _ORDER[strike.fault.name], reverse=True)


def _is_claim(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].lower().removesuffix("/") == CLAIM_PATH)


async def _claimant(scope: Scope, receive: Receive) -> tuple[str, Receive]:
    """The key that a claim names, empty where it names none legibly; and the same request once more."""
    heard: list[Message] = []
    body, is_whole = b"", False
    while not is_whole and len(body) <= MAX_CLAIM_BYTES:
        message = await receive()
        heard.append(message)
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    again = _again(heard, receive)
    try:
        claim: ClaimRequest | None = read_trust_claim(body, Headers(scope=scope).get("content-type"))
    except RestFault:
        claim = None
    return ("" if claim is None or not is_whole else claim.provider_pubkey), again


def _again(heard: list[Message], receive: Receive) -> Receive:
    """What was heard already, then what comes."""

    async def hear() -> Message:
        return heard.pop(0) if heard else await receive()

    return hear
