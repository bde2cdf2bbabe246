"""The JavaScript workers as tests see them: what there is, how it is installed, how it is started."""

import json
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import npm
from tests.npm import absent

__all__ = ["Defect", "absent", "command", "install", "listed"]

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "worker.mjs"
LIST_SECONDS = 100


@dataclass(frozen=True, slots=True)
class Defect:
    """A way of breaking the worker, and the clause that it breaks.

    `collateral` are the clauses that cannot hold where that one is broken, because they build on it.
    """

    name: str
    clause: str
    collateral: frozenset[str]
    description: str


def install() -> None:
    """Install the two packages of package-lock.json, unless they are there."""
    npm.install(FOLDER)


def listed() -> tuple[Defect, ...]:
    """All defects, as the program names them."""
    run = subprocess.run(
        ["node", PROGRAM, "--list"], check=True, capture_output=True, text=True, timeout=LIST_SECONDS
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
