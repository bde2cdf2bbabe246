"""The comparison of outputs: what differs is shown, every planted rule is found, nothing makes it raise."""

import json
from typing import Any

import pytest
from dispatch_conformance.diagnose import Certainty, Difference, compare_outputs, narrowed
from dispatch_conformance.diagnose.extractions import EXTRACTION, extraction
from dispatch_conformance.diagnose.outputs import PARTS
from dispatch_conformance.diagnose.rules import RIGHT, Option
from dispatch_conformance.diagnose.sentiments import CLASSIFICATION, classification
from dispatch_conformance.diagnose.summaries import SUMMARY, summary
from dispatch_conformance.diagnose.wordcounts import WORD_COUNT, word_count
from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import join_surrogates
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import TaskType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mutants.catalogue import DEFECTS
from tests.protocol.strategies import any_text, json_values

SUMMARIES = [
    "  leading, a\ttab, a no-break\u00a0space \n and  two blanks ",
    "x" * 200,
    "y" * 199 + "\U0001f600" + " more words" * 5,
    "\U0001f600" * 150 + " a b",
    "e\u0301\ufeffb \x85 c\x1cd\x1ff\u2007g\u202fh",
    " \t ",
    "word  " * 60,
    "na\u00efve caf\u00e9, " * 30,
    "ONE Two three\rfour\v",
    "a\x1cb\x1fc",
    "\u00a0a b\u3000",
    "\x01 a b",
]
SENTIMENTS = [
    "This is GOOD, goodness and great",
    "bad but best, wonderful",
    "I love love love it; amazing excellent happy great",
    "nothing",
    "good bad",
    "sadly fantastic",
    "xgoodx terrible awful hate horrible",
    "EXCELLENT and AMAZ\u0130NG \u212aind",
    "good great excellent",
    "INSIPID but HORRIBLE",
    "the wor\u017ft of all",
]
EXTRACTS = [
    '{"a":{"b":{"c":1}}} {"x":1}',
    '{"a":1} {bad} {"b":2}',
    '{"s":"}{"} {"q":{"r":[1.50,2]}}',
    '{"a":1,"b":2,"a":3} {"n":1e400}',
    '{"n":NaN} {"t":"tab\there"}',
    '{"a":1}{"a":1} {}',
    'text {"k":{"v":"x"}} more {\'a\':1} {"t":1,}',
    '{"w":{"x":{"y":{"z":0}}}}',
    '{"alone":true}',
    '{"one":\n1} {"two":2}',
]
INPUTS = {TaskType.SUMMARIZE: SUMMARIES, TaskType.CLASSIFY: SENTIMENTS, TaskType.EXTRACT_JSON: EXTRACTS}


def compared(task_type: str, text: str, **wrong: Any) -> tuple[Difference, ...]:
    """The right output against the same with members replaced."""
    right = run_task(task_type, text)
    return compare_outputs(task_type, text, Json.of(right), Json.of({**right, **wrong}))


def test_the_first_options_are_the_tasks_themselves() -> None:
    def acts(switches: Any) -> list[Any]:
        return [switch[0].act for switch in switches]

    for text in SUMMARIES:
        right = run_task("summarize", text)
        assert summary(text, *acts(SUMMARY)) == right["summary"]
        assert word_count(text, *acts(WORD_COUNT)) == right["word_count"]
    for text in SENTIMENTS:
        assert classification(text, *acts(CLASSIFICATION)) == [*run_task("classify", text).values()]
    for text in EXTRACTS:
        assert stringify(extraction(text, *acts(EXTRACTION))) == stringify(
            [*run_task("extract_json", text).values()]
        )


def test_names_are_unique_within_a_task_and_options_say_what_they_do() -> None:
    for parts in PARTS.values():
        for part in parts:
            options = [option for switch in part.switches for option in switch if option.name != RIGHT]
            assert len({option.name for option in options}) == len(options)
            assert all(option.says and option.mend and option.says[-1] != "." for option in options)
            assert all(f"{option.says}{option.mend}".isascii() for option in options)
            assert all(switch[0].name == RIGHT for switch in part.switches)


def planted() -> list[tuple[str, int, Option]]:
    """Every wrong option of every switch, with the task and the part that it belongs to."""
    return [
        (task_type, place, option)
        for task_type, parts in PARTS.items()
        for place, part in enumerate(parts[:2] if task_type == TaskType.SUMMARIZE else parts[:1])
        for switch in part.switches
        for option in switch[1:]
    ]


