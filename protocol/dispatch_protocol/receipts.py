"""Receipts: build, sign, verify. Source: SPEC.md, "Receipts", "Signatures" and "Verification".

A receipt is an object; its signature covers the canonical text of the receipt in the member order in which it
is transmitted. A receipt in another order, or with more members, verifies if it was signed that way. That is
a fault of form, listed apart: `verified` speaks of the signature, the job, the key and the output alone.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, JsonValue, quoted
from dispatch_protocol.errors import shown
from dispatch_protocol.signatures import (
    SignatureFault,
    Signer,
    has_stray_bits,
    read_signature,
    signature_fault,
    signature_text,
)
from dispatch_protocol.times import is_iso_time, read_time

MEMBERS: Final = ("job_id", "provider_pubkey", "output_hash", "completed_at", "payment_ref")
"""A receipt's members, in order."""

RESERVED: Final = ("signature", "verified")
"""What a job's answer appends to its receipt; a receipt that brings these itself is malformed."""

_HEX_64: Final = re.compile(r"[0-9a-f]{64}")
_KEY_LETTERS: Final = 64


class Check(NamedTuple):
    """One check of a verification: its name, the clause it stands for, whether it passed, and why not."""

    name: str
    clause: str
    passed: bool
    detail: str = ""


class Verification(NamedTuple):
    """What a receipt's verification found: the checks that make it `verified`, and the form's apart."""

    checks: tuple[Check, ...]
    form: tuple[Check, ...]

    @property
    def verified(self) -> bool:
        """Whether the signature is good, by the registered key, over this job, this key and this output."""
        return all(check.passed for check in self.checks)

    @property
    def faults(self) -> tuple[Check, ...]:
        """Every check that failed, those of form last."""
        return tuple(check for check in self.checks + self.form if not check.passed)


def receipt_text(
    job_id: str, pubkey: str, output_hash: str, completed_at: str, payment_ref: str | None = None
) -> str:
    """The canonical text of a receipt: what is signed, and what is sent."""
    return (
        f'{{"job_id":{quoted(job_id)},"provider_pubkey":{quoted(pubkey)},"output_hash":{quoted(output_hash)},'
        f'"completed_at":{quoted(completed_at)},'
        f'"payment_ref":{"null" if payment_ref is None else quoted(payment_ref)}}}'
    )


def sign_receipt(text: str, signer: Signer) -> str:
    """The signature, in its wire text, over a receipt's canonical text."""
    return signature_text(signer.sign(text.encode("utf-8")))


def read_stored(stored: Json) -> tuple[Json | None, str | None]:
    """The receipt and its signature in a job's answer (`GET /v1/jobs/{id}`), which appends RESERVED to it.

    Both are taken off again, so that what is left is what was signed. A null receipt is None, and so is a
    signature that is no string. Covers any JSON; never raises.
    """
    members = stored.value
    if not isinstance(members, dict):
        return (None if members is None else stored), None
    signature = members.get("signature")
    receipt = Json.of({name: value for name, value in members.items() if name not in RESERVED})
    return receipt, signature if isinstance(signature, str) else None


def verify_receipt(
    receipt: Json | None, signature: str | None, *, job_id: str, pubkey: str, output_hash: str
) -> Verification:
    """Hold a receipt and its signature against a job, a registered key and the hash of the output received.

    `pubkey` is the key in hex as it was registered, `output_hash` lowercase hex. Covers anything that can
    arrive as a receipt or signature; never raises.
    """
    if receipt is None or not isinstance(receipt.value, dict):
        missing = "no receipt" if receipt is None else "the receipt is no object"
        return Verification((Check("receipt", "W-RCP-1", False, missing),), ())
    members = receipt.value
    as_expected = _is_as_expected(receipt.text, members, job_id, pubkey, output_hash)
    text = receipt.text if as_expected else receipt.canonical
    signature_check = _signature_check(text, signature, pubkey)
    if as_expected and signature_check.passed:
        return _FLAWLESS
    reserved = any(name in members for name in RESERVED)
    checks = (
        _PASSED["receipt"],
        _check("reserved_members", not reserved),
        signature_check,
        _equal("job_id", members, job_id),
        _equal("provider_pubkey", members, pubkey),
        _equal("output_hash", members, output_hash),
    )
    return Verification(checks, tuple(_form_checks(members)))


def _is_as_expected(
    text: str, members: dict[str, JsonValue], job_id: str, pubkey: str, output_hash: str
) -> bool:
    """Whether a receipt is, letter for letter, the one to be expected of a worker for this job.

    Then its text is canonical, and every check passes but the signature's, which is still to be made. Most
    receipts are like that, and this costs less than to make the checks one by one.
    """
    time, reference = members.get("completed_at"), members.get("payment_ref")
    return (
        isinstance(time, str)
        and (reference is None or isinstance(reference, str))
        and text == receipt_text(job_id, pubkey, output_hash, time, reference)
        and _is_hex(pubkey)
        and _is_hex(output_hash)
        and is_iso_time(time)
    )


