"""Pairing codes and whom they pair."""

import pytest
from dispatch_mockcoord.core.effects import PairingChanged
from dispatch_mockcoord.core.trust import (
    CODE_MILLISECONDS,
    MEMORY_MILLISECONDS,
    ClaimFault,
    Pairing,
    TrustBook,
)

from tests.mockcoord.driver import WALL, Driver, identity

KEY = identity(1).pubkey_hex


def book(*codes: str, max_codes: int = 10, max_pairings: int = 100) -> TrustBook:
    supply = iter(codes)
    return TrustBook(lambda: next(supply), max_codes, max_pairings)


def claimed(outcome: Pairing | ClaimFault) -> Pairing:
    assert isinstance(outcome, Pairing)
    return outcome


def test_a_claimed_code_pairs() -> None:
    """C-TRU-4, C-TRU-12."""
    trust = book("A1B2C3")
    trust.create("user", WALL)
    pairing = claimed(trust.claim("A1B2C3", KEY.upper(), WALL + 5))
    assert (pairing.user_id, pairing.pubkey, pairing.paired_ms) == ("user", KEY.upper(), WALL + 5)
    assert trust.is_paired("user", KEY)
    assert not trust.is_paired("other", KEY)
    assert trust.providers("user") == (pairing,)
    assert trust.providers("other") == ()


def test_the_tests_of_a_claim_come_in_order() -> None:
    """C-TRU-2, C-TRU-5 to C-TRU-8."""
    trust = book("A1B2C3", "D4E5F6")
    for _ in range(2):
        trust.create("user", WALL)
    late = WALL + CODE_MILLISECONDS
    assert trust.claim("a1b2c3", KEY, WALL) is ClaimFault.INVALID_CODE
    claimed(trust.claim("A1B2C3", KEY, late - 1))
    assert trust.claim("A1B2C3", KEY, WALL) is ClaimFault.ALREADY_CLAIMED
    assert trust.claim("A1B2C3", KEY, late) is ClaimFault.ALREADY_CLAIMED
    assert trust.claim("D4E5F6", KEY, late) is ClaimFault.EXPIRED


@pytest.mark.parametrize("pubkey", ["", "00", "zz" * 32, KEY + "\n", "٠" * 64])
def test_a_claim_without_a_key_leaves_the_code_open(pubkey: str) -> None:
    trust = book("A1B2C3")
    trust.create("user", WALL)
    assert trust.claim("A1B2C3", pubkey, WALL) is ClaimFault.INVALID_KEY
    claimed(trust.claim("A1B2C3", KEY, WALL))


def test_a_code_is_never_given_twice() -> None:
    trust = book("AAAAAA", "AAAAAA", "BBBBBB")
    first, second = trust.create("user", WALL), trust.create("user", WALL)
    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("AAAAAA", "BBBBBB")


def test_open_codes_are_bounded_and_expired_ones_make_room() -> None:
    trust = book("A", "B", "C", "D", max_codes=2)
    assert trust.create("user", WALL)
    assert trust.create("user", WALL)
    assert trust.create("user", WALL) is None
    assert trust.create("user", WALL + CODE_MILLISECONDS)
    assert trust.claim("A", KEY, WALL) is ClaimFault.INVALID_CODE


def test_an_expired_code_is_remembered_for_an_hour() -> None:
    """C-TRU-8."""
    trust = book("A", "B", "C")
    trust.create("user", WALL)
    forgotten_at = WALL + CODE_MILLISECONDS + MEMORY_MILLISECONDS
    trust.create("user", forgotten_at - 1)
    assert trust.claim("A", KEY, forgotten_at - 1) is ClaimFault.EXPIRED
    trust.create("user", forgotten_at)
    assert trust.claim("A", KEY, forgotten_at) is ClaimFault.INVALID_CODE
    claimed(trust.claim("B", KEY, forgotten_at))


def test_pairings_are_bounded_altogether() -> None:
    trust = book("A", "B", "C", max_pairings=2)
    for code in ("A", "B"):
        trust.create("user", WALL)
        claimed(trust.claim(code, KEY, WALL))
    assert trust.create("user", WALL) is None
    assert trust.create("user", WALL + 9 * CODE_MILLISECONDS) is None, "a pairing never expires"
    assert trust.is_paired("user", KEY)


def test_examining_a_claim_changes_nothing() -> None:
    trust = book("A")
    trust.create("user", WALL)
    first = trust.examine("A", KEY, WALL)
    assert trust.examine("A", KEY, WALL) == first == claimed(trust.claim("A", KEY, WALL))
    assert trust.examine("A", KEY, WALL) is ClaimFault.ALREADY_CLAIMED


def test_a_second_pairing_of_the_same_two_is_listed_once() -> None:
    trust = book("A", "B")
    trust.create("user", WALL)
    trust.create("user", WALL)
    trust.claim("A", KEY, WALL)
    trust.claim("B", KEY.upper(), WALL + 1)
    assert [pairing.paired_ms for pairing in trust.providers("user")] == [WALL + 1]


def test_what_changes_is_an_effect() -> None:
    driver = Driver()
    pairing = driver.pair("user", 1)
    changes = [effect.pairing for effect in driver.effects if isinstance(effect, PairingChanged)]
    assert [change.pubkey for change in changes] == [None, pairing.pubkey]


def test_a_restored_book_pairs_as_before() -> None:
    """C-DUR-5."""
    before = Driver()
    pairing = before.pair("user", 1)
    after = Driver()
    after.take(after.core.restore([], [pairing], after.at))
    assert after.core.trust.is_paired("user", KEY)
    outcome, _ = after.core.claim_code(pairing.code, KEY, after.at)
    assert outcome is ClaimFault.ALREADY_CLAIMED
