"""The tree of errors, and hostile text made fit to be shown."""

import pytest
from dispatch_protocol.errors import (
    DispatchError,
    JsonSyntaxError,
    KeyFileError,
    TransportError,
    UsageError,
    Violation,
    shown,
)
from dispatch_protocol.vocabulary import WireCode
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.strategies import any_text, json_values


def test_the_tree() -> None:
    for kind in (UsageError, Violation, TransportError):
        assert kind.__bases__ == (DispatchError,)
    for leaf in (KeyFileError, JsonSyntaxError):
        assert leaf.__bases__ == (UsageError,)
    assert DispatchError.__bases__ == (Exception,)


def test_a_violation_names_place_clause_and_code() -> None:
    violation = Violation("W-RCP-2", "$.receipt.job_id", WireCode.INVALID_MSG, "is 7", job_id="job")
    assert str(violation) == "is 7 (at $.receipt.job_id, clause W-RCP-2)"
    assert (violation.clause, violation.place, violation.code) == (
        "W-RCP-2",
        "$.receipt.job_id",
        "INVALID_MSG",
    )
    assert (violation.detail, violation.job_id) == ("is 7", "job")


def test_a_syntax_error_names_its_position() -> None:
    error = JsonSyntaxError("expected a value", 3)
    assert (error.reason, error.position, str(error)) == (
        "expected a value",
        3,
        "expected a value at character 3",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("a\n\r\t\0\x1b[31m\x7f\x9b", "a\\n\\r\\t\\x00\\x1b[31m\\x7f\\x9b"),
        ("\u202eé\U0001f600\ud800\\", "\\u202e\\xe9\\U0001f600\\ud800\\\\"),
        ("x" * 201, "x" * 200 + "... (201 characters)"),
        (None, "None"),
        (7, "7"),
        ({"a": [1, "\x1b"]}, "{'a': [1, '\\\\x1b']}"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


@given(any_text | json_values, st.integers(0, 300))
def test_whatever_is_shown_is_short_printable_ascii(value: object, limit: int) -> None:
    text = shown(value, limit)
    assert text.isascii()
    assert not text or text.isprintable()
    assert len(text) <= 10 * limit + 40


def test_a_number_of_any_length_is_shown() -> None:
    for number in (10**4000, 10**5000, -(2**100_000)):
        assert 0 < len(shown([number], 100)) < 200


def test_values_without_bottom_are_shown_in_outline() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep, {"a": deep}]
    assert len(shown(deep)) < 250
    ring: dict[str, object] = {}
    ring["ring"] = ring
    assert "ring" in shown(ring)
