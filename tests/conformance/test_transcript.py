"""Transcripts: what they keep is bounded, each for itself and all of a run together."""

import sys

import pytest
from dispatch_conformance import transcript as bounds
from dispatch_conformance.transcript import Room, Transcript
from dispatch_protocol.recording import Http, Opened, TranscriptEvent, frame_event
from dispatch_protocol.vocabulary import Role


def frame(text: str) -> TranscriptEvent:
    return frame_event(0.0, 1, Role.WORKER, text)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are soon reached."""
    monkeypatch.setattr(bounds, "MAX_EVENTS", 50)
    monkeypatch.setattr(bounds, "MAX_BYTES", 100_000)
    monkeypatch.setattr(bounds, "OWN_BYTES", 10_000)


def test_a_transcript_keeps_so_many_events_and_counts_the_others() -> None:
    transcript = Transcript("a")
    places = [transcript.add(frame("{}")) for _ in range(60)]
    assert places[48:52] == [48, 49, 49, 49]
    assert (len(transcript.events), transcript.dropped, transcript.full) == (50, 10, True)


def test_a_transcript_keeps_so_many_bytes_of_memory() -> None:
    transcript = Transcript("a")
    while not transcript.full:
        transcript.add(frame("\U0001f600" * 5_000))
    assert [sys.getsizeof(event.payload) for event in transcript.events] == [20_076] * 5  # type: ignore[union-attr]


def test_what_goes_beyond_its_own_share_comes_out_of_the_room_of_all() -> None:
    room = Room(30_000)
    one, other = Transcript("a", room=room), Transcript("b", room=room)
    kept = [transcript.add(frame("x" * 20_000)) for transcript in (one, other)]
    assert (kept, room.left) == ([0, 0], 30_000 - 2 * (sys.getsizeof("x" * 20_000) - 10_000))
    assert one.add(frame("x" * 20_000)) == 0
    assert (one.full, one.dropped, other.full) == (True, 1, False)
    third = Transcript("c", room=room)
    assert [third.add(frame("x" * 900)) for _ in range(10)] == [*range(10)]


def test_once_something_is_missing_nothing_follows() -> None:
    """What comes behind a gap would be judged as if there were none."""
    transcript = Transcript("a", room=Room(0))
    transcript.add(frame("x" * 20_000))
    transcript.add(frame("{}"))
    assert (transcript.events, transcript.dropped) == ([], 2)


def test_it_is_known_that_a_worker_connected_also_where_that_found_no_room() -> None:
    transcript = Transcript("a")
    for _ in range(50):
        transcript.add(Http(t=0.0, sender="worker", method="GET", path="/", status=404))
    assert not transcript.connected
    transcript.add(Opened(t=0.0, connection=1, path="/"))
    assert transcript.connected
