"""Faults of HTTP on purpose excuse the exchange that they struck, and no other; legal ones excuse nothing."""

from typing import Any

from dispatch_protocol.recording import Fault, Http, TranscriptEvent
from dispatch_protocol.rules import Rules
from dispatch_protocol.vocabulary import Role

KEY = "ab" * 32


def judged(*events: TranscriptEvent) -> list[str]:
    """The clauses that the coordinator breaks."""
    rules = Rules(roles=frozenset({Role.COORDINATOR}))
    return [finding.clause for event in events for finding in rules.feed(event)]


def exchange(path: str, status: int, answer: str | None, **members: Any) -> Http:
    post = "request" in members
    given = {
        "t": 1.0,
        "sender": "client",
        "method": "POST" if post else "GET",
        "request_type": "application/json",
    }
    return Http(**{**given, "path": path, "status": status, "response": answer, **members})


BROKEN = exchange("/v1/demo/status", 500, "oh")
STRUCK = exchange("/v1/demo/status", 500, "oh", exchange=7)
SOUND = exchange("/v1/demo/status", 200, '{"active":true}')


def fault(**members: Any) -> Fault:
    return Fault(t=0.5, name="http_500", **members)


def test_an_exchange_is_excused_by_its_number() -> None:
    assert judged(BROKEN) == ["C-REST-18", "C-DEMO-2"]
    assert judged(fault(exchange=7), STRUCK) == []
    assert judged(fault(exchange=7), SOUND, BROKEN, STRUCK) == ["C-REST-18", "C-DEMO-2"]


def test_a_number_excuses_once_and_only_if_a_fault_named_it() -> None:
    assert judged(STRUCK) == judged(BROKEN)
    assert judged(fault(exchange=8), STRUCK) == judged(BROKEN)
    assert judged(fault(exchange=7), fault(exchange=7), STRUCK, STRUCK) == judged(BROKEN)


def test_a_fault_that_names_nothing_excuses_the_exchange_that_follows() -> None:
    assert judged(fault(), BROKEN) == []
    assert judged(fault(), SOUND, BROKEN) == judged(BROKEN)
    assert judged(fault(), STRUCK, BROKEN) == judged(BROKEN)


def test_a_legal_one_excuses_nothing() -> None:
    assert judged(fault(legal=True), BROKEN) == judged(BROKEN)
    assert judged(fault(exchange=7, legal=True), STRUCK) == judged(BROKEN)


def test_whether_a_code_is_claimed_cannot_be_known_after_an_answer_that_was_lost() -> None:
    created = exchange(
        "/v1/trust/create",
        201,
        '{"pairing_code":"A3F2B1","expires_at":"2026-11-22T07:08:52.643Z"}',
        request='{"user_id":"user"}',
    )
    claim = f'{{"pairing_code":"A3F2B1","provider_pubkey":"{KEY}"}}'
    refused = exchange("/v1/trust/claim", 400, '{"error":"already_claimed"}', request=claim)
    lost = exchange("/v1/trust/claim", 0, None, request=claim, exchange=1)
    assert judged(created, refused) == ["C-TRU-4"]
    assert judged(created, fault(exchange=1), lost, refused) == []


def test_since_when_a_key_is_paired_cannot_be_known_after_an_answer_that_was_lost() -> None:
    def created(code: str) -> Http:
        answer = f'{{"pairing_code":"{code}","expires_at":"2026-11-22T07:08:52.643Z"}}'
        return exchange("/v1/trust/create", 201, answer, request='{"user_id":"user"}')

    def claim(code: str, status: int, answer: str | None, **members: int) -> Http:
        body = f'{{"pairing_code":"{code}","provider_pubkey":"{KEY}"}}'
        return exchange("/v1/trust/claim", status, answer, request=body, **members)

    paired = claim("A3F2B1", 200, '{"user_id":"user","paired_at":"2026-11-22T06:09:00.000Z"}')
    lost = claim("B3F2B1", 0, None, exchange=1)
    later = f'{{"providers":[{{"provider_pubkey":"{KEY}","paired_at":"2026-11-22T06:10:00.000Z"}}]}}'
    listed = exchange("/v1/trust/list?user_id=user", 200, later)
    assert judged(created("A3F2B1"), paired, listed) == ["C-TRU-12"]
    assert judged(created("A3F2B1"), paired, created("B3F2B1"), fault(exchange=1), lost, listed) == []
