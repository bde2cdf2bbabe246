"""Makes the examples that `dispatch-conformance explain` shows, by running one broken worker for each clause.

`python -m tests.conformance.broken_workers [CLAUSE…]`, from the project's folder: runs the suite against the
first defect of every clause (or of those named), one after the other, and writes
`conformance/dispatch_conformance/explain/examples.jsonl`; clauses not named keep their lines.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.explain.examples import MAX_EVENTS, Example, cut, examples, written
from dispatch_conformance.report.groups import generality
from dispatch_conformance.report.results import LIKELY, event_text
from dispatch_protocol.clauses import clauses
from dispatch_protocol.recording import Frame, TranscriptEvent, read_lines
from dispatch_protocol.vocabulary import Role

from tests.conformance.trials import scenarios_for
from tests.mutants.catalogue import DEFECTS
from tests.mutants.registry import Mutant

TARGET = Path(__file__).parents[2] / "conformance/dispatch_conformance/explain/examples.jsonl"
ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 240
Check = dict[str, Any]


def run_suite(mutant: Mutant, folder: Path) -> list[Check]:
    """The suite against a mutant: its failed and warned checks; everything else stays in the folder."""
    only = [word for name in scenarios_for(mutant.clause) for word in ("--only", name)]
    suite = [sys.executable, "-m", "dispatch_conformance", "run", "--no-fuzz", "--seed", "1", *only]
    command = f"{sys.executable} -m tests.mutants --defect {mutant.name}"
    subprocess.run(
        [*suite, "--worker", command, "--out", str(folder)],
        cwd=ROOT,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    checks: list[Check] = json.loads((folder / "results.json").read_text("utf-8"))["checks"]
    return [check for check in checks if check["verdict"] in {"fail", "warn"}]


def example(clause: str, mutants: Sequence[Mutant], folder: Path) -> Example | None:
    """What came of the first mutant; None where the suite did not see its defect."""
    seen = [check for check in run_suite(mutants[0], folder) if check["clause"] == clause]
    if not seen:
        return None
    check = min(seen, key=lambda entry: (not entry["evidence"], generality(entry["id"])))
    return Example(
        clause=clause,
        mistakes=tuple(mutant.description for mutant in mutants),
        check=check["id"],
        found=cut(check["message"].partition(LIKELY)[0]),
        expected=cut(check["expected"]),
        actual=cut(check["actual"]),
        events=tuple(cut(event_text(event)) for event in events(check, folder)),
    )


def events(check: Check, folder: Path) -> list[TranscriptEvent]:
    """The events of a check's evidence with what led to them; the last ones where it has no evidence."""
    for name in [entry["transcript"] for entry in check["evidence"]] or transcripts_of(check, folder):
        path = folder / "transcripts" / f"{name}.jsonl"
        recorded = read_lines(path.read_text("utf-8").split("\n")).events
        if not recorded:
            continue
        marked = {entry["event"] for entry in check["evidence"] if entry["transcript"] == name}
        chosen = sorted(with_context(recorded, marked))[-MAX_EVENTS:]
        if chosen:
            return [recorded[index] for index in chosen]
    return []


def with_context(recorded: Sequence[TranscriptEvent], marked: Iterable[int]) -> set[int]:
    """The marked events, the assignments of their jobs, and the two events before the first of them."""
    marks = {index for index in marked if index < len(recorded)} or {len(recorded) - 1}
    chosen = set(marks)
    for index in marks:
        event = recorded[index]
        text = event.text if isinstance(event, Frame) and event.sender is Role.WORKER else None
        for before in range(index - 1, -1, -1):
            earlier = recorded[before]
            if text and isinstance(earlier, Frame) and is_assignment_of(earlier.text or "", text):
                chosen.add(before)
                break
    if len(chosen) < 2:
        first = min(chosen)
        chosen |= set(range(max(0, first - 2), first))
    return {index for index in chosen if index >= 0}


def is_assignment_of(assignment: str, answer: str) -> bool:
    """Whether the second frame names the job that the first one assigns."""
    try:
        job = json.loads(assignment)
    except ValueError:
        return False
    named = job.get("job_id") if isinstance(job, dict) and job.get("type") == "job_assign" else None
    return isinstance(named, str) and named in answer


def transcripts_of(check: Check, folder: Path) -> list[str]:
    """The transcripts of the scenarios that declare a check."""
    names = [entry.name for entry in all_scenarios() if check["id"] in entry.check_ids()]
    written_ones = sorted(path.stem for path in (folder / "transcripts").iterdir())
    return [stem for name in names for stem in written_ones if stem.partition("+")[0] == name]


def by_clause() -> dict[str, list[Mutant]]:
    """All defects, by the clause they break, in the order in which they are registered."""
    found: dict[str, list[Mutant]] = {}
    for mutant in DEFECTS.values():
        found.setdefault(mutant.clause or "", []).append(mutant)
    return found


def main(named: Sequence[str]) -> int:
    """Make the examples of these clauses; of all where none is named. 1 where a defect was not seen."""
    kept, unseen = dict(examples()), []
    for clause, mutants in by_clause().items():
        if named and clause not in named:
            continue
        with tempfile.TemporaryDirectory(prefix="broken-") as folder:
            made = example(clause, mutants, Path(folder))
        if made is None:
            unseen.append(f"{clause} ({mutants[0].name})")
            continue
        kept[clause] = made
        print(
            f"{clause:10} {mutants[0].name:34} {made.check} {len(msgspec.json.encode(made))} bytes",
            flush=True,
        )
        ordered = [kept[entry.id] for entry in clauses() if entry.id in kept]
        TARGET.write_text(written(ordered), encoding="utf-8")
    print(f"{len(kept)} examples, {TARGET.stat().st_size} bytes; not seen: {', '.join(unseen) or 'none'}")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
