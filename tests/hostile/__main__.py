"""`python -m tests.hostile coordinator|worker --count N --seed S`: attack a program, report, exit 0 or 1."""

import argparse
import asyncio
import time

from tests.hostile import coordinator, worker
from tests.hostile.plan import table


def main() -> int:
    """Run one attack and print what came of it."""
    parser = argparse.ArgumentParser(prog="tests.hostile", description=__doc__)
    parser.add_argument("target", choices=["coordinator", "worker"])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    attack = coordinator.attack if options.target == "coordinator" else worker.attack
    began = time.monotonic()
    ledger, items = asyncio.run(attack(options.count, options.seed))
    print(f"seed {options.seed}; generators:\n{table(items)}")
    print(ledger.report(options.target, time.monotonic() - began))
    return 0 if ledger.passed else 1


raise SystemExit(main())
