"""Whatever breaks in the suite itself ends with 2: its own failure, and not the worker's."""

import subprocess
import sys
from pathlib import Path

import pytest
from dispatch_conformance import cli, entry


def test_a_failure_that_nobody_expected_is_the_suites_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli, "main", broken)

    assert entry.main() == 2
    told = capsys.readouterr().err
    assert "RuntimeError: a bug" in told
    assert told.endswith("the suite itself failed; this says nothing of the worker\n")


def test_what_the_command_line_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "main", lambda: 3)

    assert entry.main() == 3


def test_an_import_that_fails_is_the_suites_own(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["dispatch_conformance.cli"] = None\n')

    ended = subprocess.run(
        [sys.executable, "-c", "import sitecustomize, dispatch_conformance.__main__"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2, ended.stderr
    assert "ImportError" in ended.stderr or "ModuleNotFoundError" in ended.stderr
