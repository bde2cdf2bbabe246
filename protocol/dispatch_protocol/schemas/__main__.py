"""`python -m dispatch_protocol.schemas`: write the schema files anew, or `--check` them.

Exits 1 where `--check` finds a file that is not what would be written.
"""

import argparse
import sys
from pathlib import Path

from dispatch_protocol.schemas import FILES, schema_text


def main() -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dispatch_protocol.schemas", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if a file is out of step"
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    stale = 0
    for name, schema in FILES.items():
        path: Path = options.folder / name
        text = schema_text(schema())
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale += 1
        if options.check:
            print(f"{path} is out of step: run python -m dispatch_protocol.schemas", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"written: {path}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
