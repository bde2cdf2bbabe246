"""Pairing over HTTP: codes, claims and lists. Clauses C-TRU, and W-PAIR on the claims that workers send."""

import re
from collections.abc import Mapping
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.parsing import Member
from dispatch_protocol.rest import (
    ClaimRequest,
    RestFault,
    read_body,
    read_trust_claim,
    read_trust_create,
    read_trust_list,
)
from dispatch_protocol.rules import assignments
from dispatch_protocol.rules.exchanges import Exchange, expect, outcome
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.records import Code, Connection
from dispatch_protocol.times import read_time

CODE_SECONDS: Final = 3600.0
"""How long a pairing code is good for."""

_MARGIN: Final = 60.0
_CLAIM_ERRORS: Final = ("invalid_code", "already_claimed", "expired")
_CODE: Final = re.compile(r"[0-9A-F]{6}\Z", re.ASCII)
_KEY: Final = re.compile(r"[0-9A-Fa-f]{64}\Z", re.ASCII)


def answered(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    """An exchange about pairing."""
    match exchange.method, exchange.path:
        case "POST", "/v1/trust/create":
            _judge_creation(ledger, exchange)
        case "POST", "/v1/trust/claim":
            _judge_claim(ledger, facts, exchange)
        case "GET", "/v1/trust/list":
            _judge_list(ledger, facts, exchange)


def note_code(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    """A pairing code that was created is remembered, with the user it is for."""
    code, asked = exchange.members.get("pairing_code"), None
    if (exchange.method, exchange.path, exchange.status) == ("POST", "/v1/trust/create", 201):
        asked = outcome(lambda: read_trust_create(exchange.body, exchange.content_type))
    if isinstance(asked, str) and isinstance(code, str) and _CODE.match(code):
        facts.codes.put(code, Code(name_of(asked), ledger.coordinator_t))


def lose_track(facts: Facts, exchange: Exchange) -> None:
    """A fault struck this exchange: whether a code that it claimed is claimed now, and since when the user
    and the key are paired, cannot be known.
    """
    if (exchange.method, exchange.path) == ("POST", "/v1/trust/claim"):
        asked = outcome(lambda: read_trust_claim(exchange.body, exchange.content_type))
        code = facts.codes.pop(asked.pairing_code) if isinstance(asked, ClaimRequest) else None
        if isinstance(asked, ClaimRequest) and code is not None:
            facts.pairings.pop((code.user_id, name_of(asked.provider_pubkey.lower())))


def claimed(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    """A worker sent a claim: its body, and its place in the worker's session. Judged of the worker."""
    if (exchange.method, exchange.path) != ("POST", "/v1/trust/claim") or exchange.sender != "worker":
        return
    declared = outcome(lambda: read_body(exchange.body, exchange.content_type))
    readable = isinstance(declared, dict) and bool(declared)
    expected = "a JSON object sent as application/json"
    message = f"the body of the claim is not {expected}"
    expect(ledger, "W-PAIR-4", readable, expected, exchange, actual=_shown(exchange), message=message)
    as_json = outcome(lambda: read_trust_claim(exchange.body, "application/json"))
    if not isinstance(as_json, ClaimRequest):
        if isinstance(declared, dict) and declared:
            _judge_members(ledger, exchange, declared)
        return
    _judge_code(ledger, facts, exchange, as_json.pairing_code)
    connection = _claimant(ledger, facts, exchange, as_json.provider_pubkey)
    if connection is not None:
        expected = "a claim after the register_ack"
        early = not connection.is_registered
        expect(
            ledger, "W-PAIR-5", not early, expected, exchange, actual=f"one while {connection.phase.value}"
        )
        connection.claims += 1
        repeated = connection.claims > 1
        expect(ledger, "W-PAIR-9", not repeated, "one claim", exchange, actual=f"{connection.claims} claims")
        assignments.excuse(connection)


def _judge_members(ledger: Ledger, exchange: Exchange, members: Mapping[str, Member]) -> None:
    """A claim that is an object, and still none: which of its two members is no string, or empty."""
    for name, clause in (("pairing_code", "W-PAIR-2"), ("provider_pubkey", "W-PAIR-3")):
        value = members[name].value if name in members else None
        fits = isinstance(value, str) and value != ""
        expect(ledger, clause, fits, f"a string {name}", exchange, place=f"$.{name}", actual=value)


def _shown(exchange: Exchange) -> str:
    return f"{exchange.content_type}: {exchange.body[:200]!r}"


def _judge_code(ledger: Ledger, facts: Facts, exchange: Exchange, code: str) -> None:
    """Verbatim: a code that is one that was created but for its letter case or blanks was tampered with."""
    if code in facts.codes:
        ledger.passed("W-PAIR-2")
    elif code.strip().upper() in facts.codes:
        expect(ledger, "W-PAIR-2", False, code.strip().upper(), exchange, place="$.pairing_code", actual=code)


def _claimant(ledger: Ledger, facts: Facts, exchange: Exchange, pubkey: str) -> Connection | None:
    """The connection of the worker that claims; one whose key is not written alike is blamed for that."""
    connection = facts.owner(pubkey)
    if connection is None and len(facts.connections) == 1:
        (connection,) = facts.connections.values()
    if connection is not None and connection.key is not None:
        same = connection.key == pubkey
        expect(ledger, "W-PAIR-3", same, connection.key, exchange, place="$.provider_pubkey", actual=pubkey)
    return connection


def _judge_creation(ledger: Ledger, exchange: Exchange) -> None:
    asked = outcome(lambda: read_trust_create(exchange.body, exchange.content_type))
    if isinstance(asked, RestFault):
        if asked.error == "Missing user_id":
            _judge_error(ledger, exchange, "C-TRU-3", asked.error)
        return
    code, expires = exchange.members.get("pairing_code"), exchange.members.get("expires_at")
    fits = exchange.status == 201 and isinstance(code, str) and _CODE.match(code) and isinstance(expires, str)
    expected = "201 with a pairing_code of 6 upper-case hex digits and expires_at"
    if expect(ledger, "C-TRU-1", bool(fits), expected, exchange):
        _judge_expiry(ledger, exchange, expires)


def _judge_expiry(ledger: Ledger, exchange: Exchange, expires: JsonValue) -> None:
    time = read_time(expires) if isinstance(expires, str) else None
    distance = None if time is None else ledger.seconds_from_now(time.milliseconds)
    if distance is not None:
        fits = abs(distance - ledger.ahead - CODE_SECONDS) <= _MARGIN
        expect(ledger, "C-TRU-2", fits, "one hour from now", exchange, place="$.expires_at", actual=expires)


def _judge_claim(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    asked = outcome(lambda: read_trust_claim(exchange.body, exchange.content_type))
    if isinstance(asked, RestFault):
        if asked.error == "Missing pairing_code or provider_pubkey":
            _judge_error(ledger, exchange, "C-TRU-9", asked.error)
        return
    code = facts.codes.get(asked.pairing_code)
    if code is None:
        if exchange.status != 200:  # one that was created before the transcript began may be any of the three
            refused = exchange.status == 400 and exchange.error in _CLAIM_ERRORS
            expect(ledger, "C-TRU-6", refused, "400 invalid_code", exchange)
    elif code.claimed:
        refused = exchange.status != 200
        expect(ledger, "C-TRU-5", refused, "a refusal: the code was claimed before", exchange)
        if refused:
            _judge_error(ledger, exchange, "C-TRU-7", "already_claimed")
    elif ledger.coordinator_t - code.t > CODE_SECONDS + _MARGIN:
        _judge_error(ledger, exchange, "C-TRU-8", "expired")
    elif ledger.coordinator_t - code.t < CODE_SECONDS - _MARGIN:
        _judge_pairing(ledger, facts, exchange, asked, code)


def _judge_pairing(ledger: Ledger, facts: Facts, exchange: Exchange, asked: ClaimRequest, code: Code) -> None:
    if exchange.status == 400 and not _KEY.match(asked.provider_pubkey):
        return  # a coordinator need not pair what is no key
    user, paired = exchange.members.get("user_id"), exchange.members.get("paired_at")
    fits = exchange.status == 200 and isinstance(user, str) and name_of(user) == code.user_id
    if expect(
        ledger, "C-TRU-4", fits and isinstance(paired, str), "200 with user_id and paired_at", exchange
    ):
        code.claimed = True
        time = read_time(str(paired))
        if time is not None:
            facts.pairings.put((code.user_id, name_of(asked.provider_pubkey.lower())), time.milliseconds)


def _judge_list(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    asked = outcome(lambda: read_trust_list(exchange.query))
    if isinstance(asked, RestFault):
        if asked.error == "Missing user_id query param":
            _judge_error(ledger, exchange, "C-TRU-11", asked.error)
        return
    providers = exchange.members.get("providers")
    listed = providers if isinstance(providers, list) else []
    fits = exchange.status == 200 and isinstance(providers, list) and all(map(_is_pairing, listed))
    expected = "200 with providers, each with provider_pubkey and paired_at"
    if expect(ledger, "C-TRU-10", fits, expected, exchange):
        for provider in listed:
            _judge_listed(ledger, facts, exchange, name_of(asked), provider)


def _is_pairing(provider: JsonValue) -> bool:
    return (
        isinstance(provider, dict)
        and isinstance(provider.get("provider_pubkey"), str)
        and isinstance(provider.get("paired_at"), str)
    )


def _judge_listed(ledger: Ledger, facts: Facts, exchange: Exchange, user: str, provider: JsonValue) -> None:
    if not isinstance(provider, dict):
        return
    known = facts.pairings.get((user, name_of(str(provider.get("provider_pubkey")).lower())))
    time = read_time(str(provider.get("paired_at")))
    if known is not None and time is not None:
        same = abs(time.milliseconds - known) < 1000
        expect(ledger, "C-TRU-12", same, "the time of the claim", exchange, actual=provider.get("paired_at"))


def _judge_error(ledger: Ledger, exchange: Exchange, clause: str, error: str) -> None:
    fits = exchange.status == 400 and exchange.error == error
    expect(ledger, clause, fits, f"400 {error}", exchange)
