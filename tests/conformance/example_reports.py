"""Makes the reports under `docs/examples`: ten broken workers, drawn at random, each against the whole suite.

`python -m tests.conformance.example_reports [NAME…]`, from the project's folder: runs the suite against each
(or those named), one after the other, and writes what it prints to `docs/examples/NAME.txt`.
"""

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.catalogue import DEFECTS

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "examples"
SEED = 20261122
COUNT = 10
LIMIT_SECONDS = 300


def chosen() -> list[str]:
    """The mutants that the seed draws from all defects, by name."""
    return sorted(random.Random(SEED).sample(sorted(DEFECTS), COUNT))


def report(name: str) -> str:
    """What the suite prints at the terminal about a mutant, with the commands that were given."""
    words = [
        "run",
        "--worker",
        f"python -m tests.mutants --defect {name}",
        "--seed",
        "1",
        "--out",
        "out/example",
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "dispatch_conformance", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    shown = " ".join(f"'{word}'" if " " in word else word for word in words)
    return f"$ dispatch-conformance {shown}\n{ended.stdout}{ended.stderr}"


def main(named: Sequence[str]) -> int:
    """Write the reports of these mutants; of those chosen by the seed where none is named."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in named or chosen():
        text = report(name)
        if str(ROOT) in text or str(Path.home()) in text:
            print(f"{name}: its report names a folder of this machine", file=sys.stderr)
            return 1
        (TARGET / f"{name}.txt").write_text(text, encoding="utf-8")
        print(f"{name:34} {DEFECTS[name].clause} {len(text)} characters", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
