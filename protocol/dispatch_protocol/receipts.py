"""Receipts: build, sign, verify. Source: SPEC.md, "Receipts", "Signatures" and "Verification".

A receipt is an object; its signature covers the canonical text of the receipt in the member order in which it
is transmitted. A receipt in another order, or with more members, verifies if it was signed that way. That is
a fault of form, listed apart: `verified` speaks of the signature, the job, the key and the output alone.
"""

import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.errors import shown
from dispatch_protocol.signatures import Signer, read_signature, signature_fault, signature_text

MEMBERS: Final = ("job_id", "provider_pubkey", "output_hash", "completed_at", "payment_ref")
"""A receipt's members, in order."""

RESERVED: Final = ("signature", "verified")
"""What a job's answer appends to its receipt; a receipt that brings these itself is malformed."""

_HEX_64: Final = re.compile(r"[0-9a-f]{64}\Z")
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}\Z")
_ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z", re.ASCII)


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
    values = (job_id, pubkey, output_hash, completed_at, payment_ref)
    return stringify(dict(zip(MEMBERS, values, strict=True)))


def sign_receipt(text: str, signer: Signer) -> str:
    """The signature, in its wire text, over a receipt's canonical text."""
    return signature_text(signer.sign(text.encode("utf-8")))


def iso_time(milliseconds: int) -> str:
    """A time as Date.prototype.toISOString prints it (ECMA-262 §21.4.4.36); milliseconds since 1970, UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def read_time(text: str) -> int | None:
    """The milliseconds since 1970 of a time in that form; None for any other text or an impossible date."""
    if _ISO_TIME.match(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)


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
    reserved = [name for name in RESERVED if name in members]
    checks = (
        Check("receipt", "W-RCP-1", not reserved, f"has a member {reserved[0]}" if reserved else ""),
        _signature_check(receipt, signature, pubkey),
        _equal("job_id", "W-RCP-2", members, job_id),
        _equal("provider_pubkey", "W-RCP-3", members, pubkey),
        _equal("output_hash", "W-RCP-4", members, output_hash),
    )
    return Verification(checks, form_checks(members))


def form_checks(members: dict[str, JsonValue]) -> tuple[Check, ...]:
    """The checks of a receipt's form: each member's shape, their order, nothing besides them."""
    time, payment_ref = members.get("completed_at"), members.get("payment_ref", 0)
    extra = [name for name in members if name not in MEMBERS]
    order = [name for name in members if name in MEMBERS]
    expected = [name for name in MEMBERS if name in members]
    return (
        _shape(
            "provider_pubkey_form", "W-RCP-3", _is_hex(members.get("provider_pubkey")), "64 lowercase hex"
        ),
        _shape("output_hash_form", "W-RCP-4", _is_hex(members.get("output_hash")), "64 lowercase hex"),
        _shape(
            "completed_at_form",
            "W-RCP-5",
            isinstance(time, str) and read_time(time) is not None,
            "a UTC time with milliseconds and Z",
        ),
        _shape(
            "payment_ref_form",
            "W-RCP-6",
            payment_ref is None or isinstance(payment_ref, str),
            "present, a string or null",
        ),
        _shape("member_order", "W-RCP-7", order == expected, ", ".join(MEMBERS)),
        Check(
            "extra_members",
            "W-RCP-8",
            not extra,
            f"has {len(extra)} more: {shown(', '.join(extra))}" if extra else "",
        ),
    )


def _signature_check(receipt: Json, signature: str | None, pubkey: str) -> Check:
    if signature is None:
        return Check("signature", "W-SIG-1", False, "no signature")
    raw = read_signature(signature)
    if raw is None:
        detail = f"not the standard base64 of 64 bytes: {shown(signature, 100)}"
        return Check("signature", "W-SIG-1", False, detail)
    if _KEY.match(pubkey) is None:
        return Check("signature", "W-SIG-2", False, "the registered key is no ed25519 key in hex")
    fault = signature_fault(bytes.fromhex(pubkey), receipt.canonical.encode("utf-8"), raw)
    return Check("signature", "W-SIG-2", fault is None, fault or "")


def _equal(name: str, clause: str, members: dict[str, JsonValue], expected: str) -> Check:
    actual = members.get(name)
    if isinstance(actual, str) and actual == expected:
        return Check(name, clause, True)
    return Check(name, clause, False, f"is {shown(actual)}, expected {shown(expected)}")


def _shape(name: str, clause: str, fits: bool, expected: str) -> Check:
    return Check(name, clause, fits, "" if fits else f"expected: {expected}")


def _is_hex(value: JsonValue) -> bool:
    return isinstance(value, str) and _HEX_64.match(value) is not None
