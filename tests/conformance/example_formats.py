"""Makes `docs/examples/formats`: one worker that breaks more than twenty clauses, in every format.

`python -m tests.conformance.example_formats`, from the project's folder; takes a minute. The name of this
machine's kernel is left out of what is written.
"""

import platform
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from dispatch_conformance.report.formats import FORMATS

from tests.conformance.screenshots import DEFECTS as SHOWN

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "docs" / "examples" / "formats"
OUT: Final = "out/formats"
LIMIT_SECONDS: Final = 300
DEFECTS: Final = (
    *SHOWN,
    "register-twice",
    "closes-as-going-away",
    "silent-on-unknown-job",
    "silent-without-input",
    "extract-skips-strings",
    "extract-counts-pieces",
    "trusts-payload-type",
    "strips-demo",
    "claims-again",
    "key-made-anew",
    "metrics-as-text",
)
"""What is wrong with the worker."""

TERMINAL: Final = "terminal.txt"
BADGE: Final = "badge.svg"


def said(*words: str) -> str:
    """What the suite prints when it is given these arguments."""
    suite = [sys.executable, "-m", "dispatch_conformance"]
    ended = subprocess.run(
        [*suite, *words], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    return ended.stdout + ended.stderr


def main() -> int:
    """Run the suite against the worker, and keep every format of its report."""
    worker = shlex.join(["python", "-m", "tests.mutants", *(f"--defect={name}" for name in DEFECTS)])
    shutil.rmtree(ROOT / OUT, ignore_errors=True)
    words = ["run", "--no-fuzz", "--seed", "1", "--worker", worker, "--out", OUT]
    texts = {TERMINAL: f"$ {shlex.join(['dispatch-conformance', *words])}\n{said(*words)}"}
    said("badge", OUT, "--out", f"{OUT}/{BADGE}")
    for name in (*(form.file for form in FORMATS.values()), BADGE):
        texts[name] = (ROOT / OUT / name).read_text("utf-8")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        anonymous = text.replace(platform.platform(), f"{platform.system()}-{platform.machine()}")
        if str(ROOT) in anonymous or str(Path.home()) in anonymous:
            print(f"{name} names a folder of this machine", file=sys.stderr)
            return 1
        (TARGET / name).write_text(anonymous, "utf-8")
        print(f"{name:16} {len(anonymous)} characters", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
