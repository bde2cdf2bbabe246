"""Strict ed25519: every edge vector, the name of every fault, and the one text that spells a signature."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from dispatch_protocol.errors import UsageError
from dispatch_protocol.keys import Identity
from dispatch_protocol.signatures import (
    GROUP_ORDER,
    SignatureFault,
    has_small_order,
    has_stray_bits,
    key_fault,
    read_signature,
    signature_fault,
    signature_text,
)
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

TEXT = (files("dispatch_protocol") / "vectors" / "ed25519-edge.json").read_text("utf-8")
CASES: list[dict[str, Any]] = json.loads(TEXT)["cases"]
WORKER = Identity.from_seed(bytes(range(32)))
MESSAGE = b"one receipt"
GOOD = WORKER.sign(MESSAGE)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

octets_64 = st.binary(min_size=64, max_size=64)


def parts(case: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    key, message, signature = (case[f"{name}_hex"] for name in ("public_key", "message", "signature"))
    return bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)


def test_the_vectors_are_complete() -> None:
    assert len(CASES) == len({case["id"] for case in CASES}) == 118
    assert Counter(case["expected"] for case in CASES) == {"valid": 9, "invalid": 103, "disputed": 6}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """The disputed ones hold with the cofactor alone; the strict equation is without it."""
    key, message, signature = parts(case)
    fault = signature_fault(key, message, signature)
    assert (fault is None) is (case["expected"] == "valid")
    if case["category"] == "small-order":
        assert has_small_order(key)
        assert key_fault(key) == "is a point of small order"
    if fault is None:
        assert key_fault(key) is None


@pytest.mark.parametrize(
    ("key", "signature", "fault"),
    [
        (b"", GOOD, SignatureFault.KEY_LENGTH),
        (WORKER.public_key[:-1], GOOD, SignatureFault.KEY_LENGTH),
        (WORKER.public_key + b"\0", GOOD, SignatureFault.KEY_LENGTH),
        (WORKER.public_key, b"", SignatureFault.LENGTH),
        (WORKER.public_key, GOOD[:-1], SignatureFault.LENGTH),
        (WORKER.public_key, GOOD + MESSAGE, SignatureFault.LENGTH),
        (bytes(32), bytes(64), SignatureFault.KEY_SMALL_ORDER),
        (WORKER.public_key, bytes([1]) + bytes(63), SignatureFault.R_SMALL_ORDER),
        (
            WORKER.public_key,
            GOOD[:32] + (int.from_bytes(GOOD[32:], "little") + GROUP_ORDER).to_bytes(32, "little"),
            SignatureFault.S_TOO_LARGE,
        ),
        (WORKER.public_key, GOOD[:63] + bytes([GOOD[63] ^ 1]), SignatureFault.NO_FIT),
        (WORKER.public_key, b"\xff" * 32 + GOOD[32:], SignatureFault.NO_FIT),
        (WORKER.public_key, GOOD, None),
    ],
)
def test_every_fault_by_its_name(key: bytes, signature: bytes, fault: SignatureFault | None) -> None:
    assert signature_fault(key, MESSAGE, signature) == fault


def test_a_signature_fits_one_message_and_one_key() -> None:
    other = Identity.from_seed(bytes(32))
    assert signature_fault(other.public_key, MESSAGE, GOOD) is SignatureFault.NO_FIT
    assert signature_fault(WORKER.public_key, MESSAGE + b" ", GOOD) is SignatureFault.NO_FIT
    assert signature_fault(WORKER.public_key, MESSAGE, other.sign(MESSAGE)) is SignatureFault.NO_FIT


@given(st.binary(min_size=32, max_size=32), st.binary())
def test_what_is_signed_verifies_and_one_bit_undoes_it(seed: bytes, message: bytes) -> None:
    identity = Identity.from_seed(seed)
    signature = identity.sign(message)
    assert signature == SigningKey(seed).sign(message).signature
    assert signature_fault(identity.public_key, message, signature) is None
    bit = int.from_bytes(seed[:2], "big") % 512
    altered = bytearray(signature)
    altered[bit // 8] ^= 1 << bit % 8
    assert signature_fault(identity.public_key, message, bytes(altered)) is not None


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=130))
def test_nothing_is_raised_whatever_comes(key: bytes, message: bytes, signature: bytes) -> None:
    assert isinstance(signature_fault(key, message, signature), SignatureFault)


@given(st.binary(max_size=40))
def test_key_fault_never_raises(key: bytes) -> None:
    fault = key_fault(key)
    assert (fault == "has not 32 bytes") is (len(key) != 32)


def test_key_fault_agrees_with_the_curve() -> None:
    assert key_fault(WORKER.public_key) is None
    assert key_fault((2).to_bytes(32, "little")) == "is no point of the curve"
    assert key_fault((2**255 - 19 + 3).to_bytes(32, "little")) == "is no point of the curve"
    assert key_fault(bytes([1]) + bytes(31)) == "is a point of small order"


@given(octets_64)
def test_a_signature_has_one_text(signature: bytes) -> None:
    text = signature_text(signature)
    assert (len(text), text) == (88, b64encode(signature).decode())
    assert read_signature(text) == signature
    assert not has_stray_bits(text)
    stray = text[:85] + LETTERS[LETTERS.index(text[85]) | 1] + "=="
    assert read_signature(stray) is None
    assert has_stray_bits(stray)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=" * 88,
        "A" * 88,
        "A" * 86,
        b64encode(GOOD).decode().rstrip("="),
        b64encode(GOOD).decode() + "\n",
        b64encode(GOOD).decode().replace("==", "=\n"),
        " " + b64encode(GOOD).decode(),
        b64encode(b"\xff" * 64).decode().replace("/", "_", 1),
        urlsafe_b64encode(b"\xff" * 64).decode(),
        b64encode(GOOD[:63]).decode(),
        b64encode(GOOD + b"\0").decode(),
        b64encode(GOOD + MESSAGE).decode(),
        GOOD.hex(),
        b64encode(GOOD.hex().encode()).decode(),
        "é" * 88,
        "\ud800" * 88,
        "\0" * 88,
        b64encode(GOOD).decode()[:43] + "=" + b64encode(GOOD).decode()[44:],
        b64encode(GOOD).decode()[:40] + "\n\n\n\n" + b64encode(GOOD).decode()[44:],
    ],
)
def test_no_other_text_is_read(text: str) -> None:
    assert read_signature(text) is None
    assert not has_stray_bits(text)


@given(
    st.text(LETTERS, min_size=85, max_size=85),
    st.sampled_from("AQgw"),
    st.integers(0, 87),
    st.sampled_from(LETTERS + "=-_\n "),
)
def test_whatever_is_read_is_spelled_the_same_way(most: str, last: str, place: int, other: str) -> None:
    text = f"{most}{last}=="
    signature = read_signature(text)
    assert signature is not None
    assert signature_text(signature) == text
    altered = text[:place] + other + text[place + 1 :]
    signature = read_signature(altered)
    assert signature is None or signature_text(signature) == altered


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_has_no_text(length: int) -> None:
    with pytest.raises(UsageError, match="64 bytes"):
        signature_text(bytes(length))
