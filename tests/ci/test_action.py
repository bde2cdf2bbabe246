"""action.yml: valid, its inputs never part of a shell's text, and its steps do what they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dispatch_conformance.report.results import results_json

from tests.ci.runner import ACTION, ROOT, Runner, loaded
from tests.conformance.varied_report import varied
from tests.public_schemas import faults, vendored_validator

WORKER = f"{sys.executable} {ROOT / 'tests' / 'mutants' / 'run.py'}"
HOSTILE = (
    "$(touch pwned) `touch pwned`; touch pwned\n::set-output name=x::y\nexit-code=0 'x\" ${{ inputs.level }}"
)


def ran(tmp_path: Path, **inputs: str) -> Runner:
    runner = Runner(tmp_path, {name.replace("_", "-"): text for name, text in inputs.items()})
    runner.run()
    return runner


def test_it_fits_the_schema_of_actions() -> None:
    action = loaded(ACTION)
    assert faults(vendored_validator("github-actions"), action) == []
    assert faults(vendored_validator("github-actions"), {**action, "runs": {"using": "composite"}})


def test_no_expression_is_part_of_a_shells_text() -> None:
    steps = loaded(ACTION)["runs"]["steps"]
    texts = [step["run"] for step in steps if "run" in step]
    texts += [path.read_text("utf-8") for path in (ROOT / "docs" / "ci" / "github").iterdir()]
    assert len(texts) == 6
    assert not [text for text in texts if "${{" in text]


def test_every_input_and_output_is_used_and_described() -> None:
    action, text = loaded(ACTION), ACTION.read_text("utf-8")
    used = set(re.findall(r"inputs\.([a-z-]+)", text))
    assert used == set(action["inputs"])
    readme = (ROOT / "docs" / "ci" / "README.md").read_text("utf-8")
    for name in (*action["inputs"], *action["outputs"]):
        assert f"`{name}`" in readme
    for step in action["runs"]["steps"]:
        assert step["name"]


def test_a_good_worker_passes_and_its_report_is_kept(tmp_path: Path) -> None:
    runner = ran(
        tmp_path,
        worker=WORKER,
        profile="quick",
        seed="7",
        sarif="true",
        repeat_failures="1",
        timeout_scale="2",
    )
    assert not runner.failed, runner.log
    outputs = runner.outputs["run"]
    assert (outputs["exit-code"], outputs["failed"], outputs["report"]) == ("0", "0", "true")
    assert int(outputs["passed"]) > 5
    assert runner.summary.startswith("## Dispatch conformance: ✅ Passed")
    assert [use.partition("@")[0] for use in runner.used] == [
        "actions/setup-python",
        "actions/upload-artifact",
        "github/codeql-action/upload-sarif",
    ]
    results = json.loads((tmp_path / "work" / "dispatch-report" / "results.json").read_bytes())
    assert (results["seed"], results["options"]["profile"]) == (7, "quick")
    assert (results["options"]["repeat_failures"], results["options"]["timeout_scale"]) == (1, 2)
    assert str(ROOT) in (tmp_path / "pip.txt").read_text("utf-8")


def test_the_outputs_are_the_figures_of_the_results(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(results_json(varied()), "utf-8")
    words = [sys.executable, str(ROOT / "docs" / "ci" / "github" / "outputs.py"), str(tmp_path), "1"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    figures = "passed=1 failed=2 warned=1 known=1 undecided=2"
    assert printed.split() == ["exit-code=1", "report=true", *figures.split()]


def test_a_broken_worker_fails_in_the_end_with_its_report_kept(tmp_path: Path) -> None:
    runner = ran(tmp_path, worker=f"{WORKER} price-as-number", profile="quick", level="should")
    assert runner.failed
    assert runner.outputs["exit"]["code"] == runner.outputs["run"]["exit-code"] == "1"
    assert int(runner.outputs["run"]["failed"]) > 0
    assert "❌ Failed" in runner.summary
    assert "<code>transcript.W-REG-7</code>" in runner.summary
    assert any("upload-artifact" in use for use in runner.used)
    assert not any("upload-sarif" in use for use in runner.used)


def test_what_workers_print_is_no_command_to_the_runner(tmp_path: Path) -> None:
    runner = ran(tmp_path, worker="echo ::error::pwned")
    token = re.search(r"^::stop-commands::([0-9a-f]{32})$", runner.log, re.M)
    assert token is not None
    begin, end = runner.log.index(token[0]), runner.log.index(f"\n::{token[1]}::\n")
    # behind white space only, where the runner would obey it
    found = [place.start() for place in re.finditer(r"^\s*::error::pwned", runner.log, re.M)]
    assert found
    assert all(begin < place < end for place in found)
    assert runner.outputs["run"]["exit-code"] == runner.outputs["exit"]["code"] == "3"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"worker": HOSTILE}, "No closing quotation"),
        ({"worker": "true", "level": HOSTILE}, "argument --level"),
        ({"worker": "true", "baseline": HOSTILE}, "dispatch-conformance: $(touch pwned) `touch pwned`"),
        ({"worker": "true", "seed": HOSTILE}, "argument --seed"),
        ({"worker": "true", "out": "/dev/null/no"}, "/dev/null/no"),
        ({"worker": "true", "out": ""}, "--out DIR names no folder"),
        ({"worker": "--help"}, "cannot be started: --help"),
    ],
)
def test_hostile_inputs_are_arguments_and_nothing_else(
    inputs: dict[str, str], said: str, tmp_path: Path
) -> None:
    runner = ran(tmp_path, **inputs)
    assert runner.failed
    assert runner.outputs["exit"]["code"] == runner.outputs["run"]["exit-code"] == "2"
    assert said in runner.log
    assert runner.outputs["run"]["report"] == "false"
    assert not [*tmp_path.rglob("pwned")]


def test_folders_and_words_with_blanks_and_quotes_stay_whole(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "a folder $(touch pwned)"
    folder.mkdir(parents=True)
    (folder / "my worker's.sh").write_text('#!/bin/sh\nprintf "%s|" "$@"\n', "utf-8")
    worker = """sh "my worker's.sh" 'two words' "$(touch pwned)" '`x`' ''"""
    runner = ran(tmp_path, worker=worker, out="the report's", working_directory=folder.name, seed="3")

    assert runner.outputs["run"]["exit-code"] == "3", runner.log
    assert "two words|$(touch pwned)|`x`||" in runner.log
    assert (folder / "the report's" / "results.json").is_file()
    assert runner.used[-1].endswith(f"'path': {f'{folder.name}/the report' + chr(39) + 's'!r}}}")
    assert not [*tmp_path.rglob("pwned")]


def test_misuse_leaves_no_report_of_an_earlier_run(tmp_path: Path) -> None:
    report = tmp_path / "work" / "dispatch-report"
    report.mkdir(parents=True)
    for name in ("results.json", "summary.md"):
        (report / name).write_text("an earlier run's", "utf-8")
    runner = ran(tmp_path, worker="true", level="dreadful")
    assert runner.outputs["run"] == {"exit-code": "2", "report": "false"}
    assert "The conformance suite gave no report: exit code 2." in runner.summary
    assert "earlier" not in runner.summary
    assert not any("upload-artifact" in use for use in runner.used)
