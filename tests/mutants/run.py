"""`python run.py [NAME]` from any folder: as `python -m tests.mutants --defect NAME` from the project's."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.mutants.__main__ import main  # noqa: E402

if __name__ == "__main__":
    named = sys.argv[1:] and not sys.argv[1].startswith("-")
    sys.exit(main(["--defect", *sys.argv[1:]] if named else sys.argv[1:]))
