"""junit.xml: valid, complete, inert, and never green for a run that is not."""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from dispatch_conformance.report.junit import junit
from dispatch_conformance.report.lines import entry_lines
from dispatch_conformance.report.model import Report
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.clauses import Level, requirement_hash
from hypothesis import given
from hypothesis import strategies as st

from tests import npm
from tests.conformance.varied_report import HOSTILE, many, silent, varied
from tests.public_schemas import junit_schema

needs_npm = pytest.mark.skipif(bool(npm.absent()), reason=f"not installed: {', '.join(npm.absent())}")


def parsed(report: Report) -> Element:
    return fromstring(junit(report).encode("utf-8"))


def outcomes(report: Report) -> dict[str, str]:
    """What each case is, by its name: `passed`, `failure`, `error` or `skipped`."""
    found = {}
    for case in parsed(report).iter("testcase"):
        kinds = [part.tag for part in case if part.tag in {"failure", "error", "skipped"}]
        found[str(case.get("name"))] = kinds[0] if kinds else "passed"
    return found


@needs_npm
@pytest.mark.parametrize("made", [varied, silent, lambda: many(300), lambda: silent(0)])
def test_it_fits_the_public_schema(made: Any) -> None:
    junit_schema().validate(junit(made()))


@needs_npm
def test_the_schema_refuses_what_is_none() -> None:
    assert not junit_schema().is_valid(
        junit(varied()).replace("<testcase", "<case").replace("/testcase", "/case")
    )


def test_every_verdict_becomes_what_ci_servers_make_of_it() -> None:
    assert outcomes(varied()) == {
        "area.passes W-OUT-1": "passed",
        "area.fails W-OUT-3": "failure",
        "area.known W-OUT-5": "skipped",
        "area.warns W-RCP-8": "passed",
        "other.open W-SIG-2": "error",
        "other.absent W-LLM-1": "skipped",
        "other.untestable W-KEY-1": "skipped",
        "the suite's own failure 1": "error",
        "area.gone W-OUT-1": "failure",
    }


def test_what_is_known_is_skipped_with_its_reason_and_told_all_the_same() -> None:
    cases = {case.get("name"): case for case in parsed(varied()).iter("testcase")}
    known = cases["area.known W-OUT-5"]
    assert (known.findtext("skipped") or "").startswith("known: ")
    assert "clause    " in (known.findtext("system-out") or "")


def test_a_warning_fails_where_the_run_has_it_so() -> None:
    report = varied()
    strict = replace(report, settings=replace(report.settings, level=Level.SHOULD))
    assert outcomes(strict)["area.warns W-RCP-8"] == "failure"


def test_what_a_baseline_excuses_is_no_error() -> None:
    good = tuple(result for result in varied().results if result.verdict is not Verdict.FAIL)
    report = varied(results=good, errors=(), stale=(), exit_code=0)
    assert outcomes(report)["other.open W-SIG-2"] == "skipped"
    assert not [name for name, kind in outcomes(report).items() if kind in {"error", "failure"}]


def test_the_figures_are_those_of_the_cases() -> None:
    root = parsed(varied())
    for element in (root, *root.iter("testsuite")):
        cases = [*element.iter("testcase")]
        assert element.get("tests") == str(len(cases))
        for tag, name in (("failure", "failures"), ("error", "errors")):
            assert element.get(name) == str(sum(case.find(tag) is not None for case in cases))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "2", "2")


def test_a_failure_holds_all_that_is_known_of_it() -> None:
    failure = next(parsed(varied()).iter("failure"))
    assert failure.get("type") == "W-OUT-3 MUST"
    labels = [line.split(" ", 1)[0] for line in (failure.text or "").splitlines()]
    for label in ("clause", "found", "expected", "got", "mend", "evidence", "again", "see"):
        assert label in labels, label


def test_every_suite_says_where_it_comes_from() -> None:
    for suite in parsed(varied()).iter("testsuite"):
        found = {entry.get("name"): entry.get("value") for entry in suite.iter("property")}
        assert found["specification.requirements"] == requirement_hash()
        assert found["run.seed"] == "7"
        assert {"suite.version", "specification.version", "run.command", "host.platform"} <= set(found)


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_run_without_a_verdict_is_never_green(code: int) -> None:
    report = silent(code)
    assert outcomes(report) == {"conclusion": "error"}
    assert parsed(report).get("errors") == "1"


def test_nothing_hostile_is_left() -> None:
    text = junit(varied())
    assert all(letter == "\n" or letter.isprintable() for letter in text)
    assert "<script>" not in text
    assert "\\u0000\\u001b[2J\\ud800\\ufffe\\u202e\\u2028end" in text


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_parsed_again(text: str) -> None:
    report = varied(errors=(text,), last_words=text, reason=text, pubkey=text)
    assert parsed(report).get("tests") == "9"


def test_very_many_failures_stay_bounded() -> None:
    text = junit(many(300))
    assert text.count("<failure") == 301
    assert len(text) < 20_000_000


@pytest.mark.parametrize(("count", "shown"), [(1, 1_200), (400, 500), (2_000, 200)])
def test_the_more_is_broken_the_less_is_told_of_each(count: int, shown: int) -> None:
    made = many(count)
    report = replace(made, results=tuple(replace(result, message="x" * 9_000) for result in made.results))
    for lines in entry_lines(report).values():
        assert f"found     {'x' * shown}… (9000 characters)" in lines


def test_the_hostile_text_is_hostile() -> None:
    assert not HOSTILE.isprintable()
