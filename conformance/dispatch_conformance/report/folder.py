"""The folder of a run: every format of its report, transcripts, cases, and what the workers printed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import header, write_line

from dispatch_conformance.cases import FOLDER, Case, evidence_of, write_case
from dispatch_conformance.engine import Outcome
from dispatch_conformance.report.formats import write_formats
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.origin import iso
from dispatch_conformance.transcript import Transcript

TRANSCRIPTS: Final = "transcripts"
"""The folder of the transcripts, `NAME.jsonl`."""

OUTPUT: Final = "output"
"""The folder of what the workers printed, `SCENARIO.txt`."""


def prepare(folder: Path) -> None:
    """Make the folder, so that a run is not in vain. Raises UsageError where that cannot be done."""
    try:
        for name in (TRANSCRIPTS, OUTPUT):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the results cannot be written to {folder}: {error.strerror}") from None


def write_results(
    folder: Path, report: Report, outcome: Outcome, formats: tuple[str, ...]
) -> tuple[str, ...]:
    """Write everything into a folder; what is left unwritten of the formats, each with the reason.

    Raises UsageError where transcripts, cases or output cannot be written.
    """
    prepare(folder)
    slips = write_formats(folder, report, formats)
    try:
        for transcript in report.transcripts.values():
            _write_transcript(folder / TRANSCRIPTS / f"{transcript.name}.jsonl", transcript, report)
        _write_cases(folder, report)
        for run in outcome.runs:
            for place, output in enumerate(run.outputs):
                name = f"{run.scenario.name}{f'~{run.attempt}' if run.attempt > 1 else ''}+{place}.txt"
                (folder / OUTPUT / name.replace("+0.txt", ".txt")).write_text(output, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the results cannot be written to {folder}: {error.strerror}") from None
    return slips


def _write_cases(folder: Path, report: Report) -> None:
    """A case for every failed or warned check; those of an earlier run in the same folder go."""
    for old in (folder / FOLDER).glob("*.jsonl"):
        old.unlink()
    for result in report.results:
        if result.verdict not in BROKEN:
            continue
        case = Case(
            check=result.id,
            clause=result.clause,
            scenario=result.scenario,
            suite_version=report.origin.suite_version,
            spec_version=report.origin.spec_version,
            quick=report.settings.quick,
            smallest=report.smallest.get(result.id),
        )
        transcript = evidence_of(result, [*report.transcripts.values()])
        write_case(folder, case, report.settings.seed, transcript, result.evidence)


def _write_transcript(path: Path, transcript: Transcript, report: Report) -> None:
    top = header(
        subject="the worker under test",
        peer=f"dispatch-conformance {report.origin.suite_version}, {transcript.name}",
        recorded=iso(datetime.fromtimestamp(transcript.epoch_ms / 1000, UTC)),
        seed=report.settings.seed,
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for item in (top, *transcript.events):
            file.write(write_line(item) + "\n")
