"""The kill matrix: the suite against every broken worker, in Python and in JavaScript.

`python -m tests.conformance.matrix [NAME…]`: every mutant (or those named, or whose clause begins so) against
the scenarios that can see its clause; legal variants against everything that does not wait. With `--whole`
each meets the quick profile, fuzzing included, and the scenarios that wait where they can see its clause:
this shows what a defect breaks beside its clause. Prints a line for each worker, then for each clause who
breaks it and was caught. Exit 1 where a defect survives, fails what it does not declare or has
another exit code, a variant fails anything, or a clause is killed by none; 2 for a name that nothing has.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from dispatch_protocol.clauses import Level, for_role
from dispatch_protocol.vocabulary import Role

from tests.conformance.trials import (
    Subject,
    Trial,
    javascript_subjects,
    python_subject,
    try_mutant,
    try_whole,
)
from tests.mutants.catalogue import MUTANTS
from tests.mutants_js import family


def line(trial: Trial) -> str:
    """What became of a mutant."""
    mutant = trial.mutant
    if trial.as_declared:
        word = "ok"
    elif mutant.clause and not trial.killed:
        word = "SURVIVED"
    else:
        word = "UNDECLARED" if trial.unexpected else "EXIT CODE"
    also = f"  also {', '.join(sorted(trial.unexpected))}" if trial.unexpected else ""
    what = f"{word:10} {mutant.name:34} {mutant.clause or '-':10}"
    return f"{what} exit {trial.exit_code} {trial.seconds:5.1f} s{also}"


def by_clause(trials: Sequence[Trial]) -> dict[str, list[str]]:
    """For each clause that binds workers and can be examined, which of these workers it was seen to fail."""
    testable = [
        entry.id for entry in for_role(Role.WORKER) if entry.testable and entry.level is not Level.MAY
    ]
    return {
        name: [trial.mutant.name for trial in trials if name in trial.broken and trial.mutant.clause == name]
        for name in testable
    }


def tried(
    subjects: Sequence[Subject], attempt: Callable[[Subject], Trial], side_by_side: int
) -> Iterator[Trial]:
    """The trial of each subject, so many at a time, as each ends."""
    with ThreadPoolExecutor(side_by_side) as pool:
        for future in as_completed([pool.submit(attempt, subject) for subject in subjects]):
            yield future.result()


def main() -> int:
    """Run them and print the matrix."""
    parser = _parser()
    chosen = parser.parse_args()
    subjects = [python_subject(mutant) for mutant in MUTANTS.values()]
    if absent := family.absent():
        print(f"without the JavaScript family: {', '.join(absent)} not installed")
    else:
        subjects += javascript_subjects()
    for name in chosen.names:
        if not any(_is_named(subject, [name]) for subject in subjects):
            parser.error(f"no mutant is called {name!r}, and none breaks a clause that begins so")
    subjects = [subject for subject in subjects if not chosen.names or _is_named(subject, chosen.names)]
    began = time.monotonic()
    trials: list[Trial] = []
    for trial in tried(subjects, try_whole if chosen.whole else try_mutant, chosen.side_by_side):
        trials.append(trial)
        print(f"{len(trials):3}/{len(subjects)} {line(trial)}", flush=True)
        if chosen.reports and not trial.as_declared:
            print(trial.report, flush=True)
    unkilled = _print_clauses(trials) if not chosen.names else []
    return _conclude(subjects, trials, unkilled, time.monotonic() - began)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.matrix", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants, or prefixes of clauses")
    parser.add_argument("--side-by-side", type=_number, default=4, metavar="N", help="how many at a time")
    parser.add_argument(
        "--reports", action="store_true", help="print the report of each that is not as declared"
    )
    parser.add_argument(
        "--whole", action="store_true", help="try each on everything that does not wait, and fuzz it"
    )
    return parser


def _number(text: str) -> int:
    """A number of one or more. Raises ArgumentTypeError."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of one or more")
    return int(text)


def _is_named(subject: Subject, names: Sequence[str]) -> bool:
    return any(subject.name == name or (subject.clause or "-").startswith(name) for name in names)


def _print_clauses(trials: Sequence[Trial]) -> list[str]:
    """Print the matrix clause by clause; gives the clauses that nothing killed."""
    killers = by_clause(trials)
    for name, workers in killers.items():
        print(f"{name:10} {len(workers):3}  {', '.join(sorted(workers)) or 'killed by none'}")
    return [name for name, workers in killers.items() if not workers]


def _conclude(
    subjects: Sequence[Subject], trials: Sequence[Trial], unkilled: Sequence[str], seconds: float
) -> int:
    """Print those that are not as declared once more, and the sum of it all; gives the exit code."""
    wrong = [trial for trial in trials if not trial.as_declared]
    for trial in wrong:
        print(f"not as declared: {line(trial)}")
    defects = sum(subject.clause is not None for subject in subjects)
    print(
        f"{defects} defects and {len(subjects) - defects} variants, {len(wrong)} not as declared, "
        f"{len(unkilled)} clauses killed by none, {seconds:.0f} s"
    )
    return 1 if wrong or unkilled or not subjects else 0


if __name__ == "__main__":
    sys.exit(main())
