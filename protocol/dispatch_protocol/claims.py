"""A claim: one document that says a job was done, with the output and the receipt that are to prove it.

Two documents do: the frame of a `job_complete`, and a job's answer (`GET /v1/jobs/{id}`). What a reader does
not know better, the job's id and the worker's key, is taken from the document itself, and the claim says so:
a receipt that fits the key it names itself proves only that somebody holds that key.

Source: SPEC.md, "Verification".
"""

import re
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import decode_from_worker
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.messages import JobComplete
from dispatch_protocol.parsing import Member, decode_utf8, parse_members
from dispatch_protocol.receipts import Check, Verification, read_stored, verify_receipt

_KEY: Final = re.compile(r"[0-9a-fA-F]{64}\Z")


class Claim(NamedTuple):
    """What a document claims of a job. `on_trust` names what was taken from the document itself.

    `declared_hash` is the `output_hash` that a job_complete carries beside its receipt; None in an answer.
    """

    job_id: str
    pubkey: str
    output: Json
    receipt: Json | None
    signature: str | None
    declared_hash: str | None
    on_trust: tuple[str, ...]

    def verify(self) -> Verification:
        """Every check of the claim; a wrong `declared_hash` counts among the faults of form."""
        found = verify_receipt(
            self.receipt,
            self.signature,
            job_id=self.job_id,
            pubkey=self.pubkey,
            output_hash=self.output.hash,
        )
        if self.declared_hash is None:
            return found
        fits = self.declared_hash == self.output.hash
        detail = "" if fits else f"is {shown(self.declared_hash)}, expected {self.output.hash}"
        return found._replace(form=(Check("declared_hash", "W-CAN-2", fits, detail), *found.form))


def read_claim(document: str | bytes, *, pubkey: str | None = None, job_id: str | None = None) -> Claim:
    """The claim in a document; `pubkey` (64 hex digits) and `job_id` are what the reader knows himself.

    Raises JsonSyntaxError for a document that is no JSON, Violation for a job_complete that is malformed, and
    UsageError for any other document and for a `pubkey` that is none.
    """
    if pubkey is not None and _KEY.match(pubkey) is None:
        raise UsageError(f"a public key has 64 hex digits; this is {shown(pubkey)}")
    text = decode_utf8(document)
    members = parse_members(text)
    if members is not None and "type" in members:
        message = decode_from_worker(text)
        if not isinstance(message, JobComplete):
            raise UsageError("the document is a frame, but of no job_complete")
        return _claim_of_message(message, pubkey, job_id)
    if members is None or not {"id", "result", "receipt"} <= members.keys():
        raise UsageError("the document is neither the answer of GET /v1/jobs/{id} nor a job_complete")
    return _claim_of_answer(members, pubkey, job_id)


def _claim_of_message(message: JobComplete, pubkey: str | None, job_id: str | None) -> Claim:
    return Claim(
        message.job_id if job_id is None else job_id,
        _named_key(message.receipt) if pubkey is None else pubkey,
        message.output,
        message.receipt,
        message.receipt_signature,
        message.output_hash,
        _unknown(pubkey, job_id),
    )


def _claim_of_answer(members: dict[str, Member], pubkey: str | None, job_id: str | None) -> Claim:
    named = members["id"].value
    if job_id is None and not isinstance(named, str):
        raise UsageError("the document's $.id is no string; say which job it is")
    stored, output = members["receipt"], members["result"]
    receipt, signature = read_stored(Json(stored.text, stored.value))
    return Claim(
        str(named) if job_id is None else job_id,
        _named_key(receipt) if pubkey is None else pubkey,
        Json(output.text, output.value),
        receipt,
        signature,
        None,
        _unknown(pubkey, job_id),
    )


def _named_key(receipt: Json | None) -> str:
    """The key that a receipt names itself; empty, and so no key at all, where it names none."""
    key = receipt.value.get("provider_pubkey") if receipt and isinstance(receipt.value, dict) else None
    return key if isinstance(key, str) else ""


def _unknown(pubkey: str | None, job_id: str | None) -> tuple[str, ...]:
    return tuple(name for name, known in (("job id", job_id), ("public key", pubkey)) if known is None)