_CHECKS: Final = (
    ("receipt", "W-RCP-1", ""),
    ("reserved_members", "W-RCP-12", "expected: neither `signature` nor `verified` inside"),
    ("signature", "W-SIG-2", ""),
    ("job_id", "W-RCP-2", ""),
    ("provider_pubkey", "W-RCP-3", ""),
    ("output_hash", "W-RCP-4", ""),
    ("pubkey_form", "W-REG-4", "expected: 64 lower-case hex digits"),
    ("hash_form", "W-CAN-1", "expected: 64 lower-case hex digits"),
    ("completed_at", "W-RCP-9", "expected: a string naming a date and time"),
    ("completed_at_utc", "W-RCP-10", "expected: a time in UTC"),
    ("completed_at_form", "W-RCP-5", "expected: YYYY-MM-DDTHH:MM:SS.sssZ"),
    ("payment_ref", "W-RCP-6", "expected: present, a string or null"),
    ("member_order", "W-RCP-7", f"expected: {', '.join(MEMBERS)}"),
    ("extra_members", "W-RCP-8", "expected: no other members"),
)
"""Every check: its name, its clause, and what to say where the fault itself says no more."""

_FORM: Final = 6  # the first of those that speak of form alone
_PASSED: Final = {name: Check(name, clause, True) for name, clause, _ in _CHECKS}
_FAILED: Final = {name: Check(name, clause, False, detail) for name, clause, detail in _CHECKS}
_FLAWLESS: Final = Verification(tuple(_PASSED.values())[:_FORM], tuple(_PASSED.values())[_FORM:])
_SIGNATURE_CLAUSES: Final = {
    SignatureFault.KEY_LENGTH: "W-REG-3",
    SignatureFault.KEY_SMALL_ORDER: "W-REG-8",
    SignatureFault.LENGTH: "W-SIG-1",
    SignatureFault.S_TOO_LARGE: "W-SIG-4",
    SignatureFault.R_SMALL_ORDER: "W-SIG-5",
    SignatureFault.NO_FIT: "W-SIG-2",
}


def _form_checks(members: dict[str, JsonValue]) -> Iterator[Check]:
    """The checks of a receipt's form: each member's shape, their order, nothing besides them."""
    yield _check("pubkey_form", _is_hex(members.get("provider_pubkey")))
    yield _check("hash_form", _is_hex(members.get("output_hash")))
    completed_at = members.get("completed_at")
    time = read_time(completed_at) if isinstance(completed_at, str) else None
    yield _check("completed_at", time is not None)
    yield _check("completed_at_utc", time is not None and time.is_utc)
    yield _check("completed_at_form", isinstance(completed_at, str) and is_iso_time(completed_at))
    reference = members.get("payment_ref", False)
    yield _check("payment_ref", reference is None or isinstance(reference, str))
    known = [name for name in members if name in MEMBERS]
    yield _check("member_order", known == [name for name in MEMBERS if name in members])
    yield _check("extra_members", len(known) == len(members))


def _signature_check(text: str, signature: str | None, pubkey: str) -> Check:
    """Whether the signature, strictly read, is one of this text by this key."""
    if signature is None:
        return Check("signature", "W-SIG-1", False, "no signature")
    raw = read_signature(signature)
    if raw is None:
        clause = "W-SIG-3" if has_stray_bits(signature) else "W-SIG-1"
        detail = f"not the standard base64 of 64 bytes: {shown(signature, 100)}"
        return Check("signature", clause, False, detail)
    fault = signature_fault(_key_bytes(pubkey), text.encode("utf-8"), raw)
    if fault is None:
        return _PASSED["signature"]
    return Check("signature", _SIGNATURE_CLAUSES[fault], False, fault.value)


def _key_bytes(pubkey: str) -> bytes:
    """The 32 bytes of a key in hex; fewer where the text is no such key (`fromhex` would skip blanks)."""
    try:
        return bytes.fromhex(pubkey) if len(pubkey) == _KEY_LETTERS else b""
    except ValueError:
        return b""


def _equal(name: str, members: dict[str, JsonValue], expected: str) -> Check:
    actual = members.get(name)
    if actual == expected:
        return _PASSED[name]
    return _FAILED[name]._replace(detail=f"is {shown(actual)}, expected {shown(expected)}")


def _check(name: str, passed: bool) -> Check:
    return _PASSED[name] if passed else _FAILED[name]


def _is_hex(value: JsonValue) -> bool:
    return isinstance(value, str) and _HEX_64.fullmatch(value) is not None
