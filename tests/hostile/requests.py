"""Hostile HTTP requests against a coordinator, as raw bytes. Each generator takes its own seeded Random."""

import json
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from tests.hostile.texts import HOSTILE_STRINGS, HOSTILE_VALUES

Request = Callable[[Random], bytes]

_GOOD_COMMIT = {"job_type": "LLM_INFER", "user_id": "hostile", "payload": {"prompt": "x"}}
_PATHS = [
    "/v1/health",
    "/v1/quote",
    "/v1/jobs/commit/fast",
    "/v1/jobs/commit/cheap",
    "/v1/jobs/x",
    "/v1/trust/create",
    "/v1/trust/claim",
    "/v1/trust/list",
    "/v1/demo/status",
    "/dashboard",
    "/",
    "/v1",
]


def _request(
    method: str, path: str, body: bytes = b"", kind: str | None = "application/json", extra: str = ""
) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{extra}"
    if kind is not None:
        head += f"Content-Type: {kind}\r\n"
    return (head + f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1", "replace") + body


def _post(path: str, value: object) -> bytes:
    return _request("POST", path, json.dumps(value).encode())


_MALFORMED = [
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\r\n" * 50,
    b"\x16\x03\x01\x02\x00",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000 + b"\r\n",
]
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
_BAD_UPGRADES = [
    _UPGRADE,
    _UPGRADE + "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n",
    _UPGRADE + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n",
    "Upgrade: h2c\r\nConnection: Upgrade\r\n",
]


def commit_mistyped(random: Random) -> bytes:
    """A commit one of whose members is a hostile value."""
    name = random.choice(["job_type", "user_id", "payload", "privacy_class", "policy"])
    return _post(
        f"/v1/jobs/commit/{random.choice(['fast', 'cheap'])}",
        _GOOD_COMMIT | {name: random.choice(HOSTILE_VALUES)},
    )


def commit_missing(random: Random) -> bytes:
    """A commit without some of its members."""
    kept = {name: value for name, value in _GOOD_COMMIT.items() if random.random() < 0.5}
    return _post("/v1/jobs/commit/fast", kept | {"privacy_class": "private"})


def commit_private(random: Random) -> bytes:
    """A PRIVATE job for a user whom nobody trusts."""
    return _post(
        "/v1/jobs/commit/cheap",
        _GOOD_COMMIT | {"privacy_class": "PRIVATE", "user_id": random.choice(HOSTILE_STRINGS) or "x"},
    )


def commit_task(random: Random) -> bytes:
    """A PUBLIC task with a hostile input: it may well be run."""
    payload = {
        "task_type": random.choice(["summarize", "classify", "extract_json", "nope"]),
        "input": random.choice(HOSTILE_STRINGS),
    }
    return _post("/v1/jobs/commit/cheap", {"job_type": "TASK", "user_id": "hostile", "payload": payload})


def body_not_json(random: Random) -> bytes:
    """A body that is no JSON, or no object."""
    body = random.choice(
        [b"", b"null", b"[]", b"{", b"\xff\xfe", b"{}x", b"NaN", b'"x"', b"\x00" * 100, b"1" * 5000]
    )
    return _request("POST", random.choice(_PATHS), body)


def body_deep(random: Random) -> bytes:
    """A body that nests deeply."""
    depth = random.randrange(500, 40_000)
    body = b'{"job_type":"TASK","user_id":"u","payload":' + b"[" * depth + b"]" * depth + b"}"
    return _request("POST", "/v1/jobs/commit/cheap", body)


def body_too_long(random: Random) -> bytes:
    """More than 102,400 bytes, or the announcement of it."""
    body = b'{"user_id":"' + b"x" * random.randrange(102_401, 130_000) + b'"}'
    return _request("POST", random.choice(_PATHS), body)


def wrong_kind(random: Random) -> bytes:
    """A body under another content type, or none."""
    kind = random.choice(
        [
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=",
            "é",
            "a" * 2000,
        ]
    )
    return _request("POST", "/v1/jobs/commit/fast", json.dumps(_GOOD_COMMIT).encode(), kind)


def odd_path(random: Random) -> bytes:
    """Paths with encoded bytes, dots, NULs, no slash, great length."""
    path = random.choice(
        [
            "/%00",
            "/%ff%fe",
            "/v1/jobs/%2e%2e%2f",
            "/../..",
            "//v1//health",
            "/" + "a" * 4000,
            "/v1/jobs/" + "%F0%9F%98%80" * 50,
            "*",
            "/\u00e9",
            "/v1/jobs/%",
        ]
    )
    return _request(random.choice(["GET", "POST", "HEAD"]), path)


def odd_method(random: Random) -> bytes:
    """Methods that no route has."""
    method = random.choice(
        ["DELETE", "PUT", "PATCH", "TRACE", "OPTIONS", "HEAD", "PROPFIND", "CONNECT", "FOO"]
    )
    return _request(method, random.choice(_PATHS))


def odd_query(random: Random) -> bytes:
    """Queries with hostile and repeated parameters."""
    value = quote(random.choice(HOSTILE_STRINGS).encode("utf-8", "replace")[:900])
    return _request("GET", f"/v1/quote?job_type={value}&policy=FAST&policy={value}&job_type=TASK&%ff=%zz")


def odd_job_id(random: Random) -> bytes:
    """Look-ups of ids that no job has."""
    return _request(
        "GET", "/v1/jobs/" + quote(random.choice(HOSTILE_STRINGS).encode("utf-8", "replace")[:900])
    )


def trust_hostile(random: Random) -> bytes:
    """Pairing codes created for and claimed by hostile values."""
    names = random.choice([("user_id",), ("pairing_code", "provider_pubkey")])
    path = "/v1/trust/create" if names == ("user_id",) else "/v1/trust/claim"
    return _post(path, {name: random.choice(HOSTILE_VALUES) for name in names})


def malformed(random: Random) -> bytes:
    """What is no HTTP."""
    return random.choice([random.randbytes(200), *_MALFORMED])


def bad_upgrade(random: Random) -> bytes:
    """Opening handshakes with something wrong in them."""
    return _request(random.choice(["GET", "POST"]), "/", b"", None, random.choice(_BAD_UPGRADES))


def cut_body(random: Random) -> bytes:
    """A body that ends before its announced length."""
    return _request("POST", "/v1/jobs/commit/fast", b" " * 500)[:-490]


REQUESTS: dict[str, Request] = {
    request.__name__: request
    for request in (
        commit_mistyped,
        commit_missing,
        commit_private,
        commit_task,
        body_not_json,
        body_deep,
        body_too_long,
        wrong_kind,
        odd_path,
        odd_method,
        odd_query,
        odd_job_id,
        trust_hostile,
        malformed,
        bad_upgrade,
        cut_body,
    )
}
