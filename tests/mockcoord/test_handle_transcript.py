"""The transcript that is kept: its bounds, what it says of what it left out, and the recording it becomes."""

from pathlib import Path
from random import Random

from dispatch_mockcoord.transcript import Keeper
from dispatch_protocol.recording import (
    Closed,
    Fault,
    Http,
    Leap,
    Opened,
    TranscriptEvent,
    characters,
    frame_event,
    read_lines,
)
from dispatch_protocol.vocabulary import Role
from hypothesis import given
from hypothesis import strategies as st

STARTED_MS = 1_795_327_200_000
EVENTS: list[TranscriptEvent] = [
    Opened(t=0.1, connection=1, path="/x\n"),
    frame_event(0.2, 1, Role.WORKER, '{"type":"register"}'),
    frame_event(0.3, 1, Role.COORDINATOR, b"\xff", opcode="binary"),
    Http(t=0.4, sender="client", method="GET", path="/v1/health", status=200, response="{}"),
    Fault(t=0.5, name="close", connection=1, detail="code=1012"),
    Leap(t=0.6, seconds=30),
    Closed(t=31.0, connection=1, code=1012, by=Role.COORDINATOR),
]
LONE = frame_event(0.1, 1, Role.WORKER, '{"type":"\ud800"}')
LONG = Http(t=0.7, sender="client", method="GET", path="/v1/health", status=200, response="x" * 9_000)


def keeper(**bounds: int) -> Keeper:
    filled = Keeper(STARTED_MS, **bounds)
    for event in EVENTS:
        filled.event(event)
    return filled


def test_everything_is_kept_and_numbered() -> None:
    filled = keeper()
    assert filled.transcript().events == tuple(EVENTS)
    assert [filled.at(number) for number in range(-1, 8)] == [None, *EVENTS, None]


def test_a_lone_surrogate_is_kept_exactly() -> None:
    filled = Keeper(STARTED_MS)
    filled.event(LONE)
    assert filled.at(0) == LONE
    assert filled.transcript().events == (LONE,)


@given(st.integers(0, 200), st.integers(1, 120), st.sampled_from([1_000, 40_000, 10**9]), st.randoms())
def test_the_newest_are_kept_whatever_comes(
    count: int, max_events: int, max_bytes: int, chance: Random
) -> None:
    events = chance.choices([*EVENTS, LONE, LONG], k=count)
    filled = Keeper(STARTED_MS, max_events=max_events, max_bytes=max_bytes)
    for event in events:
        filled.event(event)
    told = filled.transcript()
    assert told.events == tuple(events[told.omitted :])
    assert len(told.events) <= max_events
    assert len(told.events) > 0 or not events
    if max_bytes == 10**9:
        assert len(told.events) == min(max_events, count)
    else:
        assert sum(map(characters, told.events[:-1])) <= max_bytes + max_bytes // 8
    assert filled.count == count
    for number in chance.sample(range(-1, count + 1), count + 2):
        kept = told.omitted <= number < count
        assert filled.at(number) == (events[number] if kept else None)


def test_each_event_is_one_inert_line() -> None:
    lines = keeper().transcript().lines()
    assert len(lines) == len(EVENTS)
    assert lines[0] == "    0.100 connection 1 opened at /x\\n"
    assert lines[4] == "    0.500 fault close on purpose on connection 1 code=1012"
    assert lines[5] == "    0.600 the coordinator's clock is put ahead by 30 s"


def test_too_many_events_make_the_oldest_go() -> None:
    filled = keeper(max_events=2)
    told = filled.transcript()
    assert told.events == tuple(EVENTS[-2:])
    assert told.omitted == len(EVENTS) - 2
    assert told.lines()[0] == "(5 earlier events left out)"
    assert told.tail(1).splitlines()[0] == "(6 earlier events left out)"
    assert filled.at(4) is None
    assert filled.at(5) == EVENTS[5]


def test_large_events_make_the_oldest_go_and_the_newest_stays() -> None:
    filled = Keeper(STARTED_MS, max_bytes=10_000)
    for number in range(3):
        filled.event(frame_event(float(number), 1, Role.WORKER, "x" * 6_000))
    assert [event.t for event in filled.transcript().events] == [2.0]
    filled.event(frame_event(3.0, 1, Role.WORKER, "x" * 60_000))
    assert [event.t for event in filled.transcript().events] == [3.0]
    filled.event(Leap(t=4.0, seconds=1))
    assert [event.t for event in filled.transcript().events] == [4.0]


def test_it_is_saved_as_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    keeper().transcript(seed=7).save(path)
    recording = read_lines(path.read_text("utf-8").splitlines())
    assert recording.events == tuple(EVENTS)
    assert (recording.header.recorded, recording.header.seed) == ("2026-11-22T06:00:00.000Z", 7)
    assert recording.header.origin is None


def test_a_recording_says_what_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    keeper(max_events=3).transcript().save(path)
    recording = read_lines(path.read_text("utf-8").splitlines())
    assert recording.header.origin == "the first 4 events are left out"
    assert len(recording.events) == 3


def test_nothing_is_shown_as_nothing() -> None:
    assert Keeper(STARTED_MS).transcript().tail() == "(nothing happened)"
