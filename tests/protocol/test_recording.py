"""Recordings: lines written and read back exactly, faults named by line, and the two recordings that ship.

The shipped recordings are held to digests that were taken from the originals before they were converted.
"""

import json
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest
from dispatch_protocol.claims import read_claim
from dispatch_protocol.codec import decode_from_coordinator, decode_from_worker
from dispatch_protocol.errors import UsageError
from dispatch_protocol.messages import JobAssign, JobComplete, Register, UnknownType
from dispatch_protocol.recording import (
    Closed,
    Fault,
    Frame,
    Header,
    Http,
    Leap,
    Opened,
    Recording,
    TranscriptEvent,
    frame_event,
    header,
    read_lines,
    write_line,
    write_lines,
)
from dispatch_protocol.vocabulary import Role
from hypothesis import given
from hypothesis import strategies as st

HEADER = '{"format":"dispatch-recording","version":1,"subject":"a","peer":"b","recorded":"2026-11-22"}'

SHIPPED = {
    "desktop": (85, "19379b7bd2f32fe021826dca0c3ef6477af6199c03489250f04726915f3ea87d"),
    "seeker": (102, "4319a48e6bcff6180c8503f71270d37def57fc472db717f6fcef0026c4cbda76"),
}
"""How many events each original held, and the SHA-256 of all they said (`facts_of`, as ASCII JSON)."""

texts = st.text() | st.text(st.characters(categories=["Cs", "Cc", "L"]))
times = st.floats(0, 1e6, allow_nan=False)
connections = st.integers(1, 1000)
frames = st.builds(
    frame_event,
    times,
    connections,
    st.sampled_from(Role),
    st.text() | st.binary(),
    fragments=st.integers(1, 9),
)
events: st.SearchStrategy[TranscriptEvent] = st.one_of(
    frames,
    st.builds(Opened, t=times, connection=connections, path=texts),
    st.builds(
        Closed, t=times, connection=connections, code=st.integers(1000, 4999), by=st.sampled_from(Role)
    ),
    st.builds(
        Http,
        t=times,
        sender=st.sampled_from(["worker", "client"]),
        method=st.just("POST"),
        path=texts,
        status=st.integers(100, 599),
        request=st.none() | texts,
        response=st.none() | texts,
    ),
    st.builds(
        Fault,
        t=times,
        name=texts,
        connection=st.none() | connections,
        exchange=st.none() | connections,
        detail=texts,
        legal=st.booleans(),
    ),
    st.builds(Leap, t=times, seconds=times),
)


def shipped(name: str) -> list[str]:
    text = (files("dispatch_conformance") / "recordings" / f"{name}.jsonl").read_text("utf-8")
    return text.splitlines()


def fact_of(line: dict[str, Any]) -> list[Any]:
    if line["event"] == "http":
        exchange = ("method", "path", "request", "status", "content_type", "response")
        return [line["t"], line["from"], *(line.get(name) for name in exchange)]
    if line["event"] == "frame":
        return [line["t"], line["from"], line["text"]]
    if line["event"] == "open":
        return [line["t"], "worker", "open", line.get("path", "/")]
    return [line["t"], line["by"], line["event"], line["code"]]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_frame_and_exchange_of_the_original_is_kept(name: str) -> None:
    facts = [fact_of(json.loads(line)) for line in shipped(name)[1:]]
    assert (len(facts), sha256(json.dumps(facts).encode()).hexdigest()) == SHIPPED[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_lines_are_written_as_they_were_read(name: str) -> None:
    assert list(write_lines(read_lines(shipped(name)))) == shipped(name)


@pytest.mark.parametrize(("name", "completed"), [("desktop", 15), ("seeker", 11)])
def test_every_recorded_frame_is_a_message_and_every_receipt_verifies(name: str, completed: int) -> None:
    recording = read_lines(shipped(name))
    pubkey, held, verified = "", set(), 0
    for event in recording.events:
        if not isinstance(event, Frame):
            continue
        decode = decode_from_worker if event.sender is Role.WORKER else decode_from_coordinator
        message = decode(event.payload)
        assert not isinstance(message, UnknownType)
        if isinstance(message, Register):
            pubkey = message.provider_pubkey
        if isinstance(message, JobAssign):
            held.add(message.job_id)
        if isinstance(message, JobComplete):
            found = read_claim(event.payload, pubkey=pubkey, job_id=message.job_id).verify()
            assert message.job_id in held
            assert (found.verified, found.faults) == (True, ())
            verified += 1
    assert verified == completed


def test_recorded_answers_verify_once_what_was_appended_is_taken_off() -> None:
    answers = 0
    for name in SHIPPED:
        for event in read_lines(shipped(name)).events:
            if isinstance(event, Http) and event.response and '"receipt":{' in event.response:
                assert read_claim(event.response).verify().faults == ()
                answers += 1
    assert answers == 26


@given(st.lists(events))
def test_what_is_written_is_read_back(written: list[TranscriptEvent]) -> None:
    recording = Recording(header("subject", "peer", "2026-11-22", seed=7), tuple(written))
    assert read_lines(write_lines(recording)) == recording


@given(st.text() | st.binary())
def test_a_payload_is_kept_exactly(payload: str | bytes) -> None:
    line = write_line(frame_event(0.5, 1, Role.WORKER, payload, opcode="binary"))
    assert "\n" not in line
    event = read_lines([HEADER, line]).events[0]
    assert isinstance(event, Frame)
    assert event.payload == payload


def test_a_header_says_who_and_when() -> None:
    top = read_lines(["", HEADER, "  "]).header
    assert top == Header(format="dispatch-recording", version=1, subject="a", peer="b", recorded="2026-11-22")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "the recording is empty"),
        (["{"], "line 1 of the recording is no JSON"),
        (['{"format":"other","version":1,"subject":"","peer":"","recorded":""}'], "line 1"),
        ([HEADER.replace(":1,", ":2,")], "line 1"),
        ([HEADER, "", '{"event":"open","connection":1}'], "line 3 .*`t`"),
        ([HEADER, '{"event":"nothing","t":0}'], "line 2"),
        ([HEADER, '{"event":"\\ud800","t":0}'], "line 2"),
        ([HEADER, '{"event":"open","connection":1,"t":1e400}'], "line 2 .*`\\$.t`"),
        ([HEADER, "[]"], "line 2"),
        ([HEADER, "[" * 20_000], "line 2"),
        (
            [HEADER, '{"event":"frame","t":1,"connection":1,"from":"worker"}'],
            "line 2 .*either `text` or `base64`",
        ),
        (
            [HEADER, '{"event":"frame","t":1,"connection":1,"from":"worker","text":"","base64":""}'],
            "line 2 .*either `text` or `base64`",
        ),
        (
            [HEADER, '{"event":"frame","t":1,"connection":1,"from":"worker","base64":"===="}'],
            "line 2 .*a `base64` that is none",
        ),
        (
            [HEADER, '{"event":"frame","t":1,"connection":1,"from":"worker","base64":"\\u00e9"}'],
            "line 2 .*a `base64` that is none",
        ),
    ],
)
def test_a_fault_names_its_line(lines: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_lines(lines)


@given(st.lists(st.text() | st.just(HEADER) | st.builds(write_line, frames)))
def test_nothing_but_a_usage_error_comes_of_any_lines(lines: list[str]) -> None:
    message = "read"
    try:
        read_lines(lines)
    except UsageError as error:
        message = str(error)
    assert message.isprintable()
