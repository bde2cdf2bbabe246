"""The diagnosis of signatures: every planted mistake of text, key, form and spelling is found and named."""

import json
from base64 import b64encode
from hashlib import sha256, sha512
from typing import Any

import pytest
from dispatch_conformance.diagnose import Certainty, Guess, compare_outputs, diagnose_hash, diagnose_signature
from dispatch_conformance.diagnose.doubles import Refused
from dispatch_conformance.diagnose.keccak import keccak_256
from dispatch_conformance.diagnose.serializers import SERIALIZERS
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.writing import write
from dispatch_protocol.canonical import MAX_DEPTH, Json
from dispatch_protocol.receipts import receipt_text
from dispatch_protocol.signatures import GROUP_ORDER
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings
from nacl.signing import SigningKey

from tests.conformance.base58 import base58
from tests.mutants.catalogue import DEFECTS
from tests.protocol.strategies import any_text, json_values

SIGNER = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))
PUBKEY = bytes(SIGNER.verify_key).hex()
OUTPUT = Json.of({"text": "Echo: hi", "model": "m"})
TEXT = receipt_text("3f0c", PUBKEY, OUTPUT.hash, "2026-02-09T12:00:05.000Z")
RECEIPT = Json.read(TEXT)
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def raw(message: str | bytes, key: SigningKey = SIGNER) -> bytes:
    return key.sign(message if isinstance(message, bytes) else message.encode()).signature


def signed(message: str | bytes, key: SigningKey = SIGNER) -> str:
    return b64encode(raw(message, key)).decode()


def diagnosed(signature: str, **given_: Any) -> tuple[Guess, ...]:
    return diagnose_signature(RECEIPT, signature, PUBKEY, output=OUTPUT, **given_)


def test_a_good_signature_has_no_explanation() -> None:
    assert diagnosed(signed(TEXT)) == ()
    assert diagnose_signature(RECEIPT, signed(TEXT), PUBKEY.upper()) == ()


def four() -> str:
    return json.dumps({name: item for name, item in json.loads(TEXT).items() if item}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (json.dumps(json.loads(TEXT)), "python-json-default"),
        (json.dumps(json.loads(TEXT), sort_keys=True, separators=(",", ":")), "python-json-compact-sorted"),
        (json.dumps(json.loads(TEXT), indent=2), "js-pretty-2"),
        (json.dumps(json.loads(TEXT), indent="\t"), "js-pretty-tab"),
        (json.dumps(json.loads(TEXT), indent=2, sort_keys=True), "go-marshal-indent"),
        (json.dumps(json.loads(TEXT), indent=4, sort_keys=True), "pretty-four+sorted"),
        (four(), "four-members"),
        (json.dumps({"job_id": "3f0c", "provider_pubkey": PUBKEY}, separators=(",", ":")), "first-2-members"),
        (OUTPUT.hash, "output-hash"),
        (bytes.fromhex(OUTPUT.hash), "output-hash-bytes"),
        ("3f0c", "joined-job_id"),
        (f"3f0c:{OUTPUT.hash}", "joined-job_id-output_hash"),
        (
            f"3f0c|{PUBKEY}|{OUTPUT.hash}|2026-02-09T12:00:05.000Z",
            "joined-job_id-provider_pubkey-output_hash-completed_at",
        ),
        (sha256(TEXT.encode()).digest(), "sha256-of-canonical"),
        (sha256(TEXT.encode()).hexdigest(), "sha256-hex-of-canonical"),
        (sha512(TEXT.encode()).digest(), "sha512-of-canonical"),
        (keccak_256(TEXT.encode()), "keccak-256-of-canonical"),
        (
            sha256(json.dumps(json.loads(TEXT), sort_keys=True).encode()).digest(),
            "sha256-of-python-json-sorted",
        ),
        (OUTPUT.canonical, "output"),
        (json.dumps(TEXT), "js-double-encoded"),
        (TEXT + "\n", "js-newline"),
        ("\ufeff" + TEXT, "js-bom"),
        (TEXT.encode("utf-16-le"), "js-hash-of-utf16le"),
        (f'{{"type":"receipt_submit","receipt":{TEXT}}}', "receipt-submit"),
        (
            f'{{"type":"job_complete","job_id":"3f0c","output":{OUTPUT.canonical},"output_hash":"{OUTPUT.hash}"}}',
            "job-complete-bare",
        ),
        ("the previous receipt", "the receipt of the job before"),
    ],
)
def test_other_texts(message: str | bytes, name: str) -> None:
    guesses = diagnosed(signed(message), texts={"the receipt of the job before": "the previous receipt"})
    if name == "joined-job_id":
        name = "bare-job_id"
    assert name in [guess.name for guess in guesses]
    assert all(guess.certainty is not Certainty.UNKNOWN and guess.mend for guess in guesses)


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (raw(TEXT).hex(), "it is written as hex"),
        (raw(TEXT).hex().upper(), "upper-case"),
        (f"0x{raw(TEXT).hex()}", "with the prefix 0x"),
        (f"ed25519:{signed(TEXT)}", "with the prefix ed25519:"),
        (signed(TEXT).rstrip("="), "base64 without padding"),
        (signed(TEXT).replace("+", "-").replace("/", "_"), "URL-safe base64"),
        (signed(TEXT)[:76] + "\n" + signed(TEXT)[76:] + "\n", "line breaks"),
        (b64encode(raw(TEXT).hex().encode()).decode(), "base64 of hex"),
        (b64encode(signed(TEXT).encode()).decode(), "base64 of base64"),
        (base58(raw(TEXT)), "base58"),
        (str(list(raw(TEXT))), "a list of byte values"),
        (f"b'{signed(TEXT)}'", "as Python prints bytes"),
        (signed(TEXT)[:-3] + DIGITS[DIGITS.index(signed(TEXT)[-3]) + 1] + "==", "unused bits"),
        (b64encode(raw(TEXT) + TEXT.encode()).decode(), "attached form, with the message behind it"),
        (b64encode(TEXT.encode() + raw(TEXT)).decode(), "attached form, with the message before it"),
        (b64encode(raw(TEXT)[::-1]).decode(), "its bytes are reversed"),
        (b64encode(raw(TEXT)[32:] + raw(TEXT)[:32]).decode(), "S stands before R"),
    ],
)
def test_the_right_signature_in_another_form(signature: str, said: str) -> None:
    (guess,) = diagnosed(signature)
    assert guess.certainty is Certainty.PROVED
    assert said in guess.text
    assert "it is one over" not in guess.text


