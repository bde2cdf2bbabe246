"""The JavaScript family: the conforming worker passes; each broken one fails what it names, and nothing else.

All of it needs node and npm; without them it is skipped.
"""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.clauses import Level, clause, clauses

from tests.mutants_js import family

pytestmark = pytest.mark.skipif(bool(family.absent()), reason=f"not installed: {', '.join(family.absent())}")

RUN_SECONDS = 100

REDUCED = {
    "hash-indented": "hashes",
    "hash-sorted": "hashes",
    "signature-of-the-hash": "hashes",
    "signature-in-hex": "hashes",
    "time-without-zone": "hashes",
    "summary-of-code-points": "tasks",
    "words-between-spaces": "tasks",
    "confidence-as-text": "tasks",
    "limit-ignored": "llm.prompts",
    "text-trimmed": "llm.prompts",
    "canned-text": "llm.failures",
    "dies-of-null": "robustness.frames",
    "claim-in-lower-case": "pairing",
    "key-made-anew": "keys",
    "completes-twice": "hashes",
    "payment-undefined": "hashes",
    "ids-for-urls": "jobs.ids",
}
"""Defects of every kind that show quickly, and the scenarios that are run against each."""

COMPUTE = """
import { createInterface } from "node:readline";
import { Tasks } from "./tasks.mjs";
for await (const line of createInterface({ input: process.stdin })) {
  const [taskType, text] = JSON.parse(line);
  console.log(JSON.stringify(new Tasks().compute(taskType, JSON.parse(text))));
}
"""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    family.install()


@pytest.fixture(scope="session")
def defects(_installed: None) -> dict[str, family.Defect]:
    return {defect.name: defect for defect in family.listed()}


def judged(worker: str, folder: Path, *more: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit status of a quick run against a worker, its checks, and what it printed."""
    suite = [sys.executable, "-m", "dispatch_conformance", "run", "--profile", "quick", "--seed", "7"]
    run = subprocess.run(
        [*suite, "--worker", worker, "--out", str(folder), *more],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    printed = run.stdout + run.stderr
    results = folder / "results.json"
    assert results.is_file(), printed
    checks: list[dict[str, Any]] = json.loads(results.read_bytes())["checks"]
    return run.returncode, checks, printed


def broken(checks: list[dict[str, Any]]) -> set[str]:
    """The clauses that a run found broken, at whatever level."""
    return {check["clause"] for check in checks if check["verdict"] in {"fail", "warn"}}


def test_every_defect_names_clauses_that_bind_workers(defects: dict[str, family.Defect]) -> None:
    binding = {entry.id: entry for entry in clauses() if entry.id.startswith("W-")}
    assert len(defects) == len(family.listed()) >= 15
    assert len({defect.description for defect in defects.values()}) == len(defects)
    for defect in defects.values():
        assert binding[defect.clause].level is not Level.MAY, defect.name
        assert defect.collateral <= binding.keys() - {defect.clause}, defect.name


def test_the_tasks_pass_their_vectors() -> None:
    text = resources.files("dispatch_protocol").joinpath("vectors", "tasks.json").read_text("utf-8")
    cases = json.loads(text)["cases"]
    lines = "".join(json.dumps([case["task_type"], case["input_json"]]) + "\n" for case in cases)
    run = subprocess.run(
        ["node", "--input-type=module", "--eval", COMPUTE],
        cwd=family.FOLDER,
        input=lines,
        capture_output=True,
        encoding="utf-8",
        timeout=RUN_SECONDS,
        check=True,
    )
    outputs = run.stdout.split("\n")[:-1]
    assert len(outputs) == len(cases) > 100
    for case, output in zip(cases, outputs, strict=True):
        assert output == case["output_canonical"], case["id"]


def test_an_unknown_defect_is_refused() -> None:
    run = subprocess.run(
        ["node", family.PROGRAM, "--defect", "no-such\x1b"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "\x1b" not in run.stdout + run.stderr


def test_the_conforming_worker_passes(tmp_path: Path) -> None:
    status, checks, printed = judged(family.command(), tmp_path, "--no-fuzz")
    assert broken(checks) == set(), printed
    assert status == 0, printed


@pytest.mark.parametrize("name", REDUCED)
def test_the_suite_names_the_broken_clause(
    name: str, defects: dict[str, family.Defect], tmp_path: Path
) -> None:
    defect = defects[name]
    status, checks, printed = judged(family.command(name), tmp_path, "--only", REDUCED[name])
    assert defect.clause in broken(checks), printed
    assert broken(checks) <= {defect.clause} | defect.collateral, printed
    assert status == (1 if clause(defect.clause).level is Level.MUST else 0), printed
