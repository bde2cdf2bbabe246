"""`results.json` and what lies beside it: transcripts and cases (recordings), and the worker's output.

The file's members are fixed by `results.schema.json`, which ships beside this module. Everything that came
from the worker is bounded; the transcripts hold it whole.
"""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Opened, header, write_line

from dispatch_conformance.cases import FOLDER, Case, evidence_of, write_case
from dispatch_conformance.engine import Outcome
from dispatch_conformance.report.causes import Cause
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.model import Report, requirements, spec_version, suite_version
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import CheckResult, Verdict

SCHEMA: Final = "dispatch-conformance-results/1"
"""The value of the member `schema`."""

LIKELY: Final = ". Likely: "
"""What separates the likely cause from what was found, in a check's `message`."""

MAX_TEXT: Final = 4_000
"""How many characters of any one text the file holds."""

MAX_EVIDENCE: Final = 10
"""How many events of evidence one check holds."""


def results(report: Report) -> dict[str, Any]:
    """The content of results.json."""
    return {
        "schema": SCHEMA,
        "suite_version": suite_version(),
        "spec_version": spec_version(),
        "seed": report.settings.seed,
        "command": report.settings.command,
        "checks": [_check(report, result) for result in report.results],
        "summary": {
            "exit_code": report.exit_code,
            "reason": _bounded(report.reason),
            "counts": {verdict.value: report.counts.get(verdict, 0) for verdict in Verdict},
            "scenarios": report.scenarios,
            "seconds": round(report.seconds, 3),
            "stalled_seconds": round(report.stalls, 3),
            "requirements": requirements(),
            "worker": {
                "provider_pubkey": _bounded(report.pubkey),
                "provider_type": report.provider_type,
                "capabilities": [_bounded(entry) for entry in report.capabilities[:10]],
            },
            "errors": [_bounded(error) for error in report.errors],
            "last_words": _bounded(report.last_words),
        },
    }


def schema() -> dict[str, Any]:
    """The JSON Schema of results.json."""
    text = files("dispatch_conformance.report").joinpath("results.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def write_results(folder: Path, report: Report, outcome: Outcome) -> None:
    """Write everything into a folder, which is created. Raises UsageError where that cannot be done."""
    try:
        for name in ("transcripts", "output"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        text = json.dumps(results(report), indent=1)  # ASCII: lone surrogates stay escapes
        (folder / "results.json").write_text(text + "\n", encoding="utf-8")
        for transcript in report.transcripts.values():
            _write_transcript(folder / "transcripts" / f"{transcript.name}.jsonl", transcript, report)
        _write_cases(folder, report)
        for run in outcome.runs:
            for place, output in enumerate(run.outputs):
                name = f"{run.scenario.name}{f'~{run.attempt}' if run.attempt > 1 else ''}+{place}.txt"
                (folder / "output" / name.replace("+0.txt", ".txt")).write_text(output, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the results cannot be written to {folder}: {error.strerror}") from None


def event_text(event: object) -> str:
    """An event of a transcript in a line; the worker's text in it is not escaped yet."""
    match event:
        case Frame():
            body = event.text if event.text is not None else f"base64 {event.base64}"
            kind = "" if event.opcode == "text" else f" ({event.opcode})"
            return f"t={event.t:.3f} {event.sender} sent{kind} {body}"
        case Closed():
            return f"t={event.t:.3f} closed with {event.code} by the {event.by} {event.reason}"
        case Http():
            return (
                f"t={event.t:.3f} {event.method} {event.path} {event.request or ''} answered {event.status}"
            )
        case Fault():
            return f"t={event.t:.3f} the suite: {event.name} {event.detail}"
        case Opened():
            return f"t={event.t:.3f} connection {event.connection} opened at {event.path}"
        case _:
            return ""


def _check(report: Report, result: CheckResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "clause": result.clause,
        "level": result.level.value,
        "verdict": result.verdict.value,
        "message": _bounded(_message(report, result)),
        "expected": _bounded(result.expected),
        "actual": _bounded(result.actual),
        "evidence": [_evidence(report, mark) for mark in result.evidence[:MAX_EVIDENCE]],
    }


def _message(report: Report, result: CheckResult) -> str:
    """What was found, and behind LIKELY what the worker's author probably did."""
    likely = report.causes.get((result.id, result.clause), Cause()).in_words()
    return f"{result.message}{LIKELY}{likely}" if likely else result.message


def _evidence(report: Report, mark: Mark) -> dict[str, Any]:
    event = report.transcript_event(mark)
    content: Any = None
    if isinstance(event, Opened | Frame | Closed | Http | Fault):
        content = _cut(msgspec.to_builtins(event))
    return {"transcript": mark.transcript, "event": mark.event, "content": content}


def _cut(content: dict[str, Any]) -> dict[str, Any]:
    return {name: _bounded(value) if isinstance(value, str) else value for name, value in content.items()}


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"


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
            suite_version=suite_version(),
            spec_version=spec_version(),
            quick=report.settings.quick,
            smallest=report.smallest.get(result.id),
        )
        transcript = evidence_of(result, [*report.transcripts.values()])
        write_case(folder, case, report.settings.seed, transcript, result.evidence)


def _write_transcript(path: Path, transcript: Transcript, report: Report) -> None:
    recorded = datetime.fromtimestamp(transcript.epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
    top = header(
        subject="the worker under test",
        peer=f"dispatch-conformance {suite_version()}, {transcript.name}",
        recorded=recorded.replace("+00:00", "Z"),
        seed=report.settings.seed,
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for item in (top, *transcript.events):
            file.write(write_line(item) + "\n")
