"""docs/examples/formats: one worker in every format, valid, telling the same, and of no machine."""

import json
import re
from xml.etree.ElementTree import fromstring

import jsonschema
import pytest
from dispatch_conformance.badge import badge
from dispatch_conformance.report.formats import FORMATS
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.stored import read_results, schema
from dispatch_conformance.verdicts import Verdict

from tests import npm
from tests.conformance.example_formats import BADGE, DEFECTS, TARGET, TERMINAL
from tests.conformance.test_markdown import inert, read
from tests.mutants.catalogue import DEFECTS as CATALOGUE
from tests.public_schemas import faults, junit_schema, sarif_validator

RESULT = read_results(TARGET)
FAILED = {check.clause for check in RESULT.checks if check.verdict is Verdict.FAIL}
BROKEN_CLAUSES = {check.clause for check in RESULT.checks if check.verdict in BROKEN}
FILES = {form.file for form in FORMATS.values()} | {TERMINAL, BADGE}
MAX_BYTES = 1_500_000


def text(name: str) -> str:
    return (TARGET / name).read_text("utf-8")


def test_there_is_every_format_and_none_is_too_large() -> None:
    assert {path.name for path in TARGET.iterdir()} == FILES | {"README.md"}
    assert sum(path.stat().st_size for path in TARGET.iterdir()) < MAX_BYTES


def test_the_worker_fails_twenty_clauses() -> None:
    assert len(FAILED) >= 20
    assert all(name in RESULT.command for name in DEFECTS)
    assert set(DEFECTS) <= set(CATALOGUE)


@pytest.mark.parametrize("name", sorted(FILES - {BADGE}))
def test_every_format_tells_of_every_broken_clause(name: str) -> None:
    found = set(re.findall(r"W-[A-Z]+-\d+", text(name)))
    assert found >= BROKEN_CLAUSES


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_format_names_a_folder_of_a_machine(name: str) -> None:
    assert not [folder for folder in ("/tmp/", "/home/", "/root/", "/Users/") if folder in text(name)]
    assert all(letter == "\n" or letter.isprintable() for letter in text(name))


@pytest.mark.skipif(bool(npm.absent()), reason=f"not installed: {', '.join(npm.absent())}")
def test_junit_and_sarif_fit_their_public_schemas() -> None:
    junit_schema().validate(text("junit.xml"))
    assert faults(sarif_validator(), json.loads(text("report.sarif"))) == []


def test_results_fit_their_schema() -> None:
    jsonschema.validate(json.loads(text("results.json")), schema())


def test_figures_agree() -> None:
    failed = RESULT.summary.counts[Verdict.FAIL]
    assert fromstring(text("junit.xml")).get("failures") == str(failed)
    (run,) = json.loads(text("report.sarif"))["runs"]
    assert sum(result["level"] == "error" for result in run["results"]) == failed
    assert run["invocations"][0]["exitCode"] == RESULT.summary.exit_code == 1
    assert f"| {failed} |" in text("summary.md")
    assert f"{failed} fail" in text(TERMINAL).splitlines()[-3]
    assert text(BADGE) == badge(RESULT)


def test_the_summary_is_inert() -> None:
    inert(read(text("summary.md")))
