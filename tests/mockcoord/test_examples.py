"""The examples run as they stand, copied to a folder of their own, as they would in another project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES, README = ROOT / "examples", ROOT / "README.md"


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


def test_those_of_the_readme(tmp_path: Path) -> None:
    section = README.read_text("utf-8").partition("### In your tests")[2].partition("\n## ")[0]
    fixtures, plain = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (tmp_path / "test_readme.py").write_text(fixtures, "utf-8")
    (tmp_path / "plain.py").write_text(plain, "utf-8")
    (tmp_path / "pytest.ini").write_text((EXAMPLES / "pytest.ini").read_text("utf-8"), "utf-8")
    told = run(tmp_path, sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert "4 passed" in told
    assert run(tmp_path, sys.executable, "plain.py").startswith("http://127.0.0.1:")


def test_all_are_named_in_their_list() -> None:
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    names = {path.name for path in EXAMPLES.iterdir()} - {"README.md", "pytest.ini", "__pycache__"}
    assert [name for name in sorted(names) if f"`{name}`" not in listed] == []
