"""`python -m tests.mutants [--defect NAME… | --list]`: the conforming worker, or one broken in these ways."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.mutants import catalogue
from tests.mutants.settings import from_environment
from tests.mutants.worker import Worker


def main(arguments: list[str] | None = None) -> int:
    """Run one worker; its exit status, 2 where the key file or the arguments are no good."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument(
        "--defect", "--variant", metavar="NAME", action="append", default=[], help="what to switch on"
    )
    parser.add_argument("--list", action="store_true", help="print all names, their clauses and what they do")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for mutant in catalogue.MUTANTS.values():
            print(f"{mutant.name:34} {mutant.clause or '-':10} {mutant.description}")
        return 0
    for name in chosen.defect:
        if name not in catalogue.MUTANTS:
            parser.error(f"there is no mutant {name!r}; --list shows them")
    programs = tuple(catalogue.MUTANTS[name].program for name in chosen.defect)
    program: type[Worker] = type("Switched", programs or (Worker,), {})
    try:
        return asyncio.run(program(from_environment()).run())
    except ValueError as error:
        print(f"[Mutant] {error}", file=sys.stderr)
        return 2


def combined(names: Sequence[str]) -> type[Worker]:
    """The conforming worker with all of these switched on; where two change the same, the first wins."""
    programs = [catalogue.MUTANTS[name].program for name in names]
    return type("Combined", tuple(programs), {}) if len(programs) > 1 else next(iter(programs), Worker)


if __name__ == "__main__":
    sys.exit(main())
