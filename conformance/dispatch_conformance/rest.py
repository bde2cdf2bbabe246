"""The HTTP face of a scripted coordinator. Source: SPEC.md, "Pairing" and "REST"."""

from base64 import b64encode
from typing import Protocol

from dispatch_protocol.canonical import JsonValue, parse, stringify
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.recording import Http
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import NETWORKS

from dispatch_conformance.conduct import Claim
from dispatch_conformance.http11 import Reply, Request
from dispatch_conformance.transcript import Mark, Transcript

PAIRED_USER = "user_conformance"
"""The user that a pairing code of the suite belongs to."""


class Coordinator(Protocol):
    """What an answer depends on."""

    pairing_code: str
    transcript: Transcript


def claimed(request: Request, t: float, mark: Mark) -> Claim | None:
    """The claim that a request makes; None for any other request. Paths ignore case and a trailing slash."""
    if request.path.lower().rstrip("/") != "/v1/trust/claim":
        return None
    try:
        value = parse(request.body)
    except JsonSyntaxError:
        value = None
    return Claim(
        t=t,
        mark=mark,
        method=request.method,
        content_type=request.header("content-type") or "",
        body=request.body,
        members=value if isinstance(value, dict) else None,
    )


def answer(status: int, value: JsonValue, *, delay: float = 0.0) -> Reply:
    """An answer of JSON."""
    return Reply(status=status, body=stringify(value).encode("utf-8"), delay=delay)


def faithful(request: Request, claim: Claim | None, coordinator: Coordinator) -> Reply:
    """What a faithful coordinator answers."""
    transcript = coordinator.transcript
    now = iso_time(transcript.epoch_ms + round(transcript.now * 1000))
    if claim is not None and claim.method == "POST":
        members = claim.members or {}
        if not members.get("pairing_code") or not members.get("provider_pubkey"):
            return answer(400, {"error": "Missing pairing_code or provider_pubkey"})
        if members["pairing_code"] != coordinator.pairing_code:
            return answer(400, {"error": "invalid_code"})
        return answer(200, {"user_id": PAIRED_USER, "paired_at": now})
    if request.path.lower().rstrip("/") == "/v1/health" and request.method in {"GET", "HEAD"}:
        online: dict[str, JsonValue] = {
            "status": "ok",
            "workers_online": 1,
            "network": NETWORKS["monad"],
            "timestamp": now,
        }
        return answer(200, online)
    return answer(404, {"error": "Not found"})


def http_event(t: float, request: Request, reply: Reply) -> Http:
    """The event of an exchange; bodies as text, or in base64 where they are no UTF-8."""
    asked, asked_raw = _body(request.body)
    told, told_raw = _body(reply.body)
    return Http(
        t=t,
        sender="worker",
        method=request.method,
        path=request.target,
        status=reply.status if reply.fate == "whole" else 0,
        request=asked,
        request_base64=asked_raw,
        request_type=request.header("content-type"),
        response=told,
        response_base64=told_raw,
        content_type=reply.content_type,
    )


def _body(data: bytes) -> tuple[str | None, str | None]:
    if not data:
        return None, None
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return None, b64encode(data).decode("ascii")
