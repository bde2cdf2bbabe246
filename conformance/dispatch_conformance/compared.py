"""A comparison as it is told: text for a terminal, Markdown for a CI step, JSON for programs.

Results come from files that anybody may have written: every text of theirs is shown without anything hidden,
and in Markdown as text only.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dispatch_conformance.compare import Change, Comparison, Difference
from dispatch_conformance.report.inert import code, prose
from dispatch_conformance.report.plain import visible
from dispatch_conformance.report.results import LIKELY
from dispatch_conformance.report.stored import Stored, StoredCheck

SCHEMA: Final = "dispatch-conformance-comparison/1"
"""The value of the member `schema` of the JSON form."""

MAX_LISTED: Final = 500
"""How many checks of one kind text and Markdown list."""

_TEXT: Final = 300
_NAME: Final = 120

_TITLES: Final[Mapping[Change, str]] = {
    Change.BROKE: "Broke: right before, broken now",
    Change.FOUND: "Found: broken now, and not judged before",
    Change.LOST: "No longer judged",
    Change.RULES: "Changed by the suite, the specification or the level alone",
    Change.MENDED: "Mended: broken before, right now",
    Change.GAINED: "Judged now, and right",
    Change.STILL: "Still broken",
}
"""What stands above each kind."""

_BRIEF: Final = frozenset({Change.GAINED, Change.STILL})
"""What is counted only."""


def exit_code(comparison: Comparison) -> int:
    """0 where nothing broke, else 1."""
    return int(comparison.broke)


def as_text(comparison: Comparison) -> str:
    """Lines for a terminal, the summary last."""
    return "\n".join(_text(comparison))


def as_markdown(comparison: Comparison) -> str:
    """A section for the summary of a CI step."""
    return "\n".join(_markdown(comparison))


def as_json(comparison: Comparison) -> str:
    """An object: `schema`, `exit_code`, `before` and `after` (a run each), `notes`, `counts`, `changes`.

    A change has `change`, `check`, `clause`, `why`, and `before` and `after`, each null where that result
    does not have the check, else its `level`, `verdict`, `message` and `known`.
    """
    content = {
        "schema": SCHEMA,
        "exit_code": exit_code(comparison),
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        "notes": list(comparison.notes),
        "counts": {change: len(comparison.of(change)) for change in Change},
        "changes": [_change(entry) for entry in comparison.differences],
    }
    return json.dumps(content, indent=1)


def _text(comparison: Comparison) -> Iterator[str]:
    for label, result in (("before", comparison.before), ("after", comparison.after)):
        yield f"{label:<7} {visible(result.summary.reason, _TEXT)} (exit {result.summary.exit_code})"
        yield f"        {visible(_origin(result), _TEXT)}"
    for note in comparison.notes:
        yield f"note    {visible(note, _TEXT)}"
    for change in Change:
        found = comparison.of(change)
        if not found or change in _BRIEF:
            continue
        yield ""
        yield f"{_TITLES[change]} ({len(found)})"
        for entry in found[:MAX_LISTED]:
            yield f"  {_head(entry)}: {visible(_said(entry), _TEXT)}"
        if len(found) > MAX_LISTED:
            yield f"  and {len(found) - MAX_LISTED} more"
    yield ""
    yield f"{_summary(comparison)} (exit {exit_code(comparison)})"


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield f"## Dispatch conformance: {'❌ something broke' if comparison.broke else '✅ nothing broke'}"
    yield f"\n{prose(_summary(comparison))}\n"
    for label, result in (("Before", comparison.before), ("After", comparison.after)):
        said = f"{prose(result.summary.reason)} (exit {result.summary.exit_code}); {prose(_origin(result))}"
        yield f"- {label}: {said}"
    for note in comparison.notes:
        yield f"- Note: {prose(note)}"
    for change in Change:
        found = comparison.of(change)
        if not found or change in _BRIEF:
            continue
        yield f"\n<details><summary>{_TITLES[change]} ({len(found)})</summary>\n"
        for entry in found[:MAX_LISTED]:
            yield f"- {code(_head(entry), _TEXT)}: {prose(_said(entry))}"
        if len(found) > MAX_LISTED:
            yield f"- and {len(found) - MAX_LISTED} more"
        yield "\n</details>"


def _summary(comparison: Comparison) -> str:
    parts = [f"{len(comparison.of(change))} {change}" for change in Change if comparison.of(change)]
    counts = ", ".join(parts) or "no check changed"
    if comparison.silenced:
        return f"nothing could be judged any more; {counts}"
    return counts if comparison.broke else f"nothing broke: {counts}"


def _head(entry: Difference) -> str:
    """`pass → fail  tasks.summary  W-OUT-4 MUST`, with the level as it is now."""
    check = entry.check
    name = f"{visible(check.id, _NAME)}  {visible(check.clause, _NAME)} {check.level}"
    return f"{_verdict(entry.before)} → {_verdict(entry.after)}  {name}"


def _verdict(check: StoredCheck | None) -> str:
    return check.verdict.replace("_", " ") if check is not None else "none"


def _said(entry: Difference) -> str:
    """What was found where it is broken, and what else is to be known of the change."""
    told = entry.before if entry.change is Change.MENDED else entry.after
    found = told.message.partition(LIKELY)[0] if told is not None else ""
    parts = [entry.why] if found == entry.why else [found, entry.why]
    if entry.after is not None and entry.after.known:
        parts.append(f"known: {entry.after.known}")
    if entry.after is not None and entry.after.repeats is not None:
        parts.append(entry.after.repeats.label)
    return "; ".join(filter(None, parts)) or "nothing more is known"


def _origin(result: Stored) -> str:
    return (
        f"suite {result.suite_version}, specification {result.spec_version}, "
        f"requirements {result.requirements[:12]}, seed {result.seed}, {result.started}"
    )


def _run(result: Stored) -> dict[str, Any]:
    return {
        "suite_version": result.suite_version,
        "spec_version": result.spec_version,
        "requirements": result.requirements,
        "seed": result.seed,
        "command": result.command,
        "started": result.started,
        "exit_code": result.summary.exit_code,
        "reason": result.summary.reason,
    }


def _change(entry: Difference) -> dict[str, Any]:
    return {
        "change": entry.change,
        "check": entry.check.id,
        "clause": entry.check.clause,
        "why": entry.why,
        "before": _side(entry.before),
        "after": _side(entry.after),
    }


def _side(check: StoredCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "level": check.level,
        "verdict": check.verdict,
        "message": check.message,
        "known": check.known,
    }
