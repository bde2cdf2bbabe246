"""`report.sarif`: broken clauses as results of an analysis, in SARIF 2.1.0.

The clauses are the rules, failed and warned checks the results, each at the place in a transcript where it is
to be seen. What could not be judged, and what went wrong beside the checks, are notifications of the
invocation, not results: they tell of the run, not of the worker. Section numbers are the OASIS standard's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from dispatch_protocol.clauses import Level, areas, clause

from dispatch_conformance.report.causes import CheckName
from dispatch_conformance.report.conclusion import CONFORMANT, FAILED
from dispatch_conformance.report.facts import command_line, facts
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.lines import entry_lines
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.origin import iso
from dispatch_conformance.report.plain import visible
from dispatch_conformance.report.results import event_text
from dispatch_conformance.report.stored import FILE
from dispatch_conformance.transcript import Mark
from dispatch_conformance.verdicts import CheckResult, Verdict

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE: Final = "REPORT"
"""What the places of results are relative to: the folder of the run."""

_LEVELS: Final = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
_TEXT: Final = 2_000
_LINE: Final = 300
_EVENT: Final = 400
_PLACES: Final = 10
_NOTES: Final = 1_000

Object = dict[str, Any]


def sarif(report: Report) -> str:
    """The text of report.sarif, in ASCII."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, indent=1) + "\n"


def _run(report: Report) -> Object:
    laws = list(dict.fromkeys(result.clause for result in report.results))
    lines = entry_lines(report, _LINE)
    settings = report.settings
    worker = sha256(settings.command.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return {
        "tool": {"driver": _driver(report, laws)},
        "invocations": [_invocation(report, laws)],
        # 3.17.2: what comes before the last slash names the kind of run, what comes behind it this one
        "automationDetails": {
            "id": f"dispatch-conformance/{settings.profile}/{worker}/{report.origin.started}",
            "description": message(
                f"{settings.profile} profile against {settings.command or 'a worker elsewhere'}"
            ),
        },
        "originalUriBaseIds": {BASE: {"description": message("The folder that --out names.")}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(report, result, laws, lines) for result in report.results if result.verdict in BROKEN
        ],
        "properties": dict(facts(report)),
    }


def message(*lines: str, limit: int = _TEXT) -> Object:
    """A plain text message in which nothing is a placeholder (3.11.5) or a link (3.11.6).

    Each text is one line, whatever is in it, of at most `limit` characters.
    """
    plain = "\n".join(visible(line, limit) for line in lines)
    return {"text": plain.replace("{", "{{").replace("}", "}}").replace("](", "] (") or "-"}


def _driver(report: Report, laws: Sequence[str]) -> Object:
    return {
        "name": "dispatch-conformance",
        "version": report.origin.suite_version,
        "rules": [_rule(law) for law in laws],
        "properties": {
            "specification": report.origin.spec_version,
            "requirements": report.origin.requirements,
        },
    }


def _rule(identifier: str) -> Object:
    law = clause(identifier)
    return {
        "id": law.id,
        "shortDescription": message(law.text),
        "fullDescription": message(f"{law.text} ({law.level_label}; SPEC.md#{law.anchor})"),
        "help": message(law.mend, f"See SPEC.md#{law.anchor}; dispatch-conformance explain {law.id}."),
        "defaultConfiguration": {"level": _LEVELS[law.level]},
        "properties": {"tags": ["conformance", areas()[law.section]], "level": law.level_label},
    }


def _invocation(report: Report, laws: Sequence[str]) -> Object:
    settings, started = report.settings, datetime.fromisoformat(report.origin.started)
    return {
        "commandLine": visible(command_line(settings, report.folder)),
        "startTimeUtc": report.origin.started,
        "endTimeUtc": iso(started + timedelta(seconds=report.seconds)),
        "exitCode": report.exit_code,
        "exitCodeDescription": visible(report.reason),
        # 3.20.14: a breach that was found is a success of the run
        "executionSuccessful": report.exit_code in {CONFORMANT, FAILED} and not report.errors,
        "toolExecutionNotifications": [*_failures_of_the_suite(report), *_open(report, laws)],
        "toolConfigurationNotifications": list(_stale(report, laws)),
    }


def _failures_of_the_suite(report: Report) -> Iterator[Object]:
    for error in report.errors[:_NOTES]:
        yield {"level": "error", "message": message(error)}


def _open(report: Report, laws: Sequence[str]) -> Iterator[Object]:
    """What could not be judged, and why."""
    for result in report.results:
        if result.verdict not in {Verdict.INCONCLUSIVE, Verdict.NOT_TESTABLE}:
            continue
        heavy = result.verdict is Verdict.INCONCLUSIVE and result.level is Level.MUST
        said = f"{result.id} is {result.verdict.replace('_', ' ')}: {result.message}"
        yield {
            "level": "warning" if heavy else "note",
            "message": message(said),
            "associatedRule": _reference(result.clause, laws),
        }


def _stale(report: Report, laws: Sequence[str]) -> Iterator[Object]:
    for entry in report.stale[:_NOTES]:
        said = (
            f"{entry.check} fails no more: remove it from the baseline, where its reason is: {entry.reason}"
        )
        note = {"level": "error", "message": message(said)}
        yield {**note, "associatedRule": _reference(entry.clause, laws)} if entry.clause in laws else note


def _reference(law: str, laws: Sequence[str]) -> Object:
    return {"id": law, "index": laws.index(law)}


def _result(
    report: Report,
    result: CheckResult,
    laws: Sequence[str],
    lines: Mapping[CheckName, tuple[str, ...]],
) -> Object:
    identity = sha256(f"{result.id}\n{result.clause}".encode()).hexdigest()
    places = [mark for mark in result.evidence[:_PLACES] if report.transcript_event(mark) is not None]
    made: Object = {
        "ruleId": result.clause,
        "ruleIndex": laws.index(result.clause),
        "kind": "fail",
        "level": "error" if result.verdict is Verdict.FAIL else "warning",
        "message": message(f"{result.id}: {result.message}", *lines[result.id, result.clause]),
        "locations": [_first_place(report, result, places)],
        "relatedLocations": [
            {"id": number, **_place(report, mark)} for number, mark in enumerate(places[1:], 1)
        ],
        # the second is the name under which code hosts that know one fingerprint only look for it
        "partialFingerprints": {"checkAndClause/v1": identity, "primaryLocationLineHash": f"{identity}:1"},
        "occurrenceCount": max(1, result.against),
        "properties": {"check": result.id, "scenario": result.scenario, "level": str(result.level)},
    }
    if report.settings.baseline:
        made["baselineState"] = "unchanged" if result.known else "new"
    if result.known:
        why = visible(result.known, _TEXT)
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    if result.repeats is not None:
        made["properties"]["repeats"] = result.repeats.label
    return made


def _first_place(report: Report, result: CheckResult, places: Sequence[Mark]) -> Object:
    """Where it is to be seen; in the results where no frame shows it."""
    artifact = {"artifactLocation": {"uri": FILE, "uriBaseId": BASE}, "region": {"startLine": 1}}
    place = _place(report, places[0]) if places else {"physicalLocation": artifact}
    logical = {"name": result.id.partition(".")[2], "fullyQualifiedName": result.id, "kind": "check"}
    return {**place, "logicalLocations": [logical]}


def _place(report: Report, mark: Mark) -> Object:
    """An event in its transcript, whose first line is a header."""
    uri = f"transcripts/{quote(mark.transcript, safe='')}.jsonl"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": BASE},
            "region": {"startLine": mark.event + 2},
        },
        "message": message(event_text(report.transcript_event(mark)), limit=_EVENT),
    }
