"""Whatever a transcript holds, the rules neither raise nor grow without limit."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Opened, TranscriptEvent, frame_event
from dispatch_protocol.rules import Rules
from dispatch_protocol.vocabulary import Role
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.golden.script import GOLDEN, PUBKEY, Script
from tests.protocol.strategies import any_text

_GOLDEN_TEXTS = [
    line["text"] for name in ("session", "errors") for line in Script(name).lines if "text" in line
]
_GOLDEN_PATHS = [line["path"] for line in Script("session").lines if "path" in line]
_GOLDEN_BODIES = [line["response"] for line in Script("session").lines if "response" in line]
_LETTERS = st.text(max_size=8)

times = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 200)
numbers = st.integers(-1, 3)
roles = st.sampled_from(Role)


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    """A golden text, as it is or with a piece of it replaced."""
    text = draw(st.sampled_from(texts))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 12)))
    return draw(st.sampled_from([text, text[:start] + draw(_LETTERS) + text[end:]]))


frame_texts = mutated(_GOLDEN_TEXTS) | any_text
bodies = st.none() | mutated(_GOLDEN_BODIES) | any_text
events: st.SearchStrategy[TranscriptEvent] = st.one_of(
    st.builds(Opened, t=times, connection=numbers),
    st.builds(Frame, t=times, connection=numbers, sender=roles, text=frame_texts),
    st.builds(
        Frame,
        t=times,
        connection=numbers,
        sender=roles,
        opcode=st.sampled_from(["text", "binary", "ping", "pong"]),
        base64=st.none() | any_text,
    ),
    st.builds(Closed, t=times, connection=numbers, code=st.integers(), by=st.none() | roles),
    st.builds(
        Fault,
        t=times,
        name=any_text,
        connection=st.none() | numbers,
        exchange=st.none() | numbers,
        legal=st.booleans(),
    ),
    st.builds(
        Http,
        t=times,
        sender=st.sampled_from(["worker", "client"]),
        method=st.sampled_from(["GET", "POST", "get", "HEAD", "OPTIONS", ""]),
        path=mutated(_GOLDEN_PATHS),
        status=st.sampled_from([200, 201, 400, 404, 422, 500, 0, -1]),
        request=bodies,
        response=bodies,
        request_type=st.none() | st.sampled_from(["application/json", "text/plain", ""]),
        response_base64=st.none() | any_text,
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=30), times, st.none() | st.integers())
def test_no_sequence_of_events_raises(sequence: list[TranscriptEvent], end: float, epoch: int | None) -> None:
    rules = Rules(epoch_ms=epoch)

    found = [finding for event in sequence for finding in rules.feed(event)]
    found += rules.finish(end)

    assert all(rules.judged[finding.clause] for finding in found)
    assert all(-1 <= finding.event_index < len(sequence) for finding in found)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_mangled_session_raises_nothing(data: st.DataObject) -> None:
    """Lines of a good session dropped, repeated and out of order."""
    lines = Script("session").lines
    order = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=80))
    script = Script("session")
    script.lines = [lines[index] | {"t": float(place)} for place, index in enumerate(order)]

    script.judge()


def test_deep_and_long_texts_are_borne() -> None:
    deep = "[" * 9_000 + "]" * 9_000
    complete = (
        f'{{"type":"job_complete","job_id":"{"j" * 5000}","output":{deep},"output_hash":"","receipt":{deep}}}'
    )
    rules = Rules()
    rules.feed(Opened(t=0.0, connection=1))

    for text in (deep, complete, complete.replace("job_complete", "receipt_submit")):
        rules.feed(frame_event(0.1, 1, Role.WORKER, text))

    assert rules.judged["W-FRM-1"] == 3


def _id(number: int) -> str:
    return str(UUID(int=number))


def _flood(kind: str, amount: int) -> Iterator[TranscriptEvent]:
    """Events that each bring something new to remember; no time passes."""
    for number in range(amount):
        yield from _FLOODS[kind](number)


def _frame(connection: int, sender: Role, **members: Any) -> Frame:
    return frame_event(1.0, connection, sender, json.dumps(members))


def _registered(connection: int) -> tuple[TranscriptEvent, ...]:
    register = {"provider_type": "DESKTOP", "capabilities": ["TASK"], "provider_pubkey": PUBKEY}
    return (
        Opened(t=0.0, connection=connection),
        _frame(connection, Role.WORKER, type="register", **register),
        _frame(connection, Role.COORDINATOR, type="register_ack", status="ok", worker_id=_id(connection)),
    )


def _assigned(connection: int, number: int) -> Frame:
    payload = {"task_type": "classify", "input": "x"}
    terms = {"policy": "FAST", "privacy_class": "PUBLIC", "user_id": _id(number), "payload": payload}
    return _frame(
        connection, Role.COORDINATOR, type="job_assign", job_id=_id(number), job_type="TASK", **terms
    )


def _completed(number: int) -> Frame:
    return _frame(1, Role.WORKER, type="job_complete", job_id=_id(number), output={}, output_hash="")


def _submitted(number: int) -> Frame:
    receipt = {"job_id": _id(number), "pad": "x" * 4000}
    return _frame(1, Role.WORKER, type="receipt_submit", receipt=receipt, signature="")


_FLOODS: dict[str, Callable[[int], tuple[TranscriptEvent, ...]]] = {
    "connections": _registered,
    "assignments": lambda n: (*(_registered(1) if n == 0 else ()), _assigned(1, n)),
    "assignments everywhere": lambda n: (*_registered(n), *(_assigned(n, 9 * n + k) for k in range(5))),
    "answers without a receipt": lambda n: (
        *(_registered(1) if n == 0 else ()),
        _assigned(1, n),
        _completed(n),
    ),
    "early receipts": lambda n: (*(_registered(1) if n == 0 else ()), _assigned(1, n), _submitted(n)),
    "unanswered frames": lambda n: (_frame(n % 7, Role.WORKER, type=f"odd{n}"),),
    "acks": lambda n: (_frame(1, Role.COORDINATOR, type="register_ack", status="ok", worker_id=_id(n)),),
    "commits": lambda n: (
        Http(
            t=1.0,
            sender="client",
            method="POST",
            path="/v1/jobs/commit/fast",
            status=201,
            request='{"job_type":"TASK","user_id":"u","payload":{}}',
            response=json.dumps({"job_id": _id(n)}),
        ),
    ),
    "codes": lambda n: (
        Http(
            t=1.0,
            sender="client",
            method="POST",
            path="/v1/trust/create",
            status=201,
            request='{"user_id":"u"}',
            response=json.dumps({"pairing_code": f"{n:06X}", "expires_at": "2026-11-22T06:00:00.000Z"}),
        ),
    ),
}


@pytest.mark.parametrize("kind", _FLOODS)
def test_memory_stays_within_bounds(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With small bounds, what is held after many events is what was held after few."""
    from dispatch_protocol.rules import facts, memory

    for name in ("MAX_CONNECTIONS", "MAX_ANSWERED", "MAX_CODES", "MAX_JOBS", "MAX_OPEN"):
        monkeypatch.setattr(facts, name, 64)
    monkeypatch.setattr(memory, "MAX_OPEN_HERE", 16)
    rules = Rules()
    flood = islice(_flood(kind, 700), 691)
    tracemalloc.start()
    try:
        sizes = []
        for count, event in enumerate(flood):
            rules.feed(event)
            if count in (300, 690):
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    assert rules.forgotten > 0 or kind in ("unanswered frames", "acks")
    assert sizes[1] - sizes[0] < 60_000


def test_the_golden_folder_is_complete() -> None:
    assert {path.name for path in GOLDEN.glob("*.jsonl")} == {
        "session.jsonl",
        "errors.jsonl",
        "variants.jsonl",
    }
