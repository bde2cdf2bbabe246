"""Canonical text: every vector, the steps of JSON.stringify one by one, both ways of writing, the limits."""

import json
import re
from collections import Counter
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest
from dispatch_protocol import canonical as module
from dispatch_protocol.canonical import (
    MAX_DEPTH,
    Json,
    JsonValue,
    canonical_text,
    hash_text,
    parse,
    stringify,
)
from dispatch_protocol.errors import JsonSyntaxError, UsageError
from dispatch_protocol.parsing import join_surrogates
from hypothesis import given

from tests.protocol.strategies import any_text, json_texts, json_values

Case = dict[str, Any]


def vectors(name: str) -> list[Case]:
    text = (files("dispatch_protocol") / "vectors" / f"{name}.json").read_text("utf-8")
    cases: list[Case] = json.loads(text)["cases"]
    return cases


SURROGATE = re.compile("[\ud800-\udfff]")
VECTORS = vectors("canonical-json")
FOREIGN = vectors("foreign-serializers")


def ids(case: Case) -> str:
    return str(case["id"])


def test_the_vectors_are_complete() -> None:
    expected = {"number": 80, "string": 33, "object": 28, "reject": 19}
    expected |= {"array": 4, "whitespace": 4, "nesting": 4, "literal": 2}
    assert Counter(case["category"] for case in VECTORS) == expected
    assert (len(VECTORS), len({case["id"] for case in VECTORS})) == (174, 174)
    assert len(FOREIGN) == 39


@pytest.mark.parametrize("case", [case for case in VECTORS if not case.get("error")], ids=ids)
def test_vector(case: Case) -> None:
    found = Json.read(case["input_json"])
    assert found.canonical == case["canonical"]
    assert found.hash == case["sha256"]
    assert canonical_text(case["input_json"].encode("utf-8", "surrogatepass")) == case["canonical"]
    if "canonical_utf8_hex" in case:
        assert found.canonical.encode().hex() == case["canonical_utf8_hex"]


@pytest.mark.parametrize("case", [case for case in VECTORS if case.get("error")], ids=ids)
def test_vector_that_json_parse_refuses(case: Case) -> None:
    assert (case["category"], case["canonical"], case["sha256"]) == ("reject", None, None)
    with pytest.raises(JsonSyntaxError):
        canonical_text(case["input_json"])


@pytest.mark.parametrize("case", FOREIGN, ids=ids)
def test_foreign_serializers_are_judged_rightly(case: Case) -> None:
    ours = canonical_text(case["input_json"])
    assert ours == case["canonical"]
    assert hash_text(ours) == case["sha256"]
    written = [entry for entry in case["serializations"] if "error" not in entry]
    assert written
    for entry in written:
        octets = bytes.fromhex(entry["bytes_hex"]) if "bytes_hex" in entry else entry["text"].encode()
        assert sha256(octets).hexdigest() == entry["sha256"]
        assert (octets == ours.encode()) is entry["matches"], entry["serializer"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        ("", '""'),
        (0, "0"),
        (-0.0, "0"),
        (float("inf"), "null"),
        (float("-inf"), "null"),
        (float("nan"), "null"),
        (10**400, "null"),
        (2**53 + 1, "9007199254740992"),
        (True + 0, "1"),
    ],
)
def test_serialize_json_property_25_5_2_2(value: JsonValue, text: str) -> None:
    assert stringify(value) == text
    assert stringify([value, {"a": value}]) == f'[{text},{{"a":{text}}}]'


@pytest.mark.parametrize(
    ("string", "text"),
    [
        ('"\\', '"\\"\\\\"'),
        ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        ("\0\x01\x0b\x1f", '"\\u0000\\u0001\\u000b\\u001f"'),
        ("/<>&'\x7f\x80\xa0\u2028\u2029\ufeff\uffff", '"/<>&\'\x7f\x80\xa0\u2028\u2029\ufeff\uffff"'),
        ("\ud800", '"\\ud800"'),
        ("\udfff\ud800", '"\\udfff\\ud800"'),
        ("\ud83d\ude00", '"\U0001f600"'),
        ("\ud83d\ud83d\ude00\ude00", '"\\ud83d\U0001f600\\ude00"'),
        ("\\ud800", '"\\\\ud800"'),
    ],
)
def test_quote_json_string_25_5_2_4(string: str, text: str) -> None:
    assert stringify(string) == text
    assert stringify([string]) == f"[{text}]"
    assert stringify({string: string}) == f"{{{text}:{text}}}"


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ('{"b":1,"a":2}', '{"b":1,"a":2}'),
        ('{"b":1,"2":1,"a":2,"1":3}', '{"1":3,"2":1,"b":1,"a":2}'),
        ('{"10":1,"9":2}', '{"9":2,"10":1}'),
        (
            '{"a":0,"4294967295":1,"4294967294":2,"4294967293":3}',
            '{"4294967293":3,"4294967294":2,"a":0,"4294967295":1}',
        ),
        (
            '{"a":0,"-1":1,"01":2,"1.5":3,"1e3":4,"+1":5," 1":6,"":7,"0":8}',
            '{"0":8,"a":0,"-1":1,"01":2,"1.5":3,"1e3":4,"+1":5," 1":6,"":7}',
        ),
        (
            '{"a":0,"\u0661":1,"\uff11":2,"\u00b2":3,"1":4}',
            '{"1":4,"a":0,"\u0661":1,"\uff11":2,"\u00b2":3}',
        ),
        ('{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'),
        ('{"x":{"2":[],"1":{}}}', '{"x":{"1":{},"2":[]}}'),
        ('{"__proto__":{"a":1},"b":2}', '{"__proto__":{"a":1},"b":2}'),
        ('{"\\ud83d\\ude00":1,"\U0001f600":2}', '{"\U0001f600":2}'),
        ('{"1":"x"}', '{"1":"x"}'),
        ('{"b":"x","1":null}', '{"1":null,"b":"x"}'),
    ],
)
def test_ordinary_own_property_keys_10_1_11_1(given_: str, text: str) -> None:
    assert canonical_text(given_) == text


