"""Receipts: every vector, each check by its name and clause, and what no altered receipt may do."""

import json
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from dispatch_protocol.canonical import Json, JsonValue, hash_text, stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import (
    MEMBERS,
    RESERVED,
    Check,
    Verification,
    read_stored,
    receipt_text,
    sign_receipt,
    verify_receipt,
)
from dispatch_protocol.signatures import GROUP_ORDER, read_signature, signature_text
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import Role
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.strategies import any_text, json_values

Case = dict[str, Any]

CASES: list[Case] = json.loads((files("dispatch_protocol") / "vectors" / "receipts.json").read_text("utf-8"))[
    "cases"
]
WORKER = Identity.from_seed(bytes(range(32)))
OTHER = Identity.from_seed(bytes(32))
HASH = hash_text("{}")
TIME = "2026-02-09T12:01:06.237Z"
GOOD = json.loads(receipt_text("job", WORKER.pubkey_hex, HASH, TIME))
SIGNATURE = sign_receipt(stringify(GOOD), WORKER)
RAW = read_signature(SIGNATURE) or b""
LARGE_S = (int.from_bytes(RAW[32:], "little") + GROUP_ORDER).to_bytes(32, "little")
TRANSMITTED_AS_SIGNED = {"member_order", "extra_members"}


def verify(members: JsonValue, *, signer: Identity = WORKER, **known: str) -> Verification:
    """A receipt signed as it stands, held against the job, key and output of GOOD."""
    receipt = Json.of(members)
    expected = {"job_id": "job", "pubkey": WORKER.pubkey_hex, "output_hash": HASH} | known
    return verify_receipt(receipt, sign_receipt(receipt.text, signer), **expected)


def named(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_the_vectors_are_complete() -> None:
    assert len(CASES) == len({case["id"] for case in CASES}) == 57
    expected = {"valid": 11, "transmission": 8, "bad-signature": 18, "bad-encoding": 8, "bad-content": 12}
    assert Counter(case["category"] for case in CASES) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: Case) -> None:
    receipt, output = Json.read(case["receipt_json"]), Json.read(case["output_json"])
    assert receipt.canonical.encode().hex() == case["canonical_utf8_hex"]
    assert output.hash == case["output_hash"]
    assert isinstance(receipt.value, dict)
    assert (read_signature(case["signature_base64"]) is not None) is case["encoding_ok"]

    by_itself = verify_receipt(
        receipt,
        case["signature_base64"],
        job_id=case["expected_job_id"],
        pubkey=str(receipt.value["provider_pubkey"]),
        output_hash=output.hash,
    )
    assert named(by_itself.checks)["signature"].passed is case["verify"]

    found = verify_receipt(
        receipt,
        case["signature_base64"],
        job_id=case["expected_job_id"],
        pubkey=case["expected_provider_pubkey"],
        output_hash=output.hash,
    )
    misshapen = [
        check for check in found.form if not check.passed and check.name not in TRANSMITTED_AS_SIGNED
    ]
    assert bool(misshapen) is bool(case["form_problems"])
    assert (found.verified and not misshapen) is case["accept"]


@pytest.mark.parametrize("case", [case for case in CASES if case["accept"]], ids=lambda case: case["id"])
def test_a_vector_that_is_accepted_can_be_signed_again(case: Case) -> None:
    identity = Identity.from_seed(bytes.fromhex(str(case.get("signer_seed_hex", case["seed_hex"]))))
    assert identity.pubkey_hex == case["public_key_hex"]
    canonical = Json.read(case["receipt_json"]).canonical
    assert sign_receipt(canonical, identity) == case["signature_base64"]
    if case["category"] == "valid":
        members = json.loads(case["receipt_json"])
        assert receipt_text(*(members[name] for name in MEMBERS)) == canonical


