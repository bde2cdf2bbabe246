"""The suite's own judge, examined: receipts of every kind are signed and accepted, changed ones are not.

A judge that accepts too much would pass broken workers, one that accepts too little would fail good ones; so
each run begins by holding the protocol's package to both, on receipts drawn by the run's seed.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt, verify_receipt
from dispatch_protocol.times import iso_time
from hypothesis import strategies as st

from dispatch_conformance.fuzz.drawing import draw

_letters: Final = st.integers(0, 0x10FFFF).map(lambda number: chr((number + ord("0")) % 0x110000))


def short_texts(longest: int) -> st.SearchStrategy[str]:
    """Texts of any code points, surrogates too. (Hypothesis' own need a table that takes a second.)"""
    return st.lists(_letters, max_size=longest).map("".join)


json_values: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | short_texts(8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_texts(4), inner, max_size=3),
    max_leaves=6,
)
"""Small JSON values of every kind."""

_LAST_SECOND: Final = 253_402_300_799
_KEYS: Final = st.binary(min_size=32, max_size=32).map(Identity.from_seed)
_TIMES: Final = st.integers(0, _LAST_SECOND * 1000).map(iso_time)


class JudgeError(Exception):
    """The protocol's package accepted or refused a receipt wrongly: the suite itself is at fault."""


class Case(NamedTuple):
    """What goes into a receipt; `place` is a bit of its signature, 0 to 511."""

    identity: Identity
    job_id: str
    output: JsonValue
    time: str
    payment_ref: str | None
    place: int


_CASES: Final = st.builds(
    Case, _KEYS, short_texts(12), json_values, _TIMES, st.none() | short_texts(8), st.integers(0, 511)
)


def examine(number: int, examples: int) -> None:
    """Sign, verify, change and verify again, so many times. Raises JudgeError. Blocks; run it in a thread."""
    draw(_CASES, _examine_one, number=number, examples=examples)


def _examine_one(case: Case) -> None:
    identity, job_id, pubkey = case.identity, case.job_id, case.identity.pubkey_hex
    output_hash = Json.of(case.output).hash
    text = receipt_text(job_id, pubkey, output_hash, case.time, case.payment_ref)
    signature = sign_receipt(text, identity)
    good = verify_receipt(Json.read(text), signature, job_id=job_id, pubkey=pubkey, output_hash=output_hash)
    if not good.verified or good.faults:
        raise JudgeError(f"a good receipt is refused: {text} {signature} {good.faults}")
    for changed, other in _changes(text, signature, case.place, _another(identity)):
        if verify_receipt(changed, other, job_id=job_id, pubkey=pubkey, output_hash=output_hash).verified:
            raise JudgeError(f"a changed receipt is accepted: {changed.text} {other}")


def _another(identity: Identity) -> Identity:
    """A key that is certainly not this one."""
    return Identity.from_seed(sha256(identity.pubkey_hex.encode()).digest())


def _changes(text: str, signature: str, place: int, other: Identity) -> list[tuple[Json, str]]:
    """The receipt with its signature, each time with one thing changed. `place` picks a bit (0 to 511)."""
    receipt = Json.read(text)
    members = receipt.value
    if not isinstance(members, dict):
        raise JudgeError(f"a receipt is no object: {text}")
    raw = bytearray(b64decode(signature))
    raw[place // 8] ^= 1 << place % 8
    backwards = dict(reversed(members.items()))
    changed: list[JsonValue] = [
        members | {"job_id": f"{members['job_id']}x"},
        members | {"provider_pubkey": other.pubkey_hex},
        members | {"output_hash": "0" * 64},
        members | {"completed_at": "1999-12-31T23:59:59.999Z"},
        members | {"payment_ref": f"{members['payment_ref']}x"},
        members | {"more": None},
        {name: value for name, value in members.items() if name != "payment_ref"},
        dict(backwards),
    ]
    return [
        (receipt, b64encode(bytes(raw)).decode("ascii")),
        (receipt, signature.rstrip("=")),
        (receipt, sign_receipt(text, other)),
        *((Json.of(value), signature) for value in changed),
    ]
