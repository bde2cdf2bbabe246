"""The examples run as they stand, copied to a folder of their own, as they would in another project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=ignored))


def run(folder: Path, *command: str) -> str:
    """What the command prints, which must succeed; the programs of this installation are on its path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NODE"))}
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=kept | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_those_for_pytest(copied: Path) -> None:
    told = run(copied, sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert "8 passed" in told


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_one_for_node(copied: Path) -> None:
    assert "# pass 1" in run(copied, "node", "--test", "--test-reporter=tap", "coordinator.test.mjs")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_one_for_a_shell(copied: Path) -> None:
    run(copied, "./coordinator.sh")


def test_all_are_named_in_their_list() -> None:
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    names = {path.name for path in EXAMPLES.iterdir()} - {"README.md", "pytest.ini", "__pycache__"}
    assert [name for name in sorted(names) if f"`{name}`" not in listed] == []
