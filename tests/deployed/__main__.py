"""`python tests/deployed/__main__.py NAME`, from any folder: one of the workers."""

import asyncio
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:] = [ROOT, *(entry for entry in sys.path if entry != str(Path(__file__).resolve().parent))]

from tests.deployed.kotlin import Kotlin  # noqa: E402
from tests.deployed.node import CommandLine, Desktop, Simulator  # noqa: E402
from tests.mutants.settings import from_environment  # noqa: E402
from tests.mutants.worker import Worker  # noqa: E402

PROGRAMS: dict[str, type[Worker]] = {
    "desktop": Desktop,
    "command-line": CommandLine,
    "simulator": Simulator,
    "kotlin": Kotlin,
}

if __name__ == "__main__":
    sys.exit(asyncio.run(PROGRAMS[sys.argv[1]](from_environment()).run()))
