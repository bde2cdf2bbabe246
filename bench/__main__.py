"""The quick benchmarks in turn: `python -m bench`, or `make bench`. Exits 1 where a bar is missed.

Those that take long are commands of their own: `bench.idle`, `bench.soak`. Each runs as a process, so that
none finds the memory or the caches of the one before.
"""

import subprocess
import sys
from typing import Final

QUICK: Final = ("receipts", "canonical", "core", "load", "oversubscribed", "worker")
"""The benchmarks that together take some two minutes."""


def main() -> int:
    """Measure and print everything."""
    commands = [[sys.executable, "-m", f"bench.{name}"] for name in QUICK]
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