def test_a_good_receipt_passes_every_check() -> None:
    found = verify(GOOD)
    assert found.verified
    assert found.faults == ()
    names = "receipt reserved_members signature job_id provider_pubkey output_hash"
    assert [check.name for check in found.checks] == names.split()
    form = "pubkey_form hash_form completed_at completed_at_utc completed_at_form payment_ref"
    assert [check.name for check in found.form] == [*form.split(), "member_order", "extra_members"]
    for check in found.checks + found.form:
        assert clause(check.clause).role is Role.WORKER
        assert check.detail == ""


@pytest.mark.parametrize(
    ("members", "name", "clause_id"),
    [
        (GOOD | {"signature": "x"}, "reserved_members", "W-RCP-12"),
        (GOOD | {"verified": True}, "reserved_members", "W-RCP-12"),
        (GOOD | {"job_id": "Job"}, "job_id", "W-RCP-2"),
        (GOOD | {"job_id": ["job"]}, "job_id", "W-RCP-2"),
        (without("job_id"), "job_id", "W-RCP-2"),
        (GOOD | {"provider_pubkey": OTHER.pubkey_hex}, "provider_pubkey", "W-RCP-3"),
        (GOOD | {"provider_pubkey": WORKER.pubkey_hex.upper()}, "provider_pubkey", "W-RCP-3"),
        (without("provider_pubkey"), "provider_pubkey", "W-RCP-3"),
        (GOOD | {"output_hash": "0" * 64}, "output_hash", "W-RCP-4"),
        (GOOD | {"output_hash": HASH.upper()}, "output_hash", "W-RCP-4"),
        (GOOD | {"output_hash": "sha256:" + HASH}, "output_hash", "W-RCP-4"),
        (without("output_hash"), "output_hash", "W-RCP-4"),
    ],
)
def test_what_makes_it_unverified(members: dict[str, Any], name: str, clause_id: str) -> None:
    found = verify(members)
    assert not found.verified
    assert [check.name for check in found.checks if not check.passed] == [name]
    assert named(found.checks)[name].clause == clause_id
    assert named(found.checks)[name].detail


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        (GOOD | {"completed_at": 7}, {"completed_at", "completed_at_utc", "completed_at_form"}),
        (without("completed_at"), {"completed_at", "completed_at_utc", "completed_at_form"}),
        (
            GOOD | {"completed_at": "2026-02-30T12:01:06.237Z"},
            {"completed_at", "completed_at_utc", "completed_at_form"},
        ),
        (GOOD | {"completed_at": "2026-02-09T24:00:00.000Z"}, None),
        (GOOD | {"completed_at": "2026-02-09T12:01:06.237"}, {"completed_at_utc", "completed_at_form"}),
        (GOOD | {"completed_at": "2026-02-09T12:01:06.237+01:00"}, {"completed_at_utc", "completed_at_form"}),
        (GOOD | {"completed_at": "2026-02-09T12:01:06.237+00:00"}, {"completed_at_form"}),
        (GOOD | {"completed_at": "2026-02-09T12:01:06Z"}, {"completed_at_form"}),
        (GOOD | {"completed_at": "2026-02-09t12:01:06.237z"}, {"completed_at_form"}),
        (GOOD | {"completed_at": TIME + "\n"}, None),
        (GOOD | {"completed_at": "２" + TIME[1:]}, None),
        (GOOD | {"payment_ref": 7}, {"payment_ref"}),
        (GOOD | {"payment_ref": False}, {"payment_ref"}),
        (GOOD | {"payment_ref": "0x01"}, set()),
        (without("payment_ref"), {"payment_ref"}),
        (dict(reversed(GOOD.items())), {"member_order"}),
        (GOOD | {"extra": 1}, {"extra_members"}),
        ({"extra": 1} | GOOD, {"extra_members"}),
        (GOOD | {"7": 1}, {"extra_members"}),
    ],
)
def test_faults_of_form_stand_apart(members: dict[str, Any], faults: set[str] | None) -> None:
    found = verify(members)
    failed = {check.name for check in found.faults}
    assert found.verified
    assert failed >= {"completed_at_form"} if faults is None else failed == faults


