"""Other texts of the same JSON: what is read from them stays what it was, whatever it was."""

from random import Random

import pytest
from dispatch_mockcoord.faults import jsontext
from dispatch_mockcoord.faults.jsontext import respelled, respelled_number
from dispatch_protocol.canonical import canonical_text, parse, stringify
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.strategies import json_texts, json_values

chances = st.integers(0, 2**32).map(Random)


@given(json_values, chances)
def test_the_value_stays(value: object, random: Random) -> None:
    text = stringify(value)  # type: ignore[arg-type]
    assert canonical_text(respelled(text, random)) == text


@given(json_texts, chances)
def test_any_text_will_do(text: str, random: Random) -> None:
    varied = respelled(text, random)
    assert canonical_text(varied) == canonical_text(text)
    varied.encode("utf-8")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), chances)
def test_a_number_stays_the_same_double(number: float, random: Random) -> None:
    token = repr(number)
    varied = respelled_number(token, random)
    assert float(varied) == float(token)
    assert canonical_text(varied) == canonical_text(token)


@pytest.mark.parametrize(
    "token", ["0", "-0", "10", "1200", "0.50", "1e3", "-1E-7", "9007199254740993", "1e400"]
)
def test_the_literals_of_a_number(token: str) -> None:
    literals = {respelled_number(token, Random(seed)) for seed in range(60)}
    assert {canonical_text(literal) for literal in literals} == {canonical_text(token)}
    assert len(literals) > 2 or "e" in token.lower()


def test_the_order_of_members_and_repeated_ones_stay() -> None:
    text = '{"b":1,"a":2,"b":[3,{"2":0,"1":0}]}'
    for seed in range(50):
        assert list(parse(respelled(text, Random(seed)))) == ["b", "a"]  # type: ignore[arg-type]
        assert respelled(text, Random(seed)).count("3") >= 1


def test_every_hand_is_met() -> None:
    text = '{"a/b": "é\\n", "n": 100}'
    texts = {respelled(text, Random(seed)) for seed in range(300)}
    for mark in ("\\/", "\\u002f", "\\u00e9", "\\u00E9", "\\n", "\\u000a", "é", "\r\n", "\t", "1e2", "100.0"):
        assert any(mark in text for text in texts), mark


def test_a_very_long_string_is_not_looked_at_one_by_one() -> None:
    text = '"' + "ä" * (jsontext.MAX_VARIED + 1) + '"'
    assert {respelled(text, Random(seed)).strip() for seed in range(20)} == {text}


def test_deep_nesting_is_no_matter() -> None:
    text = "[" * 9_000 + "]" * 9_000
    assert canonical_text(respelled(text, Random(1))) == text
