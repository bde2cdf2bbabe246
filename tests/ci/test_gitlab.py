"""docs/ci/gitlab.yml: valid, and its script runs the suite as its variables say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.runner import LIMIT_SECONDS, ROOT, loaded, program
from tests.public_schemas import faults, vendored_validator

JOB = ROOT / "docs" / "ci" / "gitlab.yml"
WORKER = f"{sys.executable} {ROOT / 'tests' / 'mutants' / 'run.py'}"


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the job's script as GitLab does: one text for one shell that ends at the first failure."""
    job = loaded(JOB)["dispatch-conformance"]
    tools = folder / "tools"
    program(tools / "python", f'[ "$1 $2" = "-m venv" ] && mkdir -p "$3" && cp -r {tools} "$3/bin"')
    suite = f'shift; exec {sys.executable} -m dispatch_conformance run --only registration --no-fuzz "$@"'
    program(tools / "dispatch-conformance", suite)
    script = "\n".join(job["script"]).replace(
        ".dispatch-conformance/bin/python -m pip", f"echo pip >> {folder}/pip.txt; : -m pip"
    )
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            **job["variables"],
            **variables,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def test_it_fits_the_schema_of_gitlabs_jobs() -> None:
    assert faults(vendored_validator("gitlab-ci"), loaded(JOB)) == []
    assert faults(vendored_validator("gitlab-ci"), {"dispatch-conformance": {"script": 1}})


@pytest.mark.parametrize(("defect", "code"), [("", 0), (" price-as-number", 1)])
def test_it_ends_as_the_suite_does_and_leaves_what_it_says(tmp_path: Path, defect: str, code: int) -> None:
    variables = {"DISPATCH_LEVEL": "should", "DISPATCH_PROFILE": "quick"}
    ended = run(tmp_path, DISPATCH_WORKER=f"{WORKER}{defect}", **variables)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert (tmp_path / "pip.txt").exists()
    artifacts = loaded(JOB)["dispatch-conformance"]["artifacts"]
    assert artifacts["when"] == "always"
    results = json.loads((tmp_path / artifacts["paths"][0] / "results.json").read_bytes())
    assert (results["options"]["level"], results["options"]["profile"]) == ("SHOULD", "quick")
    assert (tmp_path / artifacts["reports"]["junit"]).is_file()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DISPATCH_WORKER", "cannot be started: $(touch"),
        ("DISPATCH_BASELINE", "$(touch pwned) `touch pwned`; touch pwned"),
        ("DISPATCH_LEVEL", "argument --level"),
    ],
)
def test_variables_are_arguments_and_nothing_else(tmp_path: Path, name: str, said: str) -> None:
    ended = run(tmp_path, **{"DISPATCH_WORKER": "true", name: "$(touch pwned) `touch pwned`; touch pwned"})
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not [*tmp_path.rglob("pwned")]
