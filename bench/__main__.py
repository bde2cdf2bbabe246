"""Every benchmark in turn: `python -m bench`, or `make bench`. Exits 1 where a bar is missed."""

import sys

from bench import canonical, receipts


def main() -> int:
    """Measure and print everything."""
    return max(receipts.main(), canonical.main())


if __name__ == "__main__":
    sys.exit(main())