def test_a_key_in_capitals_verifies_where_it_was_registered_so() -> None:
    key = WORKER.pubkey_hex.upper()
    found = verify(GOOD | {"provider_pubkey": key}, pubkey=key)
    assert found.verified
    assert [check.name for check in found.faults] == ["pubkey_form"]


@given(
    st.fixed_dictionaries(
        {name: st.just(value) | json_values for name, value in GOOD.items()},
        optional={"signature": json_values, "7": json_values, "extra": json_values},
    ),
    st.permutations(MEMBERS),
    st.booleans(),
)
def test_the_short_way_finds_what_the_long_way_finds(
    members: dict[str, JsonValue], order: list[str], shuffled: bool
) -> None:
    """A blank in the text changes nothing in what it says, but rules the short way out."""
    if shuffled:
        members = {name: members[name] for name in order} | members
    receipt = Json.read(stringify(members))
    spaced = Json.read(receipt.text.replace("{", "{ ", 1))
    assert receipt == spaced
    known = {"job_id": "job", "pubkey": WORKER.pubkey_hex, "output_hash": HASH}
    for signature in (sign_receipt(receipt.text, WORKER), SIGNATURE):
        assert verify_receipt(receipt, signature, **known) == verify_receipt(spaced, signature, **known)


@pytest.mark.parametrize("value", [None, "0x01", "\ud800é\u2028\n", ""])
@pytest.mark.parametrize("time", [TIME, "2026-02-30T12:01:06.237Z", "", "2026-02-09T12:01:06Z"])
@pytest.mark.parametrize("key", [WORKER.pubkey_hex, WORKER.pubkey_hex.upper()])
def test_the_two_ways_agree_where_the_text_is_the_expected_one(
    value: str | None, time: str, key: str
) -> None:
    text = receipt_text("jöb", key, HASH, time, value)
    signature = sign_receipt(text, WORKER)
    known = {"job_id": "jöb", "pubkey": key, "output_hash": HASH}
    short = verify_receipt(Json.read(text), signature, **known)
    assert short == verify_receipt(Json.read(" ".join(text.partition(","))), signature, **known)
    assert short.verified
    assert (short.faults == ()) is (time == TIME and key.islower())


@pytest.mark.parametrize("receipt", [None, "[]", '"x"', "null", "7"])
def test_what_is_no_object_is_no_receipt(receipt: str | None) -> None:
    given_ = None if receipt is None else Json.read(receipt)
    found = verify_receipt(given_, "", job_id="job", pubkey=WORKER.pubkey_hex, output_hash=HASH)
    assert [(check.name, check.clause) for check in found.faults] == [("receipt", "W-RCP-1")]
    assert not found.verified


@pytest.mark.parametrize(
    ("signature", "pubkey", "clause_id"),
    [
        (None, WORKER.pubkey_hex, "W-SIG-1"),
        ("", WORKER.pubkey_hex, "W-SIG-1"),
        (SIGNATURE.rstrip("="), WORKER.pubkey_hex, "W-SIG-1"),
        (SIGNATURE + "\n", WORKER.pubkey_hex, "W-SIG-1"),
        ("0x" + RAW.hex(), WORKER.pubkey_hex, "W-SIG-1"),
        (SIGNATURE[:85] + chr(ord(SIGNATURE[85]) + 1) + "==", WORKER.pubkey_hex, "W-SIG-3"),
        (SIGNATURE, OTHER.pubkey_hex, "W-SIG-2"),
        (signature_text(RAW[:32] + LARGE_S), WORKER.pubkey_hex, "W-SIG-4"),
        (signature_text(bytes([1]) + bytes(31) + RAW[32:]), WORKER.pubkey_hex, "W-SIG-5"),
        (SIGNATURE, "00" * 32, "W-REG-8"),
        (SIGNATURE, "", "W-REG-3"),
        (SIGNATURE, WORKER.pubkey_hex + "\n", "W-REG-3"),
        (SIGNATURE, " " + WORKER.pubkey_hex[1:], "W-REG-3"),
        (SIGNATURE, "\uff10" * 64, "W-REG-3"),
    ],
)
def test_a_bad_signature_by_its_clause(signature: str | None, pubkey: str, clause_id: str) -> None:
    found = verify_receipt(Json.of(GOOD), signature, job_id="job", pubkey=pubkey, output_hash=HASH)
    check = named(found.checks)["signature"]
    assert (check.passed, check.clause) == (False, clause_id)
    assert check.detail.isprintable()
    assert not found.verified


