"""Which clause a wrong output breaks: one mistake is charged by its own clause, and no harder than it is."""

from itertools import combinations
from typing import Final

import pytest
from dispatch_conformance.diagnose.outputs import PARTS
from dispatch_conformance.diagnose.suspects import LONGEST, Output, Suspects, mistakes
from dispatch_conformance.exchanges import shipped
from dispatch_conformance.reference import CHECKS, SPECIAL, decided, faults, held_to
from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.tasks import DESKTOP_WORDS, SHARED_WORDS, TaskRequest, run_task
from dispatch_protocol.vocabulary import TaskType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mutants import ecmascript
from tests.mutants.catalogue import DEFECTS
from tests.protocol.strategies import any_text, json_values

SUMMARIZE, CLASSIFY, EXTRACT = TaskType.SUMMARIZE, TaskType.CLASSIFY, TaskType.EXTRACT_JSON
SEVERAL: Final = {"parses-on"}
"""Options that break several clauses at once."""


def right(task: TaskType, *texts: str) -> list[Output]:
    """Right outputs for these inputs."""
    return [Output(task, text, run_task(task, text)) for text in texts]


def after(*outputs: Output) -> Suspects:
    """What these outputs leave open."""
    suspects = Suspects()
    suspects.note(outputs)
    return suspects


@pytest.mark.parametrize(
    ("task", "text", "output", "check"),
    [
        (CLASSIFY, "goodness", {"sentiment": "neutral", "confidence": 0.3}, "substrings"),
        (CLASSIFY, "good good good", {"sentiment": "positive", "confidence": 0.9000000000000001}, "once"),
        (CLASSIFY, "GREAT", {"sentiment": "neutral", "confidence": 0.3}, "case"),
        (CLASSIFY, "TERRIBLE", {"sentiment": "neutral", "confidence": 0.3}, "case"),
        (CLASSIFY, "bad terrible awful", {"sentiment": "negative", "confidence": 0.90000004}, "doubles"),
        (CLASSIFY, "good", {"sentiment": "positive", "confidence": 0.7}, "confidence"),
        (CLASSIFY, "good bad", {"sentiment": "positive", "confidence": 0.3}, "sentiment"),
        (CLASSIFY, "GREAT and best", {"sentiment": "neutral", "confidence": 0.3}, "second_list"),
        (CLASSIFY, "best", {"sentiment": "positive", "confidence": 0.7}, "second_list"),
        (EXTRACT, '{"a":1} {b}', {"extracted": [{"a": 1}, "{b}"], "count": 2}, "skips_faults"),
        (EXTRACT, '{"a":NaN}', {"extracted": [{"a": None}], "count": 1}, "skips_faults"),
        (
            EXTRACT,
            '{"a":{"b":{"c":{}}}} {}',
            {"extracted": [{"a": {"b": {"c": {}}}}, {}], "count": 2},
            "depth",
        ),
        (EXTRACT, '{"a":{"b":1}}', {"extracted": [{"b": 1}], "count": 1}, "depth"),
        (EXTRACT, '{"a":"}"} {"b":1}', {"extracted": [{"a": "}"}, {"b": 1}], "count": 2}, "strings"),
        (EXTRACT, '{"a":1,"a":2}', {"extracted": [{"a": 1}], "count": 1}, "repeated_names"),
        (EXTRACT, '{"a":1}', {"extracted": ['{"a":1}'], "count": 1}, "extracted"),
        (EXTRACT, '{"a":1}', {"extracted": [{"a": 1}], "count": 2}, "count"),
        (SUMMARIZE, "  \U0001f600", {"summary": "\U0001f600", "word_count": 1}, "summary_short"),
        (SUMMARIZE, "  \ud83d\ude00", {"summary": "\U0001f600", "word_count": 1}, "summary_short"),
        (SUMMARIZE, "漢" * 201, {"summary": "漢" * 66 + "...", "word_count": 1}, "summary_units"),
        (SUMMARIZE, "a  b\u3000c", {"summary": "a  b\u3000c", "word_count": 4}, "word_count"),
    ],
)
def test_one_mistake_is_charged_by_its_clause(
    task: TaskType, text: str, output: JsonValue, check: str
) -> None:
    (fault,) = faults(task, text, output)
    assert fault.check == check
    assert fault.also == ()


def test_of_several_mistakes_the_general_clause_is_charged_and_all_are_named() -> None:
    (fault,) = faults(CLASSIFY, "good great love", {"sentiment": "positive", "confidence": 0.9})
    assert fault.check == "confidence"
    assert fault.also == ("doubles",)
    assert "W-OUT-15" in fault.message


def test_a_right_output_rules_out_what_would_have_shown_in_it() -> None:
    text = "good great love"
    output: JsonValue = {"sentiment": "positive", "confidence": 0.9}
    suspects = after(*right(CLASSIFY, "good great love happy"))  # 1: capped neither at 0.9 nor below
    assert [fault.check for fault in faults(CLASSIFY, text, output, suspects)] == ["doubles"]
    stops: JsonValue = {"extracted": [{"a": 1}], "count": 1}
    text = '{"a":1} {b} {"c":2}'
    assert [fault.check for fault in faults(EXTRACT, text, stops)] == ["extracted"]
    suspects = after(*right(EXTRACT, '{"a":1} and {"b":2}'))
    assert [fault.check for fault in faults(EXTRACT, text, stops, suspects)] == ["skips_faults"]
    nothing: JsonValue = {"extracted": [], "count": 0}
    assert [fault.check for fault in faults(EXTRACT, text, nothing, suspects)] == ["skips_faults"]


