"""The suite as a program against worker programs: the reference conforms, variants pass, defects are named.

A reduced matrix: each program meets only the scenarios that can see its clause, several at a time.
`python -m tests.conformance.matrix` runs the whole.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.trials import Trial, python_subject, run_suite, scenarios_for, try_mutant
from tests.mutants.catalogue import DEFECTS, VARIANTS

KILLED = (
    "own-message-types",
    "key-with-prefix",
    "completes-twice",
    "lower-cases-ids",
    "summary-in-code-points",
    "counts-repetitions",
    "confidence-rounded",
    "extract-flat-only",
    "hash-spaced",
    "hash-escaped-html",
    "receipt-of-first-job",
    "time-of-its-zone",
    "signature-over-sorted",
    "signature-above-the-order",
    "prompt-trimmed",
    "canned-on-http-errors",
    "faults-answered-with-nothing",
    "dies-of-null",
    "claim-in-lower-case",
    "key-file-of-strangers",
)
"""One or two of each area, none of which makes anybody wait."""

PASSED = {
    "receipts-apart": ("receipts", "tasks.classify", "jobs.two_at_once"),
    "spaced-frames": ("registration.first", "hashes", "pairing.claim"),
    "rejects-faults": ("faulty",),
    "seeker": ("registration.first", "llm.failures", "tasks.extract_json"),
}
"""Variants, and what they meet."""

Results = dict[str, "Future[Trial]"]


@pytest.fixture(scope="module")
def trials() -> Iterator[Results]:
    """All trials of this module, begun at once and run a few at a time."""
    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(try_mutant, python_subject(DEFECTS[name])) for name in KILLED}


def test_the_reference_worker_conforms() -> None:
    program = shutil.which("dispatch-worker", path=f"{sys.prefix}/bin") or "dispatch-worker"
    suite = [sys.executable, "-m", "dispatch_conformance", "run", "--profile", "quick", "--no-fuzz"]

    ended = subprocess.run(
        [*suite, "--worker", program], capture_output=True, text=True, timeout=110, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "conformant" in ended.stdout


@pytest.mark.parametrize("name", KILLED)
def test_a_defect_is_named_and_nothing_else(name: str, trials: Results) -> None:
    trial = trials[name].result()

    assert trial.killed, trial.report
    assert trial.unexpected == frozenset(), trial.report
    assert trial.exit_code == trial.expected_exit, trial.report
    assert str(DEFECTS[name].clause) in trial.report


@pytest.mark.parametrize("name", PASSED)
def test_a_variant_passes(name: str) -> None:
    assert name in VARIANTS

    exit_code, checks, report = run_suite(python_subject(VARIANTS[name]).command, PASSED[name], "--no-fuzz")

    assert exit_code == 0, report
    assert [check["id"] for check in checks if check["verdict"] in {"fail", "warn", "inconclusive"}] == []
    assert any(check["verdict"] == "pass" for check in checks)


def test_every_clause_leads_to_scenarios() -> None:
    for mutant in DEFECTS.values():
        assert scenarios_for(mutant.clause)
