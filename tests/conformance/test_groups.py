"""What belongs together in a report: one mistake once, one reason once, and nothing lost."""

import pytest
from dispatch_conformance.diagnose import Certainty, Guess
from dispatch_conformance.report.causes import Cause
from dispatch_conformance.report.groups import failures, generality, silences
from dispatch_conformance.verdicts import CheckResult, Verdict
from dispatch_protocol.clauses import Level

GO = Cause("hash", (), (Guess("Go", Certainty.PROVED, "", "go"),))
UNKNOWN = Cause("hash", (), (Guess("Nothing", Certainty.UNKNOWN),))


def result(check: str, clause: str, verdict: Verdict = Verdict.FAIL, message: str = "m") -> CheckResult:
    return CheckResult(
        id=check,
        clause=clause,
        level=Level.MUST,
        verdict=verdict,
        message=message,
        expected="e",
        actual="a",
        evidence=(),
        scenario=f"{check.partition('.')[0]}.scenario",
    )


def test_the_question_asked_on_purpose_comes_first_and_the_others_are_listed() -> None:
    checks = ["transcript.W-CAN-2", "replay.hash", "fuzz.hash", "hashes.plain", "life.stays"]
    found = failures([result(check, "W-CAN-2") for check in checks], {})
    assert [entry.best.id for entry in found] == ["hashes.plain"]
    assert [entry.id for entry in found[0].same] == [
        "replay.hash",
        "fuzz.hash",
        "transcript.W-CAN-2",
        "life.stays",
    ]


def test_one_mistake_in_several_clauses_is_one_failure_led_by_the_most_precise() -> None:
    results = [
        result("hashes.plain", "W-CAN-2"),
        result("hashes.compact", "W-CAN-3"),
        result("transcript.W-RCP-4", "W-RCP-4"),
    ]
    found = failures(results, {(entry.id, entry.clause): GO for entry in results})
    assert len(found) == 1
    assert found[0].best.clause == "W-CAN-3"
    assert {entry.clause for entry in found[0].follow} == {"W-CAN-2", "W-RCP-4"}


@pytest.mark.parametrize("cause", [Cause(), UNKNOWN])
def test_what_is_not_explained_stands_alone(cause: Cause) -> None:
    results = [result("a.b", "W-CAN-2"), result("a.c", "W-CAN-3")]
    assert len(failures(results, {(entry.id, entry.clause): cause for entry in results})) == 2


def test_nothing_is_lost_and_warnings_come_first() -> None:
    results = [
        result("a.b", "W-REG-3"),
        result("a.c", "W-REG-4", Verdict.WARN),
        result("a.d", "W-REG-4", Verdict.PASS),
        result("transcript.W-REG-3", "W-REG-3"),
    ]
    found = failures(results, {})
    assert [entry.verdict for entry in found] == [Verdict.WARN, Verdict.FAIL]
    told = [check.id for entry in found for check in (entry.best, *entry.same, *entry.follow)]
    assert sorted(told) == ["a.b", "a.c", "transcript.W-REG-3"]


def test_a_mistake_that_warns_and_fails_fails() -> None:
    results = [result("a.b", "W-OUT-16", Verdict.WARN), result("transcript.W-OUT-10", "W-OUT-10")]
    found = failures(results, {(entry.id, entry.clause): GO for entry in results})
    assert [(entry.best.id, entry.verdict) for entry in found] == [("a.b", Verdict.FAIL)]


def test_silences_of_one_reason_are_one_paragraph() -> None:
    results = [
        result("a.b", "W-OUT-3", Verdict.NOT_TESTABLE, "gone"),
        result("a.c", "W-OUT-4", Verdict.NOT_TESTABLE, "gone"),
        result("a.d", "W-OUT-5", Verdict.NOT_TESTABLE, "other"),
        result("b.e", "W-OUT-6", Verdict.NOT_TESTABLE, "gone"),
        result("a.f", "W-OUT-7", Verdict.INCONCLUSIVE, "gone"),
    ]
    found = silences(results, Verdict.NOT_TESTABLE)
    assert [[entry.id for entry in silence.results] for silence in found] == [
        ["a.b", "a.c"],
        ["a.d"],
        ["b.e"],
    ]


def test_areas_are_known() -> None:
    ordered = ("hashes", "replay", "fuzz", "end_to_end", "transcript", "life")
    assert [generality(f"{area}.x") for area in ordered] == [*range(6)]


def test_what_is_explained_comes_before_what_is_not() -> None:
    results = [result("end_to_end.verified", "W-SIG-2"), result("transcript.W-SIG-2", "W-SIG-2")]
    found = failures(results, {("transcript.W-SIG-2", "W-SIG-2"): GO})
    assert [entry.best.id for entry in found] == ["transcript.W-SIG-2"]


def test_an_unexplained_clause_joins_the_only_mistake_of_its_kind() -> None:
    results = [result("transcript.W-SIG-1", "W-SIG-1"), result("end_to_end.verified", "W-SIG-2")]
    hexadecimal = Cause("signature", (), GO.guesses)
    found = failures(results, {("transcript.W-SIG-1", "W-SIG-1"): hexadecimal})
    assert [(entry.best.clause, [other.clause for other in entry.follow]) for entry in found] == [
        ("W-SIG-1", ["W-SIG-2"])
    ]
    assert len(failures(results, {("transcript.W-SIG-1", "W-SIG-1"): GO})) == 2