@pytest.mark.parametrize(
    ("task_type", "place", "option"), planted(), ids=lambda value: getattr(value, "name", None)
)
def test_every_planted_rule_is_found(task_type: TaskType, place: int, option: Option) -> None:
    part = PARTS[task_type][place]
    acts = [option.act if option in switch else switch[0].act for switch in part.switches]
    seen = 0
    for text in INPUTS[task_type]:
        try:
            values: Any = part.value(text, *acts)
            stringify(values)
        except (ValueError, UsageError):
            continue
        wrong = dict(zip(part.members, values if len(part.members) > 1 else [values], strict=True))
        found = compared(task_type, text, **wrong)
        named = {guess.name for difference in found for guess in difference.guesses}
        assert option.name in named or not found or len(named) == 8
        seen += option.name in named
    assert seen


DIFFERENT = {"blank-refused", "refuses-classify"}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, mutant in DEFECTS.items()
        if str(mutant.clause).startswith("W-OUT") and name not in DIFFERENT
    ],
)
def test_every_mutant_that_computes_wrongly_is_shown(name: str) -> None:
    worker = object.__new__(DEFECTS[name].program)
    shown: list[Difference] = []
    for task_type, texts in INPUTS.items():
        for text in texts:
            right, sent = run_task(task_type, text), worker.compute(task_type, text)
            actual = Json.read(json.dumps(sent).replace("Infinity", "1e400").replace("NaN", "null"))
            found = compare_outputs(task_type, text, Json.of(right), actual)
            assert bool(found) is (stringify(right) != actual.canonical)
            shown += found
    assert shown
    by_shape = ("swapped", "with-", "as-list")
    assert any(difference.guesses for difference in shown) or any(part in name for part in by_shape)


@pytest.mark.parametrize(
    ("text", "wrong", "said"),
    [
        ("\U0001f600" * 150, "\U0001f600" * 150, "counts code points; the clause counts UTF-16 code units"),
        ("\u00e9" * 150, "\u00e9" * 100 + "...", "counts bytes of UTF-8"),
        ("  a  ", "a", "trims the input first"),
        ("ab" * 101, "ab" * 100 + "\u2026", "one ellipsis (U+2026)"),
        ("ab" * 101, "ab" * 98 + "a...", "cuts after 197"),
        ("a" * 199 + "\U0001f600", "a" * 199 + "\ufffd...", "U+FFFD for half a surrogate pair"),
        ("e\u0301" * 120, "e\u0301" * 120, "as a reader sees them"),
    ],
)
def test_summaries(text: str, wrong: str, said: str) -> None:
    (difference,) = compared("summarize", text, summary=wrong)
    assert difference.place == "$.summary"
    assert said in " ".join(guess.text for guess in difference.guesses)


@pytest.mark.parametrize(
    ("text", "count", "name"),
    [
        ("a b\x1cc", 3, "python-blanks"),
        ("a b\x85c", 3, "unicode-blanks"),
        ("a\u00a0b", 1, "ascii-blanks"),
        (" a b ", 4, "untrimmed"),
        ("a  b", 3, "singly"),
        ("  ", 0, "blank-is-0"),
        ("don't stop", 3, "words"),
        ("ab cd", 5, "code-points"),
    ],
)
def test_word_counts(text: str, count: int, name: str) -> None:
    (difference,) = compared("summarize", text, word_count=count)
    assert (
        difference.text == f"It is {count}; the right value is {run_task('summarize', text)['word_count']}."
    )
    assert name in [guess.name for guess in difference.guesses]


@pytest.mark.parametrize(
    ("confidence", "name"),
    [
        (0.9, "rounded-2"),
        (0.9, "tenths"),
        (0.9000000357627869, "single-precision"),
        (0.90000004, "single-precision-text"),
        (90, "percent"),
    ],
)
def test_confidences(confidence: float, name: str) -> None:
    (difference,) = compared("classify", "good great excellent", confidence=confidence)
    assert name in [guess.name for guess in difference.guesses]


def test_one_mistake_that_explains_two_members_is_named_for_both() -> None:
    first, second = compared("classify", "sadly wonderful", sentiment="positive", confidence=0.5)
    assert first.guesses == second.guesses
    assert {"whole-words", "tokens"} <= {guess.name for guess in first.guesses}
    assert "`sentiment` and `confidence`" in first.guesses[0].text


