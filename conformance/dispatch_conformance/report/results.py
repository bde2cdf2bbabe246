"""What a report becomes in `results.json`: every check, what was found, and where the results come from.

Everything that came from the worker is bounded; the transcripts hold it whole.
"""

import json
from typing import Any, Final

import msgspec
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Opened

from dispatch_conformance.report.causes import Cause
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.stored import (
    SCHEMA,
    Stored,
    StoredCheck,
    StoredEvidence,
    StoredHost,
    StoredOptions,
    StoredRepeats,
    StoredStale,
    StoredSummary,
    StoredWorker,
)
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Mark
from dispatch_conformance.verdicts import CheckResult, Verdict

LIKELY: Final = ". Likely: "
"""What separates the likely cause from what was found, in a check's `message`."""

MAX_TEXT: Final = 4_000
"""How many characters of any one text the file holds."""

MAX_EVIDENCE: Final = 10
"""How many events of evidence one check holds."""


def results_json(report: Report) -> str:
    """The text of results.json. It is ASCII: lone surrogates stay escapes."""
    return json.dumps(results(report), indent=1) + "\n"


def results(report: Report) -> dict[str, Any]:
    """The content of results.json, as JSON has it."""
    content: dict[str, Any] = msgspec.to_builtins(stored(report))
    return content


def stored(report: Report) -> Stored:
    """The content of results.json, typed."""
    origin = report.origin
    return Stored(
        schema=SCHEMA,
        suite_version=origin.suite_version,
        spec_version=origin.spec_version,
        requirements=origin.requirements,
        command=report.settings.command,
        seed=report.settings.seed,
        started=origin.started,
        seconds=round(report.seconds, 3),
        host=StoredHost(platform=origin.host.platform, python=origin.host.python, cpus=origin.host.cpus),
        options=_options(report.settings),
        checks=tuple(_check(report, result) for result in report.results),
        stale=tuple(
            StoredStale(check=entry.check, clause=entry.clause, reason=_bounded(entry.reason))
            for entry in report.stale
        ),
        summary=_summary(report),
    )


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


def _options(settings: Settings) -> StoredOptions:
    return StoredOptions(
        profile=settings.profile,
        fuzz=settings.fuzz,
        only=settings.only,
        exclude=settings.exclude,
        only_levels=settings.only_levels,
        level=settings.level,
        jobs=settings.jobs,
        timeout_scale=settings.scale,
        repeat_failures=settings.repeat_failures,
        baseline=settings.baseline or None,
    )


def _summary(report: Report) -> StoredSummary:
    return StoredSummary(
        exit_code=report.exit_code,
        reason=_bounded(report.reason),
        counts={verdict: report.counts.get(verdict, 0) for verdict in Verdict},
        known=sum(bool(result.known) for result in report.results),
        scenarios=report.scenarios,
        stalled_seconds=round(report.stalls, 3),
        worker=StoredWorker(
            provider_pubkey=_bounded(report.pubkey),
            provider_type=report.provider_type,
            capabilities=tuple(_bounded(entry) for entry in report.capabilities[:10]),
        ),
        errors=tuple(_bounded(error) for error in report.errors),
        last_words=_bounded(report.last_words),
    )


def _check(report: Report, result: CheckResult) -> StoredCheck:
    repeats = result.repeats
    return StoredCheck(
        id=result.id,
        clause=result.clause,
        level=result.level,
        verdict=result.verdict,
        message=_bounded(_message(report, result)),
        expected=_bounded(result.expected),
        actual=_bounded(result.actual),
        scenario=result.scenario,
        observations=result.observations,
        against=result.against,
        known=_bounded(result.known) or None,
        repeats=StoredRepeats(failed=repeats.failed, of=repeats.of, label=repeats.label) if repeats else None,
        evidence=tuple(_evidence(report, mark) for mark in result.evidence[:MAX_EVIDENCE]),
    )


def _message(report: Report, result: CheckResult) -> str:
    """What was found, and behind LIKELY what the worker's author probably did."""
    likely = report.causes.get((result.id, result.clause), Cause()).in_words()
    return f"{result.message}{LIKELY}{likely}" if likely else result.message


def _evidence(report: Report, mark: Mark) -> StoredEvidence:
    event = report.transcript_event(mark)
    content: dict[str, Any] | None = None
    if isinstance(event, Opened | Frame | Closed | Http | Fault):
        content = _cut(msgspec.to_builtins(event))
    return StoredEvidence(transcript=mark.transcript, event=mark.event, content=content)


def _cut(content: dict[str, Any]) -> dict[str, Any]:
    return {name: _bounded(value) if isinstance(value, str) else value for name, value in content.items()}


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"
