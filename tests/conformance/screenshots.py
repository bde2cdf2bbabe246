"""Makes the pictures under `docs/screenshots`: the page of a worker that breaks many clauses, in Chromium.

`python -m tests.conformance.screenshots [REPORT.html]`, from the project's folder: runs the suite against
that worker, which takes a minute, unless a page is given.
"""

import asyncio
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.browser import chromium, visit

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "docs" / "screenshots"
SEED: Final = 1
LIMIT_SECONDS: Final = 300
DEFECTS: Final = (
    "hash-spaced",
    "receipt-with-version",
    "time-in-seconds",
    "signature-with-stray-bits",
    "summary-in-code-points",
    "words-in-python",
    "confidence-rounded",
    "short-word-list",
    "extract-first-duplicate",
    "canned-when-absent",
    "limit-not-sent",
    "text-trimmed",
    "claim-in-lower-case",
    "key-file-for-all",
    "late-heartbeats",
    "dies-of-null",
)
"""What is wrong with the worker."""


class Shot(NamedTuple):
    """One picture: its name, the place on the page, what is unfolded (a selector), the browser's options."""

    name: str
    at: str
    unfold: str
    options: Mapping[str, Any]


SHOTS: Final = (
    Shot("report-light", "", "", {"viewport": {"width": 1200, "height": 830}}),
    Shot(
        "report-dark",
        "#verdict=fail&at=W-CAN-3",
        "#W-CAN-3 .frame:not(.check *)",
        {"viewport": {"width": 1200, "height": 1000}, "color_scheme": "dark"},
    ),
    Shot("report-phone", "#at=W-OUT-22", "", {"viewport": {"width": 400, "height": 1000}}),
)


def report(folder: Path) -> Path:
    """The page of a run of the suite against the worker, under its folder."""
    worker = shlex.join(["python", "-m", "tests.mutants", *(f"--defect={name}" for name in DEFECTS)])
    suite = [sys.executable, "-m", "dispatch_conformance", "run", "--no-fuzz", "--seed", str(SEED)]
    subprocess.run(
        [*suite, "--worker", worker, "--out", str(folder)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return folder / "report.html"


async def photograph(page: Path) -> None:
    """Take every picture of a page."""
    TARGET.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for shot in SHOTS:
            async with visit(browser, page.resolve().as_uri() + shot.at, **shot.options) as (tab, _):
                for folded in await tab.locator(f"{shot.unfold} > summary").all() if shot.unfold else []:
                    await folded.click()
                await tab.evaluate("document.activeElement.blur()")
                file = TARGET / f"{shot.name}.png"
                await tab.screenshot(path=file)
                print(f"{file.relative_to(ROOT)} {file.stat().st_size} bytes")


def main(arguments: Sequence[str]) -> int:
    """Make the pictures of the page named, or of one made for it."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(photograph(Path(arguments[0]) if arguments else report(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
