"""A runner of composite actions, as far as action.yml needs one: expressions, shell steps, outputs.

Steps that use other actions are noted and not run. Expressions are read here, not by a shell.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
LIMIT_SECONDS = 100
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_TERM = re.compile(r"(\S+) (==|!=) '([^']*)'")


def loaded(path: Path) -> Any:
    """A YAML file."""
    return YAML(typ="safe").load(path.read_text("utf-8"))


def program(path: Path, text: str) -> None:
    """Write a program for the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)


@dataclass
class Runner:
    """One job in a folder. `home` is where the suite is found as if it were installed there."""

    folder: Path
    inputs: dict[str, str]
    used: list[str] = field(default_factory=list)
    log: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: bool = False

    def __post_init__(self) -> None:
        self.temp.mkdir(parents=True, exist_ok=True)
        (self.folder / "work").mkdir(exist_ok=True)
        self.outputs["python"] = {"python-path": str(self.folder / "python")}
        # the base Python: its `-m venv` makes an environment in which pip only notes what it is given
        noted = f'"-m pip "*) echo "$@" >> {self.folder}/pip.txt'
        pip = f'case "$*" in {noted};; *) exec {sys.executable} "$@";; esac'
        program(self.folder / "template" / "python", pip)
        only = "--only registration --no-fuzz"  # what is tested is the action, not the suite
        suite = f'action=$1; shift; exec {sys.executable} -m dispatch_conformance "$action" {only} "$@"'
        program(self.folder / "template" / "dispatch-conformance", suite)
        made = f'[ "$1 $2" = "-m venv" ] && mkdir -p "$3" && cp -r {self.folder}/template "$3/bin"'
        program(self.folder / "python", made)

    @property
    def temp(self) -> Path:
        """The folder that outlives a step."""
        return self.folder / "temp"

    @property
    def summary(self) -> str:
        """What the steps added to the summary."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("summary-*")))

    def run(self) -> bool:
        """Run every step whose condition holds; returns whether all went well."""
        action = loaded(ACTION)
        defaults = {name: str(entry.get("default", "")) for name, entry in action["inputs"].items()}
        self.inputs = {**defaults, **self.inputs}
        for number, step in enumerate(action["runs"]["steps"]):
            if not self._wanted(step.get("if")):
                continue
            if "uses" in step:
                texts = {name: self._filled(str(text)) for name, text in step.get("with", {}).items()}
                self.used.append(f"{step['uses']} {texts}")
            else:
                self._step(number, step)
        return not self.failed

    def _step(self, number: int, step: dict[str, Any]) -> None:
        assert step["shell"] == "bash"
        files = {"GITHUB_OUTPUT": f"output-{number}", "GITHUB_STEP_SUMMARY": f"summary-{number}"}
        given = {name: self._filled(str(text)) for name, text in step.get("env", {}).items()}
        own = {name: str(self.folder / file) for name, file in files.items()}
        environment = {
            **os.environ,
            **given,
            **own,
            "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(self.temp),
            "PYTHONPATH": str(ROOT),
        }
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / "work" / self._filled(step.get("working-directory", ".")),
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        self.log += ended.stdout + ended.stderr
        self.failed |= ended.returncode != 0
        self.outputs["exit"] = {"code": str(ended.returncode)}
        if "id" in step:
            output = self.folder / files["GITHUB_OUTPUT"]
            lines = output.read_text("utf-8").splitlines() if output.exists() else []
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)

    def _wanted(self, condition: str | None) -> bool:
        """Whether a step runs: as its condition says, or where it has none, if nothing failed."""
        if condition is None:
            return not self.failed
        terms = _EXPRESSION.fullmatch(condition)
        assert terms is not None, condition
        return all(self._holds(term) for term in terms[1].split(" && "))

    def _holds(self, term: str) -> bool:
        if term == "!cancelled()":
            return True
        parts = _TERM.fullmatch(term)
        assert parts is not None, term
        return (self._value(parts[1]) == parts[3]) is (parts[2] == "==")

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        where, _, rest = name.partition(".")
        if where == "inputs":
            return self.inputs[rest]
        step, _, output = rest.partition(".outputs.")
        assert where == "steps", name
        return self.outputs.get(step, {}).get(output, "")
