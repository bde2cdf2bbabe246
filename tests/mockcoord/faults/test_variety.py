"""Legal variety, pure: every form decodes to the same message and breaks no clause."""

from random import Random
from uuid import UUID

from dispatch_mockcoord.faults.variety import (
    MAX_DELAY_SECONDS,
    NAMES,
    delay,
    varied_answer,
    varied_frame,
    varied_job_id,
    varied_pieces,
    varied_worker_id,
)
from dispatch_protocol.canonical import Json, parse, stringify
from dispatch_protocol.codec import decode_from_coordinator, encode
from dispatch_protocol.frames import read_frame
from dispatch_protocol.messages import MESSAGES, CoordinatorMessage, HeartbeatAck, JobAssign, RegisterAck
from dispatch_protocol.parsing import JsonValue
from dispatch_protocol.recording import Opened, frame_event
from dispatch_protocol.rules import Rules
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, PrivacyClass, Role
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.message_strategies import MESSAGES as DRAWN
from tests.protocol.strategies import json_values

chances = st.integers(0, 2**32).map(Random)
messages = st.one_of(*(DRAWN[name] for name in MESSAGES[Role.COORDINATOR]))
ASSIGN = JobAssign(
    job_id="722c7ed9-c24c-4552-b34d-61e22f6d9e97",
    job_type="TASK",
    payload=Json.of({"task_type": "summarize", "input": "a/b", "n": 10}),
    policy="CHEAP",
    privacy_class=PrivacyClass.PUBLIC,
    user_id="user",
)


@given(messages, chances)
def test_a_varied_frame_decodes_to_the_same_message(message: CoordinatorMessage, random: Random) -> None:
    varied = decode_from_coordinator(varied_frame(message, random))
    assert varied == decode_from_coordinator(encode(message))


@given(messages, chances)
def test_a_varied_frame_breaks_no_clause_that_the_plain_one_keeps(
    message: CoordinatorMessage, random: Random
) -> None:
    def broken(text: str) -> list[str]:
        rules = Rules(roles=frozenset({Role.COORDINATOR}))
        rules.feed(Opened(t=0.0, connection=1))
        return [found.clause for found in rules.feed(frame_event(0.0, 1, Role.COORDINATOR, text))]

    assert broken(varied_frame(message, random)) == broken(encode(message))


def test_members_change_their_places_and_gain_company() -> None:
    frames = [read_frame(varied_frame(ASSIGN, Random(seed)), Role.COORDINATOR) for seed in range(200)]
    known = list(read_frame(encode(ASSIGN), Role.COORDINATOR))
    assert {next(iter(members)) for members in frames} >= set(known)
    assert {name for members in frames for name in members} == {*known, *NAMES}
    assert len({tuple(members) for members in frames}) > 100


def test_no_unknown_member_has_a_name_of_the_protocols() -> None:
    for kinds in MESSAGES.values():
        for kind in kinds.values():
            assert not set(kind.__struct_fields__) & set(NAMES)


def test_a_frame_stays_within_the_limit() -> None:
    huge = RegisterAck(status="error", error='"' * (MAX_FRAME_BYTES // 2 - 100))
    assert {len(varied_frame(huge, Random(seed))) <= MAX_FRAME_BYTES for seed in range(10)} == {True}


def test_the_same_seed_gives_the_same_frame() -> None:
    assert varied_frame(ASSIGN, Random(7)) == varied_frame(ASSIGN, Random(7))
    assert len({varied_frame(HeartbeatAck(status="ok"), Random(seed)) for seed in range(100)}) > 50


@given(st.dictionaries(st.text(), json_values, max_size=5), chances)
def test_a_varied_answer_has_the_same_members(value: dict[str, JsonValue], random: Random) -> None:
    body = stringify(value).encode()
    varied = parse(varied_answer(body, random))
    assert isinstance(varied, dict)
    for name, item in value.items():
        assert stringify(varied[name]) == stringify(item)
    assert set(varied) <= {*value, *NAMES}


def test_what_is_no_object_is_let_pass() -> None:
    for body in (b"", b"\xff", b"<html>", b"[1]", b"null"):
        assert varied_answer(body, Random(1)) == body


def test_ids_are_fresh_and_of_many_shapes() -> None:
    random = Random(1)
    jobs = [varied_job_id(random) for _ in range(300)]
    assert {str(UUID(text)) for text in jobs} == {text.lower() for text in jobs}
    assert {text.islower() for text in jobs} == {True, False}
    assert {text[14].lower() for text in jobs} == set("134578f")
    workers = [varied_worker_id(random) for _ in range(300)]
    assert len({text.lower() for text in jobs + workers}) == 600
    assert all(text.isprintable() for text in workers)


@given(messages, chances)
def test_fragments_are_the_frame(message: CoordinatorMessage, random: Random) -> None:
    frame = varied_frame(message, random)
    pieces = varied_pieces(frame, random)
    assert b"".join(pieces).decode("utf-8") == frame


def test_some_frames_are_fragmented_and_most_are_not() -> None:
    counts = [len(varied_pieces("\U0001f4e6" * 20, Random(seed))) for seed in range(100)]
    assert set(counts) == {1, 2, 4}
    assert counts.count(1) > 50


def test_delays_are_bounded() -> None:
    random = Random(1)
    delays = [delay(random) for _ in range(300)]
    assert 0.0 in delays
    assert 0 <= min(delays) <= max(delays) <= MAX_DELAY_SECONDS
