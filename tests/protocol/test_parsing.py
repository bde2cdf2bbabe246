"""JSON.parse: the grammar, both scanners against each other, surrogates, members with their texts, limits."""

import json
import subprocess
import sys
from typing import Any

import pytest
from dispatch_protocol.canonical import stringify
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.parsing import (
    MAX_DEPTH,
    JsonValue,
    Scan,
    _blank,
    _depth_bound,
    _expect_end,
    _scan_exact,
    _scan_fast,
    _scanned,
    _scanner,
    join_surrogates,
    parse,
    parse_members,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.protocol.strategies import any_text, json_texts, mutated_texts

ACCEPTED: list[tuple[str, JsonValue]] = [
    ("null", None),
    (" \t\r\n true \t\r\n ", True),
    ("false", False),
    ("0", 0),
    ("-0", 0),
    ("-0.0", -0.0),
    ("1e2", 100.0),
    ("1E+2", 100.0),
    ("1e-2", 0.01),
    ("1.5", 1.5),
    ("123456789012345", 123456789012345),
    ("1234567890123456", 1234567890123456.0),
    ("9007199254740993", 9007199254740992.0),
    ("1" + "0" * 400, float("inf")),
    ("-1e400", float("-inf")),
    ("1e-400", 0.0),
    ('""', ""),
    ('"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'),
    ('"\\u0041\\u00e9\\u00E9\\u0000"', "Aéé\0"),
    ('"\x7f\x80\u2028\u2029\ufeff"', "\x7f\x80\u2028\u2029\ufeff"),
    ('"\\ud83d\\ude00"', "\U0001f600"),
    ('"\\uD83D\\uDE00"', "\U0001f600"),
    ('"\\ud83d"', "\ud83d"),
    ('"\\ud83dx\\ude00"', "\ud83dx\ude00"),
    ('"\\ude00\\ud83d"', "\ude00\ud83d"),
    ('"\\ud83d\\ud83d\\ude00"', "\ud83d\U0001f600"),
    ('"\\ud83d\\u0041"', "\ud83dA"),
    ("[]", []),
    ("[ ]", []),
    ("[1 , [2 ,[ ]]]", [1, [2, []]]),
    ("{}", {}),
    ("{ }", {}),
    ('{"a" : 1 , "b":{}}', {"a": 1, "b": {}}),
    ('{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}),
    ('{"__proto__":1,"__proto__":[2]}', {"__proto__": [2]}),
    ('{"\\u0061":1,"a":2}', {"a": 2}),
    ('{"":0}', {"": 0}),
]

REFUSED = [
    *("", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-NaN", "undefined"),
    *("+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e5.5", "0x10", "1_000", "- 1", "-"),
    *("1 2", "1,", "1//", "/**/1", "1n", "１", "٣", "1e٣", "-٣"),
    *('"', '"a', "'a'", '"\\', '"\\"', '"\\x41"', '"\\u"', '"\\u12"', '"\\u12g4"', '"\\u+123"', '"\\u 123"'),
    *(
        '"\\u12_3"',
        '"\\U0041"',
        '"\\0"',
        '"\\a"',
        '"\\\'"',
        '"\n"',
        '"\t"',
        '"\0"',
        '"\x1f"',
        '"\\\n"',
        '"a"b',
    ),
    *("[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1}", "(1)", "[1;2]"),
    *("{", "}", "{]", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{,"a":1}', '{"a",1}', '{"a"}'),
    *("{a:1}", "{'a':1}", "{1:1}", "{null:1}", '{"a"::1}', '{"a":1 "b":2}', '{"a":1]', '{"a" 1}'),
    *(
        "\ufeff1",
        "\xa01",
        "1\u2028",
        "\x0b1",
        "1\x0c",
        "\x001",
        "1\0",
        "\u30001",
        "[1\xa0]",
        "\ud800",
        "[\ud800]",
    ),
]


def scanned(scan: Scan, text: str) -> Any:
    """The value of a text by one of the scanners, or the error's class."""
    try:
        value, end = _scanned(scan, text, _blank(text, 0))
        _expect_end(text, end)
    except JsonSyntaxError:
        return JsonSyntaxError
    return value


def exactly(value: Any) -> str:
    """Equal for values that are equal in type, order of keys and sign of zero as well."""
    return repr(value)


@pytest.mark.parametrize(("text", "value"), ACCEPTED)
def test_json_parse_25_5_1(text: str, value: JsonValue) -> None:
    for outcome in (parse(text), scanned(_scan_fast, text), scanned(_scan_exact, text)):
        assert exactly(outcome) == exactly(value)
    assert exactly(parse(text.encode())) == exactly(value)
    for place in (f"[{text}]", f'{{"k":{text}}}'):
        assert exactly(scanned(_scan_exact, place)) == exactly(scanned(_scan_fast, place))


@pytest.mark.parametrize("text", REFUSED)
def test_json_parse_25_5_1_throws_a_syntax_error(text: str) -> None:
    for place in (text, f"[0,{text}", f'{{"k":{text}'):
        with pytest.raises(JsonSyntaxError) as caught:
            parse(place)
        assert 0 <= caught.value.position <= len(place)
        assert scanned(_scan_exact, place) is JsonSyntaxError
        assert scanned(_scan_fast, place) is JsonSyntaxError
        with pytest.raises(JsonSyntaxError):
            parse_members(place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"a\n"', "Invalid control character at character 2"),
        (' "a', "Unterminated string starting at character 1"),
        ('["\\x"]', "Invalid \\escape at character 2"),
        ('{"a":NaN}', "expected a value at character 5"),
        ("[1,-Infinity]", "expected a value at character 3"),
    ],
)
def test_a_refusal_says_where_and_says_it_once(text: str, message: str) -> None:
    with pytest.raises(JsonSyntaxError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_literals_inside_numbers_are_bounded_by_nothing_but_time() -> None:
    assert parse("9" * 100_000) == float("inf")
    assert parse("0." + "0" * 100_000 + "1") == 0.0
    assert parse("-" + "1" * 100_000 + "e-99999") == -1.1111111111111112
    assert parse("0e" + "9" * 100_000) == 0.0


@pytest.mark.parametrize(
    ("octets", "position"), [(b"\xff", 0), (b'"\xed\xa0\x80"', 1), (b'"\xc0\x80"', 1), (b'"\xf4\x90', 1)]
)
def test_bytes_that_are_no_utf_8(octets: bytes, position: int) -> None:
    with pytest.raises(JsonSyntaxError, match="invalid UTF-8") as caught:
        parse(octets)
    assert caught.value.position == position


def test_raw_surrogates_meet_escaped_ones() -> None:
    assert parse('"\ud83d\\ude00"') == "\U0001f600"
    assert parse('"\\ud83d\ude00"') == "\U0001f600"
    assert parse('{"\ud83d\ude00":1,"\\ud83d\\ude00":2}') == {"\U0001f600": 2}
    assert _scanner('"\ud83d"') is _scan_exact


@settings(max_examples=1000)
@given(json_texts | mutated_texts | any_text)
@example('{"a":1}\ud800')
@example('"\\ud83d\ude00"')
@example("[" * 400 + '"' + "]" * 500)
def test_both_scanners_give_the_same(text: str) -> None:
    exact = scanned(_scan_exact, text)
    if _scanner(text) is _scan_fast:
        assert exactly(scanned(_scan_fast, text)) == exactly(exact)
    try:
        outcome: Any = parse(text)
    except JsonSyntaxError as error:
        outcome = JsonSyntaxError
        position = error.position
    else:
        position = 0
    assert exactly(outcome) == exactly(exact)
    assert 0 <= position <= len(text)


@given(st.binary() | mutated_texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_nothing_else_escapes_whatever_the_bytes(octets: bytes) -> None:
    try:
        value = parse(octets)
    except JsonSyntaxError as error:
        value = None
        position = error.position
    else:
        position = 0
    assert 0 <= position <= len(octets)
    assert parse(stringify(value)) is not NotImplemented


@given(json_texts | mutated_texts)
def test_the_fast_scanner_accepts_what_json_loads_accepts(text: str) -> None:
    """The standard library reads the same grammar and three words more; it is no other oracle than that."""

    def refuse(name: str) -> Any:
        raise ValueError(name)

    try:
        expected: Any = stringify(json.loads(text, parse_int=float, parse_constant=refuse))
    except (ValueError, RecursionError):
        expected = JsonSyntaxError
    found = scanned(_scan_exact, text)
    assert (found if found is JsonSyntaxError else stringify(found)) == expected


@given(json_texts | mutated_texts)
def test_the_bound_on_depth_is_never_below_the_depth(text: str) -> None:
    value, depth = scanned(_scan_exact, text), 0
    layer = [value]
    while any(isinstance(item, dict | list) for item in layer):
        depth += 1
        inner = [
            item.values() if isinstance(item, dict) else item
            for item in layer
            if isinstance(item, dict | list)
        ]
        layer = [item for items in inner for item in items]
    assert value is JsonSyntaxError or _depth_bound(text) >= depth


@given(st.dictionaries(any_text, json_texts), st.sampled_from(["", " ", "\r\n\t"]))
def test_members_keep_their_exact_texts(members: dict[str, str], blank: str) -> None:
    pairs = [f"{json.dumps(key)}{blank}:{text}" for key, text in members.items()]
    frame = blank + "{" + blank + f"{blank},".join(pairs) + blank + "}" + blank
    found = parse_members(frame)
    expected: dict[str, str] = {}
    for key, text in members.items():
        expected[join_surrogates(key)] = text.strip(" \t\r\n")
    assert found is not None
    assert {key: member.text for key, member in found.items()} == expected
    assert list(found) == list(expected)
    for member in found.values():
        assert exactly(member.value) == exactly(parse(member.text))
    assert exactly({key: member.value for key, member in found.items()}) == exactly(parse(frame))


@given(json_texts | mutated_texts)
def test_members_are_read_where_the_text_is_an_object(text: str) -> None:
    value = scanned(_scan_exact, text)
    try:
        members = parse_members(text)
    except JsonSyntaxError:
        assert value is JsonSyntaxError
        return
    assert value is not JsonSyntaxError
    assert (members is not None) == isinstance(value, dict)


def test_of_duplicate_members_the_last_counts_at_the_place_of_the_first() -> None:
    members = parse_members('{"a":1, "b":2, "\\u0061":[ 3 ]}')
    assert members is not None
    assert [(key, member.text) for key, member in members.items()] == [("a", "[ 3 ]"), ("b", "2")]


@pytest.mark.parametrize(
    ("opening", "core", "closing"), [("[", "", "]"), ('{"a":', "0", "}"), ('[{"a":', "0", "}]")]
)
def test_depth_is_bounded(opening: str, core: str, closing: str) -> None:
    levels = MAX_DEPTH // (2 if opening == '[{"a":' else 1)
    deepest = opening * levels + core + closing * levels
    parse(deepest)
    for text in (f"[{deepest}]", f'{{"k":{deepest}}}'):
        with pytest.raises(JsonSyntaxError, match="nested more than 10000 levels deep"):
            parse(text)
    members = parse_members(f'{{"k": {deepest}}}')
    assert members is not None
    assert members["k"].text == deepest
    with pytest.raises(JsonSyntaxError, match="nested more than 10000 levels deep"):
        parse_members(f'{{"k": [{deepest}]}}')
    with pytest.raises(JsonSyntaxError):
        parse(opening * 1_000_000)


def test_brackets_inside_strings_are_no_depth() -> None:
    text = json.dumps({"a": "[{" * 50_000 + '"' + "\\" * 1001})
    assert _scanner(text) is _scan_fast
    assert parse(text) == json.loads(text)


SURVIVES = """
import sys, threading
sys.setrecursionlimit(10**6)
threading.stack_size(256 * 1024)
from dispatch_protocol.canonical import Json, parse, stringify
from dispatch_protocol.codec import decode_from_coordinator, decode_from_worker
from dispatch_protocol.errors import DispatchError, shown
from dispatch_protocol.receipts import verify_receipt

def deep(levels, opening="[", closing="]"):
    return opening * levels + "0" + closing * levels

def attempt(act, *arguments):
    try:
        return act(*arguments)
    except DispatchError as error:
        return str(error)

def all_of_it():
    for levels in (201, 9_999, 10_001):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            text = deep(levels, opening, closing)
            value = attempt(parse, text)
            attempt(stringify, [value])
            shown(value)
            for name in "job_id capabilities metrics output receipt payload provider_type".split():
                for kind in "register heartbeat job_complete receipt_submit job_assign".split():
                    frame = '{"type":"%s","%s":%s}' % (kind, name, text)
                    attempt(decode_from_worker, frame)
                    attempt(decode_from_coordinator, frame)
            if levels < 10_000:
                receipt = Json.read('{"job_id":%s}' % text)
                verify_receipt(receipt, "", job_id="a", pubkey="b", output_hash="c").faults

ring = []
ring.append(ring)
assert "levels deep" in attempt(stringify, ring)
thread = threading.Thread(target=all_of_it)
thread.start()
thread.join()
attempt(parse, deep(400_000))
print("survived")
"""


def test_no_recursion_of_ours_leans_on_the_recursion_limit() -> None:
    ran = subprocess.run([sys.executable, "-c", SURVIVES], capture_output=True, timeout=100, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == (b"survived\n", b"", 0)
