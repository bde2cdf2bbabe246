"""The comparison: prints what was compared and what differs; exits 1 if anything does, 2 without node."""

import argparse
import sys
from collections.abc import Sequence

from tests.differential.node import Oracle, OracleError
from tests.differential.signatures import check_vectors, compare_signatures
from tests.differential.tally import Tally
from tests.differential.texts import check_depths, compare_documents, compare_doubles

_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many documents, and how many doubles")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    tally = Tally()
    try:
        with Oracle() as oracle:
            print(f"seed {options.seed}, node {oracle.version}", flush=True)
            compare_documents(options.count, options.seed, oracle, tally)
            compare_doubles(options.count, options.seed, oracle, tally)
    except OracleError as error:
        print(f"nothing was shown: {error}", file=sys.stderr)
        return 2
    check_depths(tally)
    compare_signatures(options.count // 5, options.seed, tally)
    check_vectors(tally)
    for name, count in tally.counts.items():
        print(f"{count:>9,}  {name}")
    for line in tally.differences[:_SHOWN]:
        print(f"differs: {line}")
    print(f"{len(tally.differences)} differences")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
