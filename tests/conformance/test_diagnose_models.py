"""The models of other serializers, held to what those serializers wrote, and to JSON.stringify."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dispatch_conformance.diagnose import numbers, strings, styles
from dispatch_conformance.diagnose.digests import WRONG_DIGESTS
from dispatch_conformance.diagnose.doubles import Refused
from dispatch_conformance.diagnose.keccak import keccak_256
from dispatch_conformance.diagnose.renderings import Renderings
from dispatch_conformance.diagnose.serializers import SERIALIZERS, recipe, table
from dispatch_conformance.diagnose.styles import Style
from dispatch_conformance.diagnose.tree import MAX_LEVELS, Number, Source, read_tree
from dispatch_conformance.diagnose.variations import as_sent, variations
from dispatch_conformance.diagnose.writing import write
from dispatch_protocol.canonical import Json
from hypothesis import assume, given, settings

from tests.protocol.strategies import json_texts, json_values

CASES: list[dict[str, Any]] = list(table()["cases"])

LONG_NUMBERS = "JSON::PP gives literals of many characters as strings: a quirk of its reader"
OLD_JAVA = "Java before 19 prints some doubles with one digit too many (JDK-4511638)"
GRISU = "nlohmann::json's Grisu2 does not always find the shortest digits"
OLD_SERDE = "serde_json 1.0.87 reads some doubles one unit off (without float_roundtrip)"
EXCEPTIONS = {
    "foreign-41-u64": {"perl-json-pp-canonical": LONG_NUMBERS, "perl-json-pp-canonical-ascii": LONG_NUMBERS},
    "foreign-44-shortest": {
        "perl-json-pp-canonical": LONG_NUMBERS,
        "perl-json-pp-canonical-ascii": LONG_NUMBERS,
        "android-org-json": OLD_JAVA,
        "java-gson": OLD_JAVA,
        "java-jackson": OLD_JAVA,
        "java-jackson-ascii": OLD_JAVA,
        "java-jackson-pretty": OLD_JAVA,
        "java-jackson-sorted": OLD_JAVA,
        "java-jackson-tree": OLD_JAVA,
        "cpp-nlohmann": GRISU,
        "cpp-nlohmann-ascii": GRISU,
        "cpp-nlohmann-ordered": GRISU,
        "rust-serde-json": OLD_SERDE,
        "rust-serde-json-preserve-order": OLD_SERDE,
    },
}
"""What no model reproduces, by case and serializer: the table itself answers for these values."""


def texts_of(source: Source) -> dict[str, bytes]:
    """What every model and every other mistake makes of a source, by name, the first of each name."""
    found: dict[str, bytes] = {}
    for entry in [*Renderings(source).named(), *variations(source), as_sent(source)]:
        found.setdefault(entry.name, entry.data)
    return found


def entries() -> Iterator[tuple[str, str, bytes, dict[str, bytes]]]:
    """Case, serializer, the bytes it wrote, and the models' texts for the case."""
    for case in CASES:
        modelled = texts_of(Source(Json.read(case["input_json"])))
        for entry in case["serializations"]:
            if "error" not in entry:
                text = entry.get("text")
                wrote = bytes.fromhex(entry["bytes_hex"]) if text is None else text.encode("utf-8")
                yield case["id"], entry["serializer"], wrote, modelled


def test_the_models_reproduce_the_table_but_for_the_exceptions() -> None:
    right = 0
    wrong: dict[str, set[str]] = {}
    for case, serializer, wrote, modelled in entries():
        if modelled.get(serializer) == wrote:
            right += 1
        else:
            wrong.setdefault(case, set()).add(serializer)
    assert wrong == {case: set(named) for case, named in EXCEPTIONS.items()}
    assert right == 2451


def test_every_serializer_of_the_table_has_a_model() -> None:
    modelled = {name for *_, texts in entries() for name in texts}
    assert set(table()["serializers"]) <= modelled


def test_names_are_unique_and_each_says_how_it_is_called() -> None:
    names = [serializer.name for serializer in SERIALIZERS]
    assert len(names) == len(set(names)) > 50
    for serializer in SERIALIZERS:
        assert serializer.title.startswith(f"{serializer.name} (")
        assert bool(serializer.how) is (serializer.name not in table()["serializers"])
    assert recipe("js-pretty-2") == ""


def test_positions_say_what_they_do() -> None:
    for switch in (styles.LAYOUTS, styles.ORDERS, styles.SHAPES, strings.POSITIONS, numbers.POSITIONS):
        first, *others = switch
        assert first.says == ""
        assert len({position.name for position in switch}) == len(switch)
        for position in others:
            assert f"{position.says}{position.mend}".isascii()
            assert position.says
            assert position.mend


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_default_style_is_the_canonical_text_of_every_vector(case: dict[str, Any]) -> None:
    assert write(read_tree(case["input_json"]), Style()) == case["canonical"]


@given(json_texts)
def test_the_default_style_is_the_canonical_text(text: str) -> None:
    json_read = Json.read(text)
    assume(len(json_read.text) < 10_000)
    assert write(Source(json_read).tree, Style()) == json_read.canonical


@given(json_values)
def test_compact_python_is_python(value: Any) -> None:
    text = json.dumps(value).replace("Infinity", "1e400")
    style = Style(styles.COMPACT, styles.INSERTED, strings.ASCII, numbers.PYTHON)
    assert write(read_tree(text), style) == json.dumps(json.loads(text), separators=(",", ":"))


