"""Failures run again on fresh workers: deterministic or flaky, in every report."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from dispatch_conformance.cli import main
from dispatch_conformance.engine import Outcome
from dispatch_conformance.repeating import labelled, scenarios_of
from dispatch_conformance.report.entries import title
from dispatch_conformance.report.model import make_report
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.clauses import Level

from tests.conformance.test_report import EMPTY, SETTINGS, observed, outcome


def again(*verdicts: Verdict, error: str = "") -> Outcome:
    """As many repetitions as there are verdicts, and one in which the suite failed if there is an error."""
    runs = [outcome(observed(verdict)).runs[0] for verdict in verdicts]
    return Outcome(runs=[*runs, *(outcome(error=error).runs if error else [])])


@pytest.mark.parametrize(
    ("verdicts", "label"),
    [
        ([Verdict.FAIL] * 3, "deterministic (3 of 3)"),
        ([Verdict.FAIL, Verdict.PASS, Verdict.FAIL], "flaky (2 of 3)"),
        ([Verdict.PASS], "flaky (0 of 1)"),
        ([Verdict.NOT_TESTABLE, Verdict.FAIL], "flaky (1 of 2)"),
    ],
)
def test_a_failure_is_labelled_by_what_came_of_it_again(verdicts: list[Verdict], label: str) -> None:
    report = labelled(make_report(SETTINGS, outcome(observed()), [EMPTY]), again(*verdicts, error="a slip"))
    assert report.results[0].repeats is not None
    assert report.results[0].repeats.label == label
    assert title(report.results[0]).endswith(label)
    assert report.exit_code == 1


def test_what_did_not_fail_is_not_labelled() -> None:
    report = make_report(SETTINGS, outcome(observed(Verdict.PASS)), [EMPTY])
    assert labelled(report, again(Verdict.FAIL)).results[0].repeats is None
    assert scenarios_of(report, [EMPTY]) == ()


def test_what_fails_at_the_level_of_the_run_is_repeated() -> None:
    soft = replace(observed(), clause="W-OUT-8")
    strict = Settings(command="w", level=Level.SHOULD)
    assert scenarios_of(make_report(SETTINGS, outcome(soft), [EMPTY]), [EMPTY]) == ()
    assert scenarios_of(make_report(strict, outcome(soft), [EMPTY]), [EMPTY]) == (EMPTY,)


def test_repetitions_in_which_nothing_could_be_judged_leave_no_label() -> None:
    report = make_report(SETTINGS, outcome(observed()), [EMPTY])
    assert labelled(report, again(error="a slip")).results[0].repeats is None


def test_a_broken_worker_is_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marker = tmp_path / "started"
    script = tmp_path / "flaky.py"
    script.write_text(
        f"import pathlib, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        f"marker = pathlib.Path({str(marker)!r})\n"
        "from tests.mutants.__main__ import main\n"
        "defects = ['--defect', 'summary-with-ellipsis']\n"
        "if not marker.exists():\n"
        "    defects += ['--defect', 'words-in-ascii']\n"
        "    marker.touch()\n"
        "sys.exit(main(defects))\n",
        "utf-8",
    )
    words = ["run", "--worker", f"{sys.executable} {script}", "--only", "tasks.summarize", "--seed", "7"]
    assert main([*words, "--repeat-failures", "2", "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().out
    assert any(
        line.startswith("FAIL  tasks.summary_long") and line.endswith(", deterministic (2 of 2)")
        for line in told.splitlines()
    )
    assert ", flaky (0 of 2)" in told
    checks = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["checks"]
    labels = {check["clause"]: check["repeats"]["label"] for check in checks if check["repeats"]}
    assert labels == {"W-OUT-4": "deterministic (2 of 2)", "W-OUT-7": "flaky (0 of 2)"}