def test_every_multiple_of_the_order_is_taken_off() -> None:
    good = raw(TEXT)
    for factor in (1, 3, 14):
        scalar = int.from_bytes(good[32:], "little") + factor * GROUP_ORDER
        (guess,) = diagnosed(b64encode(good[:32] + scalar.to_bytes(32, "little")).decode())
        assert "not below the group's order" in guess.text


def test_an_attached_message_of_its_own_is_shown() -> None:
    (guess,) = diagnosed(b64encode(raw("hello") + b"hello").decode())
    assert "the message `hello`" in guess.text


def test_other_keys() -> None:
    other = bytes(OTHER.verify_key).hex()
    (guess,) = diagnosed(signed(TEXT, OTHER), other_keys=[other])
    assert f"by another worker's key, {other}" in guess.text
    (guess,) = diagnosed(signed(TEXT, OTHER))
    assert guess.certainty is Certainty.UNKNOWN
    named = Json.read(receipt_text("3f0c", other, OUTPUT.hash, "2026-02-09T12:00:05.000Z"))
    (guess,) = diagnose_signature(named, signed(named.canonical, OTHER), PUBKEY)
    assert "the key that the receipt names" in guess.text


def test_a_seed_or_a_reversed_key_that_was_registered() -> None:
    (guess,) = diagnose_signature(RECEIPT, signed(TEXT), bytes(SIGNER).hex())
    assert "SECRET SEED" in guess.text
    assert "never send a secret one again" in guess.mend
    (guess,) = diagnose_signature(RECEIPT, signed(TEXT), bytes(SIGNER.verify_key)[::-1].hex())
    assert "bytes reversed" in guess.text


def test_faults_add_up() -> None:
    wrong = json.dumps(json.loads(TEXT), sort_keys=True)
    other = bytes(OTHER.verify_key).hex()
    guess = diagnosed(f"0x{raw(wrong, OTHER).hex()}", other_keys=[other])[0]
    assert guess.name == "python-json-sorted"
    assert guess.text.count("; it is ") == 2
    assert len(guess.mend.split("; ")) >= 3