def test_ten_thousand_levels_and_not_one_more() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        core = "" if opening == "[" else "1"
        text = opening * MAX_DEPTH + core + closing * MAX_DEPTH
        assert canonical_text(text) == text
        with pytest.raises(JsonSyntaxError, match="nested more than 10000 levels deep"):
            parse(opening + text + closing)
        with pytest.raises(UsageError, match="nested more than 10000 levels deep"):
            stringify([parse(text)])


def test_values_that_hold_themselves_are_refused() -> None:
    ring: list[Any] = []
    ring.append({"a": ring})
    with pytest.raises(UsageError, match="levels deep"):
        stringify(ring)


@pytest.mark.parametrize(
    "value", [b"x", {1: 2}, {None: 1}, {"a": {2: 1}}, {"a": object()}, [1, {2}], 1j, {("a",): 1}]
)
def test_values_that_are_no_json_are_refused(value: Any) -> None:
    with pytest.raises(UsageError):
        stringify(value)


def test_a_tuple_is_an_array() -> None:
    assert stringify(("a", (1,))) == '["a",[1]]'  # type: ignore[arg-type]


@given(json_values)
def test_with_recursion_and_without_the_text_is_the_same(value: JsonValue) -> None:
    exact = "".join(module._pieces(value))
    assert module._text(value, module._RECURSIVE_LEVELS) == exact
    assert module._text(value, 0) == exact
    assert module._text(value, 1) == exact


@pytest.mark.parametrize("levels", [1, 19, 20, 21, 22, 50, MAX_DEPTH])
def test_where_recursion_ends_nothing_changes(levels: int) -> None:
    for opening, closing in (
        ("[", "]"),
        ('{"b":1,"7":', "}"),
        ("[0,", ",[]]" if levels < MAX_DEPTH else "]"),
    ):
        text = opening * levels + "null" + closing * levels
        value = parse(text)
        assert stringify(value) == "".join(module._pieces(value))
    with pytest.raises(UsageError, match="levels deep"):
        stringify([parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)])


@given(json_values)
def test_canonical_text_is_its_own_canonical_text(value: JsonValue) -> None:
    text = stringify(value)
    assert canonical_text(text) == text
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\n" not in text


@given(json_texts)
def test_spelling_does_not_matter(text: str) -> None:
    value = Json.read(text)
    again = Json.of(parse(value.canonical))
    assert value == again
    assert (hash(value), value.hash) == (hash(again), sha256(again.text.encode()).hexdigest())
    assert value.text == text.strip(" \t\r\n")
    if not SURROGATE.search(text):
        assert canonical_text(text.encode("utf-8")) == value.canonical


@given(any_text)
def test_a_string_survives_the_way_there_and_back(text: str) -> None:
    assert parse(stringify(text)) == join_surrogates(text)


def test_json_is_shown_bounded_and_escaped() -> None:
    shown = repr(Json.read('"\\u001b\u202e' + "x" * 10_000 + '"'))
    assert shown.startswith('Json("\\\\u001b\\u202exxx')
    assert len(shown) < 300
    assert Json.read("1") != 1


def test_an_unread_value_is_read_when_it_is_asked_for() -> None:
    unread = Json.unread('{"b":1.0}')
    assert (unread.text, unread.value, unread.canonical) == ('{"b":1.0}', {"b": 1}, '{"b":1}')
    assert unread == Json.read('{"b":1.0}')
    assert unread.hash == Json.of({"b": 1}).hash


def test_a_value_given_up_is_read_again_and_what_is_known_of_its_text_stays() -> None:
    known = Json.of({"b": 1})
    bare = known.without_value()
    assert bare.canonical is known.text, "not read to be written"
    assert bare.value == {"b": 1}
    assert bare.value is not known.value
    loose = Json.read('{"b":1.0}')
    assert loose.hash == loose.without_value().hash
    assert loose.without_value().canonical == '{"b":1}'
