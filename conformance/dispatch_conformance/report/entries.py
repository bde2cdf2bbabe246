"""One failure as labelled lines, in the order in which a reader needs them, for every form of report.

The clause's sentence, what was found, expected and got (with the bytes, and where they first differ), the
likely cause, how to mend it, the frames, how to run it again, where the clause stands, and what else came of
the same mistake. Texts are as they came: whoever shows them escapes them.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from dispatch_protocol.clauses import clause

from dispatch_conformance.cases import case_path
from dispatch_conformance.diagnose import Certainty
from dispatch_conformance.report.causes import Cause
from dispatch_conformance.report.facts import attached
from dispatch_conformance.report.groups import Failure
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import first_difference
from dispatch_conformance.report.results import event_text
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import CheckResult

_MARKS: Final = 4
_PRINTED: Final = 4
_POSSIBLE: Final = 2
_ALSO: Final = 20
_PLACE: Final = " At character "
"""What begins the last sentence of a guess, which tells where it shows; it is told once."""

_DIGEST: Final = re.compile(r'"?[0-9a-fA-F]{64}"?\Z')
_LABELS: Final = {Certainty.PROVED: "cause", Certainty.LIKELY: "likely", Certainty.POSSIBLE: "possible"}


class Line(NamedTuple):
    """One labelled text. `prose` may be broken into lines anywhere; the rest is to be copied."""

    label: str
    text: str
    prose: bool = True


def title(result: CheckResult) -> str:
    """The first line of an entry."""
    word = result.verdict.replace("_", " ").upper()
    known = ", known" if result.known else ""
    return f"{word}  {result.id}  {result.clause} {result.level}{_times(result)}{_repeats(result)}{known}"


def entry(report: Report, failure: Failure) -> Iterator[Line]:
    """Everything that is said of a failure."""
    result = failure.best
    law = clause(result.clause)
    cause = report.causes.get((result.id, result.clause), Cause())
    yield Line("clause", law.text)
    if result.known:
        yield Line("known", result.known)
    if result.message:
        yield Line("found", result.message)
    if before := report.good_before.get((result.id, result.clause)):
        yield Line("before", f"it was right {'once' if before == 1 else f'{before} times'} before this")
    if about := report.abouts.get(result.scenario):
        yield Line("during", f"{result.scenario}: {about}")
    for label, text in (("expected", result.expected), ("got", result.actual)):
        if text:
            yield Line(label, text, prose=False)
    yield from _difference(result, cause)
    yield from explained(cause)
    yield from (Line("mend", text) for text in mends(cause, law.mend))
    for mark in result.evidence[:_MARKS]:
        event = report.transcript_event(mark)
        if event is not None:
            text = f"{mark.transcript}, event {mark.event}: {event_text(event)}"
            yield Line("evidence", text, prose=False)
    if not result.id.startswith("transcript."):
        yield from (
            Line("printed", text) for text in report.words.get(result.scenario, "").splitlines()[-_PRINTED:]
        )
    yield Line("again", again(report.settings, result, report.folder), prose=False)
    yield Line("see", f"SPEC.md#{law.anchor}; dispatch-conformance explain {law.id}", prose=False)
    yield from _others(failure, report.folder)


def explained(cause: Cause) -> Iterator[Line]:
    """The guesses: the strong ones whole, of the weak ones the names where they are many."""
    strong = [guess for guess in cause.guesses if guess.certainty is not Certainty.POSSIBLE]
    weak = [guess for guess in cause.guesses if guess.certainty is Certainty.POSSIBLE]
    few = [*strong, *weak] if len(weak) <= _POSSIBLE else strong
    places: set[str] = set()
    for guess in few:
        said, _, place = guess.text.partition(_PLACE)
        yield Line(_LABELS.get(guess.certainty, "unknown"), said if place in places else guess.text)
        places |= {place} - {""}
    if few == strong and weak:
        yield Line("possible", f"less likely, but it fits as well: {', '.join(guess.name for guess in weak)}")


def mends(cause: Cause, law: str) -> Iterator[str]:
    """How to mend it: what each strong guess says, then what the clause says."""
    strong = [guess for guess in cause.guesses if guess.certainty is not Certainty.POSSIBLE and guess.mend]
    advice = {guess.mend: guess for guess in reversed(strong or [*cause.guesses[:1]]) if guess.mend}
    for mend, guess in reversed(advice.items()):
        where = f"if it is {guess.name}: " if len(advice) > 1 and guess.name else ""
        yield _sentence(f"{where}{mend}")
    yield law


def again(settings: Settings, result: CheckResult, out: Path | None = None) -> str:
    """The command that runs the scenario of a result again: from its case, if one was written."""
    if settings.attach is None and out is not None:
        case = str(case_path(out, result.id))
        words = ["replay", case, "--worker", settings.command]
    else:
        worker = attached(settings.attach) if settings.attach is not None else ("--worker", settings.command)
        words = ["run", *worker, "--only", result.scenario, "--seed", str(settings.seed)]
        words += ["--profile", "quick"] if settings.quick else []
    words += ["--timeout-scale", f"{settings.scale:g}"] if settings.scale != 1 else []
    return shlex.join(["dispatch-conformance", *words])


def _difference(result: CheckResult, cause: Cause) -> Iterator[Line]:
    """Where the two sides first differ. Of two digests that would say nothing."""
    yield from (Line("differ", text) for text in cause.differences[:2])
    digests = _DIGEST.match(result.expected) and _DIGEST.match(result.actual)
    difference = first_difference(result.expected, result.actual)
    if difference is None or digests or not result.expected.startswith(('"', "{", "[")):
        return
    if not cause.differences:
        place = f"at character {difference.place}: {difference.expected} expected, {difference.actual} got"
        yield Line("differ", place)
    yield Line("bytes", f"expected {difference.expected_bytes}", prose=False)
    yield Line("", f"got      {difference.actual_bytes}", prose=False)


def _others(failure: Failure, out: Path | None) -> Iterator[Line]:
    """What else shows the same clause broken, and the other clauses that the same mistake breaks."""
    for label, results in (("also", failure.same), ("follows", failure.follow)):
        for other in results[:_ALSO]:
            case = f" [{case_path(out, other.id)}]" if out is not None else ""
            name = f"{other.id}, {other.clause} {other.level}{_times(other)}{_repeats(other)}"
            yield Line(label, f"{name}: {other.message}{case}")
        if len(results) > _ALSO:
            yield Line(label, f"and {len(results) - _ALSO} more checks")


def _times(result: CheckResult) -> str:
    if result.observations < 2:
        return ""
    return f", {result.against} of {result.observations} observations"


def _repeats(result: CheckResult) -> str:
    return f", {result.repeats.label}" if result.repeats else ""


def _sentence(text: str) -> str:
    full = text[:1].upper() + text[1:]
    return full if full.endswith((".", "!", "?")) else f"{full}."
