"""Requests read from the bytes and the content type as they arrive. Source: SPEC.md, "HTTP interface".

Whatever they hold, either a typed request comes out or a RestFault with the status and the error that answer
it.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.errors import DispatchError, JsonSyntaxError, shown
from dispatch_protocol.parsing import Member, parse_members
from dispatch_protocol.pricing import Quote, quote
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass

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