def test_the_signature_covers_the_order_in_which_the_receipt_came() -> None:
    known = {"job_id": "job", "pubkey": WORKER.pubkey_hex, "output_hash": HASH}
    spaced = Json.read(json.dumps(GOOD, indent=4))
    assert verify_receipt(spaced, SIGNATURE, **known).verified
    turned = Json.of(dict(reversed(GOOD.items())))
    assert [check.name for check in verify_receipt(turned, SIGNATURE, **known).faults] == [
        "signature",
        "member_order",
    ]


def test_a_stored_receipt_is_freed_of_what_was_appended() -> None:
    stored = Json.of(GOOD | {"signature": SIGNATURE, "verified": True})
    receipt, signature = read_stored(stored)
    assert receipt is not None
    assert (receipt.canonical, signature) == (stringify(GOOD), SIGNATURE)
    assert read_stored(Json.of(None)) == (None, None)
    assert read_stored(Json.of([])) == (Json.of([]), None)
    assert read_stored(Json.of({"signature": 7})) == (Json.of({}), None)


@given(any_text, any_text, st.none() | any_text, st.integers(0, 253402300799999))
def test_whatever_is_built_and_signed_verifies(
    job_id: str, output: str, payment_ref: str | None, time: int
) -> None:
    made = Json.of(output)
    text = receipt_text(job_id, WORKER.pubkey_hex, made.hash, iso_time(time), payment_ref)
    assert list(json.loads(text)) == list(MEMBERS)
    receipt = Json.read(text)
    assert receipt.canonical == text
    assert isinstance(receipt.value, dict)
    found = verify_receipt(
        receipt,
        sign_receipt(text, WORKER),
        job_id=str(receipt.value["job_id"]),
        pubkey=WORKER.pubkey_hex,
        output_hash=made.hash,
    )
    assert found.faults == ()


@given(st.sampled_from(MEMBERS), json_values)
def test_no_altered_member_verifies_under_the_old_signature(name: str, value: JsonValue) -> None:
    altered = Json.of(GOOD | {name: value})
    found = verify_receipt(altered, SIGNATURE, job_id="job", pubkey=WORKER.pubkey_hex, output_hash=HASH)
    assert found.verified is (altered.canonical == stringify(GOOD))


@given(json_values, st.none() | any_text, any_text, any_text)
def test_nothing_is_raised_whatever_comes(
    receipt: JsonValue, signature: str | None, job_id: str, pubkey: str
) -> None:
    found = verify_receipt(Json.of(receipt), signature, job_id=job_id, pubkey=pubkey, output_hash=HASH)
    assert not found.verified
    for check in found.faults:
        assert check.detail.isascii()
        assert check.detail.isprintable()
        assert len(check.detail) < 2_000


@given(st.dictionaries(st.sampled_from(MEMBERS + RESERVED), json_values))
def test_a_receipt_of_any_values_is_judged(members: dict[str, JsonValue]) -> None:
    found = verify(members)
    assert len(found.checks) == 6
    assert named(found.checks)["signature"].passed
    assert found.verified is all(check.passed for check in found.checks)
    assert named(found.form)["extra_members"].passed is members.keys().isdisjoint(RESERVED)
