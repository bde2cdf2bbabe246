"""Frames by their form alone: text, bounded, one JSON object; each fault by its clause and wire code."""

import json

import pytest
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import Violation
from dispatch_protocol.frames import BOUNDED, ONE_OBJECT, TEXT_FRAMES, read_frame
from dispatch_protocol.parsing import MAX_DEPTH
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, Role, WireCode
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.strategies import any_text, json_texts, mutated_texts

PARSE, INVALID = WireCode.PARSE_ERROR, WireCode.INVALID_MSG


@pytest.mark.parametrize(
    ("frame", "area", "code", "detail"),
    [
        (b"", "FRM-1", INVALID, "a binary frame; frames are text"),
        (b'{"type":"heartbeat"}', "FRM-1", INVALID, "a binary frame; frames are text"),
        ("", "FRM-2", PARSE, "not JSON: expected a value at character 0"),
        ("Invalid JSON", "FRM-2", PARSE, "not JSON: expected a value at character 0"),
        ("{} {}", "FRM-2", PARSE, "not JSON: unexpected text behind the value at character 3"),
        ('{"type":"heartbeat"}\0', "FRM-2", PARSE, "behind the value at character 20"),
        ("\ufeff{}", "FRM-2", PARSE, "expected a value at character 0"),
        ('{"a":' * 20_000, "FRM-2", PARSE, "nested more than 10000 levels deep"),
        ("null", "FRM-2", INVALID, "JSON, but no object"),
        ("[]", "FRM-2", INVALID, "JSON, but no object"),
        ('"{}"', "FRM-2", INVALID, "JSON, but no object"),
        ("7", "FRM-2", INVALID, "JSON, but no object"),
        (" " * (MAX_FRAME_BYTES - 1) + "{}", "FRM-3", INVALID, "a frame longer than 1048576 bytes"),
    ],
)
def test_a_fault_of_form(frame: str | bytes, area: str, code: WireCode, detail: str) -> None:
    for role, letter in ((Role.WORKER, "W"), (Role.COORDINATOR, "C")):
        with pytest.raises(Violation) as caught:
            read_frame(frame, role)
        found = caught.value
        assert (found.clause, found.place, found.code, found.job_id) == (f"{letter}-{area}", "$", code, None)
        assert detail in found.detail


@pytest.mark.parametrize("table", [TEXT_FRAMES, ONE_OBJECT, BOUNDED])
def test_the_clauses_bind_the_sender_and_speak_of_frames(table: dict[Role, str]) -> None:
    for role, clause_id in table.items():
        assert clause(clause_id).role is role
        assert clause(clause_id).section.endswith("-FRM")
    assert table.keys() == set(Role)


def test_the_length_is_counted_in_bytes_of_utf_8() -> None:
    for letter, octets in (("a", 1), ("é", 2), ("€", 3), ("\U0001f600", 4), ("\ud800", 3)):
        longest = (1000 - len('{"a":""}')) // octets
        for count, fits in ((longest, True), (longest + 1, False)):
            frame = f'{{"a":"{letter * count}"}}'
            assert (len(frame.encode("utf-8", "surrogatepass")) <= 1000) is fits
            if fits:
                assert read_frame(frame, Role.WORKER, 1000)["a"].text == f'"{letter * count}"'
            else:
                with pytest.raises(Violation, match="longer than 1000 bytes"):
                    read_frame(frame, Role.WORKER, 1000)


def test_a_frame_at_the_limit_is_read() -> None:
    frame = " " * (MAX_FRAME_BYTES - 2) + "{}"
    assert read_frame(frame, Role.WORKER) == {}


def test_an_output_of_ten_thousand_levels_fits_into_a_frame() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_frame(f'{{"output":{deep}}}', Role.WORKER)["output"].text == deep


@given(any_text | json_texts | mutated_texts | st.binary(), st.sampled_from(Role))
def test_nothing_but_a_violation_comes_of_any_frame(frame: str | bytes, role: Role) -> None:
    found: Violation | None = None
    try:
        members = read_frame(frame, role)
    except Violation as violation:
        found = violation
    if found is None:
        assert isinstance(frame, str)
        assert members.keys() == json.loads(frame).keys()
    else:
        assert found.place == "$"
        assert str(found).isprintable()
        assert len(str(found)) < 500
