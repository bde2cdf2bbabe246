"""Packages of npm's that tests need: whether they can be installed, and installing those of a folder."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

NEEDED = ("node", "npm")
INSTALL = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
INSTALL_SECONDS = 100


def absent() -> list[str]:
    """The programs that are needed here and are not installed."""
    return [program for program in NEEDED if shutil.which(program) is None]


def install(folder: Path) -> None:
    """Install what a folder's package-lock.json names, unless it is there. One process at a time does so.

    Raises CalledProcessError with npm's output, or TimeoutExpired.
    """
    with (folder / "package.json").open() as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX)
        wanted: dict[str, str] = json.load(manifest)["dependencies"]
        if wanted != {name: _installed(folder, name) for name in wanted}:
            subprocess.run(
                INSTALL, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )


def _installed(folder: Path, package: str) -> str | None:
    """The version of a package that is installed; None where there is none."""
    manifest = folder / "node_modules" / package / "package.json"
    return str(json.loads(manifest.read_bytes())["version"]) if manifest.is_file() else None