def test_the_prehashed_variant() -> None:
    state = bindings.crypto_sign_ed25519ph_state()
    bindings.crypto_sign_ed25519ph_update(state, TEXT.encode())
    made = bindings.crypto_sign_ed25519ph_final_create(state, bytes(SIGNER) + bytes(SIGNER.verify_key))
    (guess,) = diagnosed(b64encode(made).decode())
    assert "Ed25519ph" in guess.text


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ("", "no bytes at all"),
        (b64encode(bytes(65)).decode(), "secp256k1"),
        (b64encode(b"\x30" * 71).decode(), "ECDSA signature in DER"),
        (b64encode(bytes(32)).decode(), "half a signature"),
        ("not base64!", "no bytes at all"),
        ("a" * 30_000, "no bytes at all"),
    ],
)
def test_what_is_no_signature(signature: str, said: str) -> None:
    (guess,) = diagnosed(signature)
    assert guess.certainty is Certainty.UNKNOWN
    assert said in guess.text


def test_values_at_the_limit_of_depth_are_diagnosed() -> None:
    deepest = Json.read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert diagnose_signature(deepest, signed(TEXT), PUBKEY, output=deepest)
    assert diagnose_signature(deepest, signed(deepest.canonical + "\n"), PUBKEY)[0].name == "js-newline"
    assert diagnose_hash(deepest, "ab" * 32)
    other = Json.read("[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1))
    assert compare_outputs("extract_json", "{}", deepest, other)


def test_small_order_and_keys_that_are_none() -> None:
    identity = (1).to_bytes(32, "little")
    (guess,) = diagnose_signature(RECEIPT, b64encode(identity + bytes(32)).decode(), PUBKEY)
    assert "R has small order" in guess.text
    nameless = Json.of({"job_id": "x"})
    (guess,) = diagnose_signature(nameless, signed(nameless.canonical), identity.hex())
    assert "key has small order" in guess.text
    for pubkey in ("", "zz", PUBKEY[:-1], "ab" * 31):
        receipt = Json.of({"job_id": "x"})
        (guess,) = diagnose_signature(receipt, signed(receipt.canonical), pubkey)
        assert "not 32 bytes" in guess.text


@settings(max_examples=40)
@given(json_values, st.sampled_from(SERIALIZERS))
def test_a_planted_serializer_is_always_found(value: Any, serializer: Any) -> None:
    receipt = Json.of({"job_id": value, "provider_pubkey": PUBKEY})
    try:
        wrong = write(Source(receipt).tree, serializer.style).encode("utf-8")
    except (Refused, UnicodeEncodeError):
        return
    guesses = diagnose_signature(receipt, signed(wrong), PUBKEY)
    assert (guesses == ()) is (wrong == receipt.canonical.encode("utf-8"))
    assert not guesses or serializer.name in [guess.name for guess in guesses]


@settings(max_examples=25)
@given(json_values, any_text, any_text)
def test_nothing_makes_it_raise(value: Any, signature: str, pubkey: str) -> None:
    receipt = Json.of(value)
    for claimed in (signature, b64encode(signature.encode("utf-8", "replace")).decode(), signed(TEXT)):
        guesses = diagnose_signature(receipt, claimed, pubkey, output=receipt, other_keys=[signature, PUBKEY])
        assert guesses
        assert all(guess.text.isascii() and "\n" not in guess.text for guess in guesses)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, mutant in DEFECTS.items()
        if str(mutant.clause).startswith("W-SIG")
        and name not in ("signature-missing", "signature-by-another")
    ],
)
def test_every_mutant_that_signs_wrongly_is_explained(name: str) -> None:
    worker = object.__new__(DEFECTS[name].program)
    worker.seed, worker.pubkey = bytes(SIGNER), PUBKEY
    receipts = [worker.receipt(f"job-{number}", OUTPUT.hash) for number in range(8)]
    signatures = [worker.signature(worker.signed_text(receipt)) for receipt in receipts]
    found = [
        diagnose_signature(Json.of(receipt), signature, PUBKEY, output=OUTPUT)
        for receipt, signature in zip(receipts, signatures, strict=True)
    ]
    assert any(found)
    assert all(guess.certainty is not Certainty.UNKNOWN for guesses in found for guess in guesses)
