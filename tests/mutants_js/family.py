"""The JavaScript workers as tests see them: what there is, how it is installed, how it is started."""

import fcntl
import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "worker.mjs"
NEEDED = ("node", "npm")
INSTALL = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
INSTALL_SECONDS = 100


@dataclass(frozen=True, slots=True)
class Defect:
    """A way of breaking the worker, and the clause that it breaks.

    `collateral` are the clauses that cannot hold where that one is broken, because they build on it.
    """

    name: str
    clause: str
    collateral: frozenset[str]
    description: str


def absent() -> list[str]:
    """The programs that are needed here and are not installed."""
    return [program for program in NEEDED if shutil.which(program) is None]


def install() -> None:
    """Install the two packages of package-lock.json, unless they are there. One process at a time does so.

    Raises CalledProcessError with npm's output, or TimeoutExpired.
    """
    with (FOLDER / "package.json").open() as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX)
        wanted: dict[str, str] = json.load(manifest)["dependencies"]
        if wanted != {name: _installed(name) for name in wanted}:
            subprocess.run(
                INSTALL, cwd=FOLDER, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )


def listed() -> tuple[Defect, ...]:
    """All defects, as the program names them."""
    run = subprocess.run(
        ["node", PROGRAM, "--list"], check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    entries: list[dict[str, Any]] = json.loads(run.stdout)
    return tuple(
        Defect(entry["name"], entry["clause"], frozenset(entry["collateral"]), entry["description"])
        for entry in entries
    )


def command(defect: str | None = None) -> str:
    """The command line that starts the conforming worker, or a broken one."""
    words = ["node", str(PROGRAM)]
    return shlex.join([*words, "--defect", defect] if defect else words)


def _installed(package: str) -> str | None:
    """The version of a package that is installed; None where there is none."""
    manifest = FOLDER / "node_modules" / package / "package.json"
    return str(json.loads(manifest.read_bytes())["version"]) if manifest.is_file() else None
