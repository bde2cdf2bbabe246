"""The bodies of requests and answers. What is a structure somewhere is described by its own schema."""

from typing import Any, Final

import msgspec
from dispatch_protocol.pricing import ENDPOINTS
from dispatch_protocol.schemas import message_schema, recording_schema
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, PrivacyClass

from dispatch_mockcoord.control.deeds import Nothing, WantedFrame, WantedNotice, WantedTime
from dispatch_mockcoord.control.faults import WantedFault
from dispatch_mockcoord.openapi.pieces import Schema, closed, listed, nullable, refer
from dispatch_mockcoord.openapi.views import view_forms

TEXT: Final[Schema] = {"type": "string"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}

_TEMPLATE: Final = "#/components/schemas/{name}"


def forms(*, with_control: bool = True) -> dict[str, Any]:
    """All schemas, by name."""
    messages = _moved(message_schema(), "Message")
    own = (
        {**_structures(), **view_forms(), **_moved(recording_schema(), "RecordingLine")}
        if with_control
        else {}
    )
    return {**messages, **own, **_interface()}


def _interface() -> dict[str, Any]:
    return {
        "Error": {"type": "object", "properties": {"error": TEXT, "place": TEXT}, "required": ["error"]},
        "NoTrustedWorker": closed(error={"const": JobError.NO_TRUSTED_WORKER.value}, job_id=TEXT),
        "Health": closed(
            status={"const": "ok"}, workers_online={"type": "integer"}, network=TEXT, timestamp=TIME
        ),
        "Quote": closed(
            price={"type": "string", "pattern": r"^\$[0-9]+\.[0-9]+$"},
            endpoint={"enum": list(ENDPOINTS.values())},
            policy_resolved={"enum": list(ENDPOINTS)},
            network=TEXT,
            expires_at={"type": "null"},
        ),
        "Commit": _commit(),
        "Committed": closed(job_id=TEXT),
        "JobAnswer": closed(
            id=TEXT,
            status={"enum": [status.value for status in JobStatus]},
            result={"description": "The output of a completed job, `{error}` of a failed one, else null."},
            receipt=nullable(refer("StoredReceipt")),
            created_at=TIME,
            completed_at=nullable(TIME),
        ),
        "StoredReceipt": {
            "description": "The receipt as the worker sent it, and what the coordinator says of it.",
            "type": "object",
            "properties": {"signature": nullable(TEXT), "verified": {"type": "boolean"}},
            "required": ["signature", "verified"],
        },
        "PairingCode": closed(pairing_code={"type": "string", "pattern": "^[0-9A-F]{6}$"}, expires_at=TIME),
        "Claim": {
            "type": "object",
            "properties": {
                "pairing_code": {"type": "string", "minLength": 1},
                "provider_pubkey": {"type": "string", "minLength": 1},
            },
            "required": ["pairing_code", "provider_pubkey"],
        },
        "Paired": closed(user_id=TEXT, paired_at=TIME),
        "Providers": closed(providers=listed(closed(provider_pubkey=TEXT, paired_at=TIME))),
    }


def _commit() -> Schema:
    return {
        "type": "object",
        "properties": {
            "job_type": {"enum": [kind.value for kind in JobType]},
            "user_id": {"type": "string", "minLength": 1},
            "payload": {"type": "object", "description": "What the worker gets, as it stands."},
            "privacy_class": {"enum": [*(kind.value for kind in PrivacyClass), None]},
        },
        "required": ["job_type", "user_id", "payload"],
    }


def _structures() -> dict[str, Any]:
    """What the control face reads."""
    kinds = [WantedFault, WantedFrame, WantedTime, WantedNotice, Nothing]
    _, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    wanted = components["WantedFrame"]
    wanted["oneOf"] = [{"required": [name]} for name in ("text", "base64", "close")]
    wanted["properties"]["base64"]["contentEncoding"] = "base64"
    components["WantedFault"]["oneOf"] = [{"required": ["fault"]}, {"required": ["name"]}]
    components["WantedNotice"]["properties"]["message"] = {
        "oneOf": [
            refer(name) for name in ("PaymentPosted", "PaymentFailed", "FeedbackPosted", "FeedbackFailed")
        ]
    }
    return dict(components)


def _moved(schema: Schema, name: str) -> dict[str, Any]:
    """A schema of the protocol's with its definitions, as components; its whole has this name."""
    moved = {each: _relocated(definition) for each, definition in schema["$defs"].items()}
    renamed = {"Error": "ErrorMessage"}
    rest = {key: value for key, value in schema.items() if key not in ("$defs", "$schema")}
    return {renamed.get(each, each): definition for each, definition in moved.items()} | {
        name: _relocated(rest)
    }


def _relocated(value: Any) -> Any:
    """The same, with references to definitions made references to components."""
    if isinstance(value, dict):
        return {key: _relocated(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_relocated(inner) for inner in value]
    if isinstance(value, str) and value.startswith("#/$defs/"):
        name = value.removeprefix("#/$defs/")
        return _TEMPLATE.format(name="ErrorMessage" if name == "Error" else name)
    return value
