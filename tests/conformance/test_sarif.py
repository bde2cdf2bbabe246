"""report.sarif: valid, with results that stay the same from run to run, and inert."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from dispatch_conformance.report.sarif import BASE, message, sarif
from dispatch_conformance.verdicts import Verdict
from hypothesis import given
from hypothesis import strategies as st

from tests import npm
from tests.conformance.varied_report import many, silent, varied
from tests.public_schemas import faults, sarif_validator

needs_npm = pytest.mark.skipif(bool(npm.absent()), reason=f"not installed: {', '.join(npm.absent())}")


def run_of(report: Any) -> Any:
    (run,) = json.loads(sarif(report))["runs"]
    return run


@needs_npm
@pytest.mark.parametrize("made", [varied, silent, lambda: many(100)])
def test_it_fits_the_public_schema(made: Any) -> None:
    assert faults(sarif_validator(), json.loads(sarif(made()))) == []


@needs_npm
def test_the_schema_refuses_what_is_none() -> None:
    log = json.loads(sarif(varied()))
    log["runs"][0]["results"][0]["level"] = "dreadful"
    assert faults(sarif_validator(), log)


def test_rules_are_clauses_and_results_name_them() -> None:
    run = run_of(varied())
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == 7
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in rules}
    assert (levels["W-OUT-3"], levels["W-RCP-8"]) == ("error", "warning")
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_only_broken_clauses_are_results() -> None:
    run = run_of(varied())
    found = {result["properties"]["check"]: result["level"] for result in run["results"]}
    assert found == {"area.fails": "error", "area.known": "error", "area.warns": "warning"}
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["level"] for note in notes] == ["error", "note", "warning"]
    assert notes[1]["associatedRule"]["id"] == "W-KEY-1"


def test_a_place_is_the_line_of_an_event_in_its_transcript() -> None:
    result = run_of(varied())["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "transcripts/area.scenario.jsonl", "uriBaseId": BASE}
    assert place["region"]["startLine"] == 3  # event 1, behind the header and event 0
    assert [entry["physicalLocation"]["region"]["startLine"] for entry in result["relatedLocations"]] == [4]
    (logical,) = result["locations"][0]["logicalLocations"]
    assert logical["fullyQualifiedName"] == "area.fails"


def test_what_no_frame_shows_is_placed_in_the_results() -> None:
    report = varied()
    bare = replace(report, results=tuple(replace(result, evidence=()) for result in report.results))
    place = run_of(bare)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "results.json"


def test_fingerprints_are_of_the_check_and_its_clause_alone() -> None:
    first, second = varied(), varied(pubkey="another", seconds=9.0)
    second = replace(second, settings=replace(second.settings, seed=99))
    second = replace(second, results=tuple(replace(result, message="other") for result in second.results))
    prints = [[entry["partialFingerprints"] for entry in run_of(made)["results"]] for made in (first, second)]
    assert prints[0] == prints[1]
    assert len({entry["checkAndClause/v1"] for entry in prints[0]}) == 3
    other = replace(first, results=tuple(replace(result, id=f"{result.id}2") for result in first.results))
    assert not {entry["checkAndClause/v1"] for entry in prints[0]} & {
        entry["partialFingerprints"]["checkAndClause/v1"] for entry in run_of(other)["results"]
    }


def test_a_baseline_tells_the_known_from_the_new() -> None:
    run = run_of(varied())
    states = {result["properties"]["check"]: result["baselineState"] for result in run["results"]}
    assert states == {"area.fails": "new", "area.known": "unchanged", "area.warns": "new"}
    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert [result["properties"]["check"] for result in suppressed] == ["area.known"]
    (stale,) = run["invocations"][0]["toolConfigurationNotifications"]
    assert "area.gone fails no more" in stale["message"]["text"]
    report = varied()
    without = run_of(replace(report, settings=replace(report.settings, baseline="")))
    assert not [result for result in without["results"] if "baselineState" in result]


def test_the_invocation_says_how_the_run_went() -> None:
    (invocation,) = run_of(varied(seconds=61.5, exit_code=1, errors=()))["invocations"]
    assert invocation["commandLine"].startswith("dispatch-conformance run --worker ")
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (1, True)
    assert invocation["startTimeUtc"] < invocation["endTimeUtc"]
    (failed,) = run_of(silent(2))["invocations"]
    assert failed["executionSuccessful"] is False


def test_runs_of_one_worker_are_of_one_kind() -> None:
    kinds = [run_of(varied())["automationDetails"]["id"].rpartition("/")[0] for _ in range(2)]
    assert kinds[0] == kinds[1]
    report = varied()
    other = run_of(replace(report, settings=replace(report.settings, command="another")))
    assert other["automationDetails"]["id"].rpartition("/")[0] != kinds[0]


def texts(content: Any) -> list[str]:
    """Every message of a log."""
    if isinstance(content, dict):
        own = [content["text"]] if isinstance(content.get("text"), str) else []
        return own + [text for value in content.values() for text in texts(value)]
    return [text for value in content for text in texts(value)] if isinstance(content, list) else []


def test_no_message_has_placeholders_links_or_hidden_letters() -> None:
    found = texts(run_of(varied()))
    assert len(found) > 20
    for text in found:
        assert re.search(r"(?<!\{)\{(?:\{\{)*(?!\{)|\]\(", text) is None
        assert all(letter == "\n" or letter.isprintable() for letter in text)


@given(st.text(st.characters(codec=None)))
def test_a_message_keeps_its_letters(text: str) -> None:
    shown = message(text)["text"]
    assert shown.isprintable()
    assert shown
    assert "](" not in shown
    assert shown.replace("{{", "").count("{") == 0
    assert shown.replace("}}", "").count("}") == 0


def test_very_many_failures_stay_bounded() -> None:
    report = many(300)
    text = sarif(report)
    assert len(run_of(report)["results"]) == 300
    assert all(result.verdict is Verdict.FAIL for result in report.results)
    assert len(text) < 2_000_000