def test_several_jobs_narrow_the_rule_down() -> None:
    cases = [
        compared("summarize", text, word_count=count)[0].guesses
        for text, count in (("a\u00a0b c", 2), ("a\u2003b \x1cc\x0bd\u00a0e", 3))
    ]
    assert len(cases[0]) > 3
    assert [guess.name for guess in narrowed(cases)] == ["ascii-blanks"]
    assert narrowed(cases)[0].certainty is Certainty.PROVED


@pytest.mark.parametrize(
    ("expected", "actual", "place", "said"),
    [
        (
            '"a\\ud83d\\ude00b"',
            '"a\\ud83d\\ude00c"',
            "$",
            "At index 3 it has U+0063 where the right string has U+0062",
        ),
        ('"\\ud83d\\ude00"', '"\\ud83d"', "$", "At index 0 it has U+D83D where the right string has U+1F600"),
        ('"ab"', '"a"', "$", "At index 1 it has its end where the right string has U+0062"),
        ('"a"', "1", "$", "It is a number; the right value is a string."),
        ("1", "true", "$", "It is true or false; the right value is a number."),
        ("[1,2]", "[1]", "$", "The list has 1 entries; the right one has 2."),
        ('{"a":[{"b":1}]}', '{"a":[{"b":2}]}', "$.a[0].b", "It is 2; the right value is 1."),
        ('{"a":1}', "{}", "$", "The object lacks `a`."),
        ("{}", '{"a\\n":1}', "$", "The object has `a\\n` besides the right members."),
        (
            '{"a":1,"b":2}',
            '{"b":2,"a":1}',
            "$",
            "stand in the order `b` and `a`; the right order is `a` and `b`",
        ),
        ("{}", json.dumps(dict.fromkeys("abcdefghijk")), "$", "`h` and 3 more besides"),
        ("null", "{}", "$", "It is an object; the right value is null."),
    ],
)
def test_differences(expected: str, actual: str, place: str, said: str) -> None:
    (difference,) = compare_outputs("none of the tasks", "", Json.read(expected), Json.read(actual))
    assert difference.place == place
    assert said in difference.text


def test_equal_canonical_texts_do_not_differ() -> None:
    assert compare_outputs("summarize", "", Json.read('{"1":1.0, "a":2}'), Json.read('{"a":2e0,"1":1}')) == ()


def test_depth_and_number_are_bounded() -> None:
    deep = [Json.read('{"a":' * 5_000 + leaf + "}" * 5_000) for leaf in "12"]
    (difference,) = compare_outputs("extract_json", "{}", *deep)
    assert difference.place.endswith("...")
    assert len(difference.place) < 100
    wide = [Json.of([start + place for place in range(5_000)]) for start in (0, 1)]
    assert len(compare_outputs("summarize", "", *wide)) == 20


@settings(max_examples=60)
@given(st.sampled_from([*TaskType, "other"]), any_text, json_values, json_values)
def test_nothing_makes_it_raise(task_type: str, text: str, expected: JsonValue, actual: JsonValue) -> None:
    for difference in compare_outputs(task_type, text, Json.of(expected), Json.of(actual)):
        said = [difference.text, difference.place, difference.expected, difference.actual]
        assert all(part.isascii() and "\n" not in part for part in said)


@settings(max_examples=60)
@given(any_text, st.sampled_from([*TaskType]), st.data())
def test_nothing_makes_it_raise_on_outputs_of_tasks(text: str, task_type: str, data: st.DataObject) -> None:
    right = run_task(task_type, text)
    name = data.draw(st.sampled_from([*right]))
    wrong = Json.of({**right, name: data.draw(json_values)})
    found = compare_outputs(task_type, text, Json.of(right), wrong)
    assert bool(found) is (wrong != Json.of(right))


@pytest.mark.parametrize(
    "text", ["{" * 20_000, "{}" * 20_000, '{"' * 20_000, "{" + "{x}" * 9_000, "\U0001f600" * 20_000]
)
@pytest.mark.parametrize("task_type", [*TaskType])
def test_hostile_inputs_are_compared(task_type: str, text: str) -> None:
    wrong = dict.fromkeys(run_task(task_type, text), -7)
    assert compared(task_type, join_surrogates(text), **wrong)
