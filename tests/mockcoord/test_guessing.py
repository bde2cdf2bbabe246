"""Guessing pairing codes is slow, and honest claims are not."""

import asyncio
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord import guessing
from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.core.terms import Moment
from dispatch_mockcoord.guessing import PAUSE_SECONDS, SHARED_BUDGET, SHARED_PAUSE_SECONDS, Guessing
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.rules import Rules

from tests.mockcoord.client import client, settings
from tests.mockcoord.driver import identity

GUESSER, OTHER = "192.0.2.1", "192.0.2.2"
KEY = identity(1).pubkey_hex


def guess(book: Guessing, host: str, now: float, times: int = 1) -> None:
    for _ in range(times):
        assert book.wait(host, now) == 0
        book.failed(host, now)


def test_after_its_budget_an_address_waits_and_then_has_one_try_a_pause() -> None:
    book = Guessing(3)
    guess(book, GUESSER, 5.0, times=3)
    assert book.wait(GUESSER, 5.0) == PAUSE_SECONDS
    assert book.wait(GUESSER, 8.0) == PAUSE_SECONDS - 3
    assert book.wait(OTHER, 5.0) == 0
    for step in range(1, 5):
        now = 5.0 + step * PAUSE_SECONDS
        guess(book, GUESSER, now)
        assert book.wait(GUESSER, now) == PAUSE_SECONDS


def test_the_budget_comes_back() -> None:
    book = Guessing(3)
    guess(book, GUESSER, 0.0, times=3)
    guess(book, GUESSER, 3 * PAUSE_SECONDS, times=3)
    assert book.wait(GUESSER, 3 * PAUSE_SECONDS) > 0


def test_while_the_budget_of_all_is_spent_only_those_who_failed_lately_wait() -> None:
    book = Guessing(2)
    for number in range(2 * SHARED_BUDGET):
        guess(book, f"198.51.100.{number}", 1.0)
    assert book.wait("198.51.100.0", 1.0) == SHARED_PAUSE_SECONDS
    guess(book, OTHER, 1.0)
    assert book.wait(OTHER, 1.0) == 2 * SHARED_PAUSE_SECONDS
    assert book.wait("198.51.100.0", 1.0 + 2 * SHARED_PAUSE_SECONDS) == 0
    assert book.wait(GUESSER, 1.0) == 0


def test_a_site_has_one_budget_however_many_addresses_it_has() -> None:
    book = Guessing(1)
    guess(book, "2001:db8:0:1::1", 0.0)
    assert book.wait("2001:db8:0:1:ffff::2", 0.0) > 0
    assert book.wait("2001:db8:0:2::1", 0.0) == 0
    guess(book, "::ffff:192.0.2.1", 0.0)
    assert book.wait("192.0.2.1", 0.0) > 0
    assert book.wait("::ffff:192.0.2.2", 0.0) == 0
    guess(book, "", 0.0)
    assert book.wait("", 0.0) > 0


def test_memory_is_bounded_and_forgets_the_oldest_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "MAX_ADDRESSES", 3)
    book = Guessing(1)
    for number in (1, 2, 3):
        book.failed(f"198.51.100.{number}", 0.0)
    book.failed("198.51.100.1", 1.0)
    book.failed("198.51.100.4", 1.0)
    assert len(book) == 3
    assert [number for number in (1, 2, 3, 4) if book.wait(f"198.51.100.{number}", 1.0)] == [1, 3, 4]


def test_without_a_budget_nobody_waits() -> None:
    book = Guessing(0)
    guess(book, GUESSER, 0.0, times=1000)
    assert len(book) == 0


class Stopped(Clock):
    """A clock that the test moves."""

    now = 100.0

    def moment(self) -> Moment:
        return super().moment()._replace(now=self.now)


async def claim(http: httpx2.AsyncClient, code: str, pubkey: str = KEY) -> httpx2.Response:
    return await http.post("/v1/trust/claim", json={"pairing_code": code, "provider_pubkey": pubkey})


async def new_code(http: httpx2.AsyncClient) -> str:
    answer = await http.post("/v1/trust/create", json={"user_id": "user"})
    return str(answer.json()["pairing_code"])


async def test_failed_claims_are_slowed_and_tell_nothing_of_the_code() -> None:
    """C-LIM-6. The rules find nothing wrong with it."""
    clock, events = Stopped(), list[TranscriptEvent]()
    running = MockCoordinator(settings(claim_failures=4), clock=clock)
    running.tap(events.append)
    async with running, client(running) as http:
        code, used = await new_code(http), await new_code(http)
        assert (await claim(http, used)).status_code == 200
        assert (await claim(http, code, "no key")).json() == {"error": "Invalid provider_pubkey"}
        wrong: list[dict[str, Any]] = [(await claim(http, text)).json() for text in ("zz", used, "AAAAA")]
        assert [answer["error"] for answer in wrong] == ["invalid_code", "already_claimed", "invalid_code"]
        for text in (code, used, "zz"):
            answer = await claim(http, text)
            assert (answer.status_code, answer.json()) == (429, {"error": "Too many failed claims"})
            assert answer.headers["retry-after"] == "10"
        assert (await claim(http, "")).status_code == 400, "no guess at all"
        clock.now += 9.5
        assert (await claim(http, code)).headers["retry-after"] == "1"
        clock.now += 0.5
        assert (await claim(http, code)).status_code == 200
    rules = Rules()
    findings = [finding for event in events for finding in rules.feed(event)]
    assert [finding.clause for finding in findings if finding.clause.startswith("C-")] == []


async def test_of_many_claims_at_once_one_succeeds() -> None:
    """C-TRU-5."""
    async with MockCoordinator(settings()) as running, client(running) as http:
        for _ in range(5):
            code = await new_code(http)
            keys = [identity(number).pubkey_hex for number in range(1, 6)]
            answers = await asyncio.gather(*(claim(http, code, key) for key in keys))
            assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
            errors = {answer.json()["error"] for answer in answers if answer.status_code == 400}
            assert errors == {"already_claimed"}
            (winner,) = (key for key, answer in zip(keys, answers, strict=True) if answer.status_code == 200)
            listed = (await http.get("/v1/trust/list?user_id=user")).json()["providers"]
            assert winner in [provider["provider_pubkey"] for provider in listed]