@settings(max_examples=40)
@given(json_values)
def test_every_style_writes_text_or_refuses(value: Any) -> None:
    tree = read_tree(Json.of(value).canonical)
    for serializer in SERIALIZERS:
        try:
            assert isinstance(write(tree, serializer.style), str)
        except Refused:
            continue


@settings(max_examples=40)
@given(json_values)
def test_pretty_printed_text_is_the_same_value(value: Any) -> None:
    source = Json.of(value)
    for layout in styles.LAYOUTS:
        assert Json.read(write(read_tree(source.canonical), Style(layout))) == source


@pytest.mark.parametrize(
    ("literal", "model", "text"),
    [
        ("1.0", numbers.PYTHON, "1.0"),
        ("1e-7", numbers.PYTHON, "1e-07"),
        ("1e16", numbers.PYTHON, "1e+16"),
        ("-0.0", numbers.PYTHON, "-0.0"),
        ("-0", numbers.PYTHON, "0"),
        ("1e400", numbers.PYTHON, "Infinity"),
        ("-1e400", numbers.PYTHON, "-Infinity"),
        ("12345678901234567890123", numbers.PYTHON, "12345678901234567890123"),
        ("4", numbers.JAVA_DOUBLES, "4.0"),
        ("2e23", numbers.JAVA, "2.0E23"),
        ("5e-324", numbers.JAVA, "4.9E-324"),
        ("0.9000000000000001", numbers.PRINTF_17, "0.90000000000000013"),
        ("0.9000000000000001", numbers.PRINTF_15, "0.9"),
        ("1234567.0", numbers.PRINTF_6, "1.23457e+06"),
        ("0.1", numbers.SINGLE, "0.1"),
        ("0.30000001192092896", numbers.SINGLE, "0.3"),
        ("18446744073709551615", numbers.PHP, "1.8446744073709552e+19"),
        ("1e2", numbers.NUMERIC, "100"),
        ("1.50", numbers.NUMERIC, "1.50"),
        ("-0.00", numbers.NUMERIC, "0.00"),
        ("7", numbers.AS_TEXT, '"7"'),
    ],
)
def test_numbers(literal: str, model: numbers.Numbers, text: str) -> None:
    assert model.write(Number(literal)) == text


@pytest.mark.parametrize("literal", ["1e999999999", "1" * 401, "1e400"])
def test_numeric_refuses_what_would_be_long(literal: str) -> None:
    with pytest.raises(Refused):
        numbers.NUMERIC.write(Number(literal))


@pytest.mark.parametrize(
    ("text", "model", "written"),
    [
        ("<a&b>\u2028\b", strings.GO, '"\\u003ca\\u0026b\\u003e\\u2028\\u0008"'),
        ("<a&b>\u2028\b", strings.GO_1_22, '"\\u003ca\\u0026b\\u003e\\u2028\\b"'),
        ("\ud83d", strings.GO, '"\ufffd"'),
        ("\ud83d", strings.DOTNET, '"\\uFFFD"'),
        ("\ud83d", strings.JAVA, '"?"'),
        ("\ud83d", strings.ECMASCRIPT, '"\\ud83d"'),
        ("\U0001f600\x1f", strings.ASCII_UPPER, '"\\uD83D\\uDE00\\u001F"'),
        ("\ud83d\ude00", strings.ASCII, '"\\ud83d\\ude00"'),
        ('"+', strings.DOTNET, '"\\u0022\\u002B"'),
        ("a\n/", strings.SLASH, '"a\\n\\/"'),
        ("a\n", strings.LONG, '"a\\u000a"'),
        ('a"\n', strings.NOTHING, '"a"\n"'),
    ],
)
def test_strings(text: str, model: strings.Escapes, written: str) -> None:
    assert model.write(text) == written


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (
            b"The quick brown fox jumps over the lazy dog",
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
        ),
    ],
)
def test_keccak_256(data: bytes, digest: str) -> None:
    assert keccak_256(data).hex() == digest


def test_keccak_256_at_the_block_boundary_differs_for_each_length() -> None:
    digests = {keccak_256(bytes(length)) for length in range(130, 142)}
    assert len(digests) == 12


def test_digests_have_the_lengths_they_state() -> None:
    for row in WRONG_DIGESTS:
        assert len(row.compute(b"text")) == row.size
        assert row.fits(row.compute(b"text"), b"text")
        assert not row.fits(bytes(row.size), b"text")
    assert not WRONG_DIGESTS[4].fits(keccak_256(bytes(10_000)), bytes(10_000)), "too long to be tried"


@pytest.mark.parametrize(
    "text", ["[" * (MAX_LEVELS + 1) + "]" * (MAX_LEVELS + 1), f'"{"a" * 70_000}"', "[1" + ",1" * 9_000 + "]"]
)
def test_what_is_too_large_is_not_modelled(text: str) -> None:
    source = Source(Json.read(text))
    assert not Renderings(source).is_modelled
    assert [*Renderings(source).named()] == [*Renderings(source).combined()] == []
    assert len([*variations(source)]) > 15


def test_positions_that_change_nothing_are_not_combined() -> None:
    plain = [entry.name for entry in Renderings(Source(Json.read('{"a":"b"}'))).combined()]
    assert "spaced" in plain
    assert not [name for name in plain if "+" in name]
    rich = [entry.name for entry in Renderings(Source(Json.read('{"b":1.0,"a":"<é>"}'))).combined()]
    assert "spaced+sorted+ascii+python" in rich
    assert len(rich) == len(set(rich))
