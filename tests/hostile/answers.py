"""Hostile answers of a model server, as raw bytes. Each generator takes its own seeded Random."""

import json
from collections.abc import Callable
from random import Random

from tests.hostile.texts import HOSTILE_VALUES

Answer = Callable[[Random], bytes]


def _answer(body: bytes, status: str = "200 OK", extra: str = "") -> bytes:
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status}\r\n{length}Connection: close\r\n{extra}\r\n".encode() + body


def error_status(random: Random) -> bytes:
    """An HTTP error, with any body."""
    status = random.choice(
        ["400 Bad Request", "404 Not Found", "500 Oops", "503 Busy", "418 Teapot", "301 Moved"]
    )
    return _answer(b'{"error":"no"}', status, "Location: http://127.0.0.1:1/\r\n")


def error_member(random: Random) -> bytes:
    """Status 200, and an error in the body."""
    return _answer(json.dumps({"error": random.choice(HOSTILE_VALUES)}).encode())


def mistyped_answer(random: Random) -> bytes:
    """A `response` or `model` of the wrong type, or none."""
    fields = {"response": random.choice(HOSTILE_VALUES), "model": random.choice(HOSTILE_VALUES)}
    return _answer(json.dumps({k: v for k, v in fields.items() if random.random() < 0.8}).encode())


def answer_not_json(random: Random) -> bytes:
    """A body that is no JSON, or no object."""
    return _answer(
        random.choice([b"", b"null", b"[]", b"{", b"\xff", b"<html>", b"1e400", b'{"response":"x"}{}'])
    )


def answer_deep(random: Random) -> bytes:
    """A body that nests deeply."""
    depth = random.randrange(500, 20_000)
    return _answer(b'{"response":' + b"[" * depth + b"]" * depth + b"}")


def answer_long(random: Random) -> bytes:
    """A response as long as a frame, or longer."""
    return _answer(b'{"response":"' + b"x" * random.randrange(500_000, 1_500_000) + b'","model":"m"}')


def answer_cut(random: Random) -> bytes:
    """Fewer bytes than announced, then nothing."""
    return b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"response":'


def answer_no_http(random: Random) -> bytes:
    """What is no HTTP."""
    return random.choice(
        [
            b"",
            b"hello\r\n\r\n",
            random.randbytes(300),
            b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ]
    )


ANSWERS: dict[str, Answer] = {
    answer.__name__: answer
    for answer in (
        error_status, error_member, mistyped_answer, answer_not_json, answer_deep, answer_long, answer_cut,
        answer_no_http,
    )
}  # fmt: skip
