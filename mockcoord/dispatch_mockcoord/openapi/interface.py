"""The requests of the HTTP interface. Source: SPEC.md, "HTTP interface"."""

from typing import Any, Final

from dispatch_protocol.vocabulary import JobType, Policy

from dispatch_mockcoord.openapi.pieces import Schema, answer, errors, in_path, operation, query, refer
from dispatch_mockcoord.routes import MAX_USER_ID

_USER: Final[Schema] = {"type": "string", "minLength": 1}


def interface_paths() -> dict[str, Any]:
    """The paths under `/v1`, and the dashboard."""
    return {**_jobs(), **_trust(), **_demo()}


def _jobs() -> dict[str, Any]:
    commit = operation(
        "Commit a job; the path names its tier.",
        answer(201, refer("Committed"), "The job is stored."),
        answer(422, refer("NoTrustedWorker"), "PRIVATE, and no idle worker is paired with the user."),
        errors(400, 413, 415, 503),
        body=refer("Commit"),
    )
    quote = operation(
        "What a job costs, and where to commit it.",
        answer(200, refer("Quote")),
        errors(400),
        parameters=[
            query("job_type", {"type": "string", "enum": [*JobType]}, "The kind of job.", required=True),
            query("policy", {"type": "string", "enum": ["", *Policy]}, "AUTO, unless another is named."),
        ],
    )
    job = operation(
        "How a job stands.",
        answer(200, refer("JobAnswer")),
        errors(404),
        parameters=[in_path("job_id", {"type": "string"}, "The id that the commit gave.")],
    )
    return {
        "/v1/health": {"get": operation("Whether the coordinator is there.", answer(200, refer("Health")))},
        "/v1/quote": {"get": quote},
        "/v1/jobs/commit/fast": {"post": commit},
        "/v1/jobs/commit/cheap": {"post": commit},
        "/v1/jobs/{job_id}": {"get": job},
    }


def _trust() -> dict[str, Any]:
    create = operation(
        "A pairing code for a user, good for an hour and one claim.",
        answer(201, refer("PairingCode")),
        errors(400, 413, 415, 503),
        body={
            "type": "object",
            "properties": {"user_id": _USER | {"maxLength": MAX_USER_ID}},
            "required": ["user_id"],
        },
    )
    claim = operation(
        "A worker claims a pairing code.",
        answer(200, refer("Paired")),
        errors(400, 413, 415, 429, 503),
        body=refer("Claim"),
    )
    trusted = operation(
        "The workers that a user is paired with.",
        answer(200, refer("Providers")),
        errors(400),
        parameters=[query("user_id", _USER, "The user.", required=True)],
    )
    return {
        "/v1/trust/create": {"post": create},
        "/v1/trust/claim": {"post": claim},
        "/v1/trust/list": {"get": trusted},
    }


def _demo() -> dict[str, Any]:
    def switch(state: str) -> Schema:
        told = {"type": "object", "properties": {"status": {"const": state}}, "required": ["status"]}
        return {"post": operation(f"Demo mode is {state}.", answer(200, told), errors(400, 413))}

    page: Schema = {"type": "string"}
    active = {"type": "object", "properties": {"active": {"type": "boolean"}}, "required": ["active"]}
    return {
        "/v1/demo/start": switch("started"),
        "/v1/demo/stop": switch("stopped"),
        "/v1/demo/status": {"get": operation("Whether demo mode is on.", answer(200, active))},
        "/dashboard": {
            "get": operation(
                "A page for people.",
                answer(200, page, "The page.", "text/html"),
                {"303": {"description": "The token was right: to the page without it."}},
                errors(401, 403),
            )
        },
    }
