"""Answers, printed with their members in the order of the interface, as canonical text.

Source: SPEC.md, "HTTP interface".
"""

from typing import Final

import msgspec

from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.receipts import RESERVED, read_stored
from dispatch_protocol.vocabulary import JobStatus

CONTENT_TYPE: Final = "application/json; charset=utf-8"
"""The content type of every JSON answer."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `GET /v1/health`; `timestamp` is ISO 8601."""

    workers_online: int
    network: str
    timestamp: str

    def text(self) -> str:
        """The answer's body."""
        return stringify({"status": "ok", **msgspec.structs.asdict(self)})


class JobAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `GET /v1/jobs/{id}`; times are ISO 8601.

    `receipt` is the receipt as the worker sent it, without the `signature` and `verified` that the answer
    shows behind its members.
    """

    id: str
    status: JobStatus
    result: Json | None
    receipt: Json | None
    signature: str | None
    verified: bool
    created_at: str
    completed_at: str | None

    def text(self) -> str:
        """The answer's body."""
        result = "null" if self.result is None else self.result.canonical
        head = f'{{"id":{stringify(self.id)},"status":"{self.status.value}","result":{result}'
        times = f'"created_at":{stringify(self.created_at)},"completed_at":{stringify(self.completed_at)}}}'
        return f'{head},"receipt":{self._receipt_text()},{times}'

    def _receipt_text(self) -> str:
        if self.receipt is None:
            return "null"
        members = self.receipt.value if isinstance(self.receipt.value, dict) else {}
        own = {name: value for name, value in members.items() if name not in RESERVED}
        return stringify({**own, "signature": self.signature, "verified": self.verified})


def read_job_answer(text: str | bytes) -> JobAnswer:
    """The answer of `GET /v1/jobs/{id}`, with the receipt as it was signed. Raises UsageError.

    The inverse of `JobAnswer.text` but for receipts that are no object, or brought a reserved member.
    """
    members = parse_members(text)
    if members is None:
        raise UsageError("the answer is no JSON object")
    values = {name: member.value for name, member in members.items()}
    result, shown_receipt = values.get("result"), values.get("receipt")
    receipt, signature = read_stored(Json("", shown_receipt))
    given = {
        **values,
        "result": None if result is None else Json(members["result"].text, result),
        "receipt": receipt,
        "signature": signature,
        "verified": isinstance(shown_receipt, dict) and shown_receipt.get("verified") is True,
    }
    try:
        return msgspec.convert(given, JobAnswer)
    except msgspec.ValidationError as fault:
        raise UsageError(f"no answer of a job: {shown(str(fault))}") from None


def committed_text(job_id: str) -> str:
    """The body that answers a commit."""
    return stringify({"job_id": job_id})


def pairing_code_text(code: str, expires_at: str) -> str:
    """The body that answers the creation of a pairing code."""
    return stringify({"pairing_code": code, "expires_at": expires_at})


def paired_text(user_id: str, paired_at: str) -> str:
    """The body that answers a successful claim."""
    return stringify({"user_id": user_id, "paired_at": paired_at})


def providers_text(providers: list[tuple[str, str]]) -> str:
    """The body of a user's pairings: key and time of each."""
    return stringify(
        {
            "providers": [
                {"provider_pubkey": pubkey, "paired_at": paired_at} for pubkey, paired_at in providers
            ]
        }
    )