def test_a_mistake_that_was_shown_explains_what_others_would_as_well() -> None:
    text = "good good"
    output: JsonValue = {"sentiment": "positive", "confidence": 0.7}
    assert [fault.check for fault in faults(CLASSIFY, text, output)] == ["confidence"]
    shown = Output(CLASSIFY, "good good good", {"sentiment": "positive", "confidence": 0.9000000000000001})
    assert [fault.check for fault in faults(CLASSIFY, text, output, after(shown))] == ["once"]


def test_blank_inputs_say_nothing_of_mistakes_in_others() -> None:
    suspects = after(*right(SUMMARIZE, " "))  # a worker may well leave it alone, and trim the rest
    found = faults(SUMMARIZE, " \U0001f600", {"summary": "\U0001f600", "word_count": 1}, suspects)
    assert [fault.check for fault in found] == ["summary_short"]


def test_two_mistakes_at_once_are_charged_by_member() -> None:
    found = faults(CLASSIFY, "goodness GREAT", {"sentiment": "NEUTRAL", "confidence": 0.1})
    assert [fault.check for fault in found] == ["sentiment", "confidence"]


def test_right_outputs_say_what_they_were_held_to() -> None:
    plain = after(*right(CLASSIFY, "good"))
    assert not held_to(plain) & {"substrings", "once", "case", "doubles"}
    special = after(*right(CLASSIFY, "ungoodness", "good good", "GREAT", "bad terrible awful"))
    assert held_to(special) >= set(SPECIAL[CLASSIFY])
    special = after(*right(EXTRACT, "{b} {}", '{"a":{"b":{}}}', '{"a":"}"}', '{"a":1,"a":2}'))
    assert held_to(special) >= set(SPECIAL[EXTRACT])
    wrong = Output(CLASSIFY, "goodness", {"sentiment": "neutral", "confidence": 0.3})
    assert not after(wrong).held_to


@pytest.mark.parametrize("size", range(7))
def test_who_knows_a_part_of_the_second_list_breaks_no_must(size: int) -> None:
    second = [word for word in DESKTOP_WORDS if word not in SHARED_WORDS]
    texts = [
        "best sad",
        "wonderful wonderful sad",
        "GOOD fantastic poor",
        "bestow love",
        "sadly disappointing",
    ]
    for known in combinations(second, size):
        words = dict(SHARED_WORDS) | {word: DESKTOP_WORDS[word] for word in known}
        for text in texts:
            score = sum(weight for word, weight in words.items() if word in text.lower())
            sign = "positive" if score > 0 else "negative" if score < 0 else "neutral"
            output: JsonValue = {"sentiment": sign, "confidence": min(1.0, abs(score) * 0.2 + 0.3)}
            assert {fault.check for fault in faults(CLASSIFY, text, output)} <= {"second_list"}


def test_every_option_names_its_clause_and_every_special_check_has_one() -> None:
    for task, parts in PARTS.items():
        options = [option for part in parts for switch in part.switches for option in switch[1:]]
        assert {option.name for option in options if not option.clause} <= SEVERAL
        laws = {option.clause for option in options if option.clause}
        assert all(clause(law).id.startswith("W-OUT") for law in laws)
        assert {CHECKS[name] for name in SPECIAL[TaskType(task)]} <= laws


def test_the_recordings_are_held_to_what_their_replay_declares() -> None:
    from dispatch_conformance.replay import recorded

    requests = [request for entry in shipped() if isinstance(request := entry.request, TaskRequest)]
    outputs = [output for entry in requests for output in right(entry.task_type, entry.input)]
    assert held_to(after(*outputs)) <= recorded.checks.keys()


COMPUTED = [
    name
    for name, mutant in DEFECTS.items()
    if str(mutant.clause).startswith("W-OUT") and mutant.clause not in {"W-OUT-1", CHECKS["blank_others"]}
]


@pytest.mark.parametrize("name", COMPUTED)
def test_a_broken_worker_is_charged_what_it_declares_on_recorded_inputs(name: str) -> None:
    mutant = DEFECTS[name]
    worker = object.__new__(mutant.program)
    requests = [request for entry in shipped() if isinstance(request := entry.request, TaskRequest)]
    outputs = []
    for task, text in ((entry.task_type, entry.input) for entry in requests):
        sent = ecmascript.write(worker.compute(task, text))
        outputs.append(Output(task, text, Json.read(sent).value))
    suspects = after(*outputs)
    found = [fault for output in outputs for fault in faults(*output, suspects)]
    assert {CHECKS[fault.check] for fault in found} <= {mutant.clause, *mutant.collateral}


@settings(max_examples=60)
@given(st.sampled_from([*TaskType]), any_text, json_values, st.data())
def test_nothing_makes_it_raise(task: TaskType, text: str, value: JsonValue, data: st.DataObject) -> None:
    expected = run_task(task, text)
    member = data.draw(st.sampled_from([*expected]))
    output = {**expected, member: value}
    suspects = after(Output(task, text, output), Output(task, text, value))
    found = faults(task, text, output, suspects)
    assert bool(found) is (stringify(output) != stringify(expected))
    assert all(fault.check in CHECKS for fault in found)
    assert set(decided(task, text)) <= CHECKS.keys()


def test_long_inputs_are_charged_in_general() -> None:
    text = "GREAT" + "x" * LONGEST
    (first, second) = faults(CLASSIFY, text, {"sentiment": "neutral", "confidence": 0.3})
    assert (first.check, second.check) == ("sentiment", "confidence")
    assert not after(*right(CLASSIFY, text)).held_to


def test_what_is_left_never_grows() -> None:
    suspects = Suspects()
    for text in ("good", "bad terrible awful", "GREAT goodness good", "İ"):
        before = suspects.held_to.copy()
        suspects.note(right(CLASSIFY, text))
        assert before <= suspects.held_to <= {entry.clause for entry in mistakes(CLASSIFY)}
