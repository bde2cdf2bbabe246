"""The bodies of the HTTP interface: requests read, answers written. Source: SPEC.md, "HTTP interface".

Requests are read from the bytes and the content type as they arrive: whatever they hold, either a typed
request comes out or a RestFault with the status and the error that answer it. Answers print their members in
the order of the interface, as canonical text. Nothing here performs input or output.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.errors import DispatchError, JsonSyntaxError, UsageError, shown
from dispatch_protocol.parsing import Member, parse_members
from dispatch_protocol.pricing import Quote, quote
from dispatch_protocol.receipts import RESERVED, read_stored
from dispatch_protocol.vocabulary import JobStatus, JobType, Policy, PrivacyClass

CONTENT_TYPE: Final = "application/json; charset=utf-8"
"""The content type of every JSON answer."""

MAX_QUERY_FIELDS: Final = 32
"""How many fields a query may have."""

_JSON: Final = "application/json"
_JOB_TYPES: Final = frozenset(JobType)
_PRIVACY_CLASSES: Final = frozenset(PrivacyClass)
_POLICIES: Final = frozenset(Policy)
_MISSING_COMMIT: Final = "Missing required fields: job_type, payload, user_id"
_MISSING_CLAIM: Final = "Missing pairing_code or provider_pubkey"

Members: TypeAlias = Mapping[str, Member]


class RestFault(DispatchError):
    """A request that is answered with a status of 400 or more.

    No Violation: clients are bound by no clause, and a status answers them, not a wire code.
    `error` is the answer's text, `members` what stands beside it in the answer.
    """

    def __init__(self, status: int, error: str, members: Mapping[str, JsonValue] | None = None) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error
        self.members = dict(members or {})

    def text(self) -> str:
        """The answer's body."""
        return stringify({"error": self.error, **self.members})


class CommitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A job as a client submits it; the policy is that of the tier it was submitted to."""

    job_type: JobType
    policy: Policy
    privacy_class: PrivacyClass
    user_id: str
    payload: Json


class ClaimRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's claim of a pairing code."""

    pairing_code: str
    provider_pubkey: str


def read_commit(body: bytes, content_type: str | None, policy: Policy) -> CommitRequest:
    """The job in the body of a commit to the tier of this policy. Raises RestFault."""
    members = read_body(body, content_type)
    if any(_is_falsy(members, name) for name in ("job_type", "payload", "user_id")):
        raise RestFault(400, _MISSING_COMMIT)
    job_type, user_id, payload = (members[name].value for name in ("job_type", "user_id", "payload"))
    if not isinstance(job_type, str) or job_type not in _JOB_TYPES:
        raise RestFault(400, "Invalid job_type")
    if not isinstance(payload, dict):
        raise RestFault(400, "Invalid payload: must be an object")
    if not isinstance(user_id, str):
        raise RestFault(400, "Invalid user_id: must be a string")
    privacy = members["privacy_class"].value if "privacy_class" in members else None
    if privacy is not None and (not isinstance(privacy, str) or privacy not in _PRIVACY_CLASSES):
        raise RestFault(400, "Invalid privacy_class. Use PUBLIC or PRIVATE")
    return CommitRequest(
        job_type=JobType(job_type),
        policy=policy,
        privacy_class=PrivacyClass(privacy or PrivacyClass.PUBLIC),
        user_id=user_id,
        payload=Json(members["payload"].text, payload),
    )


def read_trust_create(body: bytes, content_type: str | None) -> str:
    """The `user_id` for whom a pairing code is asked. Raises RestFault."""
    members = read_body(body, content_type)
    if _is_falsy(members, "user_id"):
        raise RestFault(400, "Missing user_id")
    user_id = members["user_id"].value
    if not isinstance(user_id, str):
        raise RestFault(400, "Invalid user_id: must be a string")
    return user_id


def read_trust_claim(body: bytes, content_type: str | None) -> ClaimRequest:
    """The claim in the body. Raises RestFault."""
    members = read_body(body, content_type)
    if _is_falsy(members, "pairing_code") or _is_falsy(members, "provider_pubkey"):
        raise RestFault(400, _MISSING_CLAIM)
    code, pubkey = members["pairing_code"].value, members["provider_pubkey"].value
    if not isinstance(code, str) or not isinstance(pubkey, str):
        raise RestFault(400, f"{_MISSING_CLAIM}: both must be strings")
    return ClaimRequest(pairing_code=code, provider_pubkey=pubkey)


def read_quote(query: str, network: str) -> Quote:
    """The quote that this query string asks for, on this network (CAIP-2). Raises RestFault."""
    fields = _read_query(query)
    job_type, policy = fields.get("job_type", []), fields.get("policy", [])
    if len(job_type) != 1 or job_type[0] not in _JOB_TYPES:
        raise RestFault(400, "Invalid job_type. Use LLM_INFER or TASK")
    if policy in ([], [""]):
        return quote(JobType(job_type[0]), None, network)
    if len(policy) != 1 or policy[0] not in _POLICIES:
        raise RestFault(400, "Invalid policy. Use FAST, CHEAP or AUTO")
    return quote(JobType(job_type[0]), Policy(policy[0]), network)


def read_trust_list(query: str) -> str:
    """The `user_id` whose pairings are asked for. Raises RestFault."""
    user_id = _read_query(query).get("user_id", [])
    if len(user_id) != 1 or not user_id[0]:
        raise RestFault(400, "Missing user_id query param")
    return user_id[0]


def read_body(body: bytes, content_type: str | None) -> Members:
    """The members of a request's body: none unless declared as JSON, and an object. Raises RestFault."""
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() != _JSON or not body:
        return {}
    charset = parameters.partition("charset=")[2].strip(' "').lower()
    if charset not in ("", "utf-8", "utf8"):
        raise RestFault(415, f"Unsupported charset: {shown(charset, 32)}")
    try:
        return parse_members(body) or {}
    except JsonSyntaxError as fault:
        raise RestFault(400, f"Invalid JSON: {fault}") from None


def _is_falsy(members: Members, name: str) -> bool:
    """Whether JavaScript's `!body[name]` holds: absent, null, false, zero or the empty string."""
    value = members[name].value if name in members else None
    return not isinstance(value, dict | list) and not value


def _read_query(query: str) -> dict[str, list[str]]:
    """The values of every field of a query string, in order. Raises RestFault where there are too many."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise RestFault(400, "Invalid query string") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


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
