"""One clause: its line, and below it everything that a reader needs to mend what is wrong."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_conformance.report.entries import Line, again, entry
from dispatch_conformance.report.groups import BROKEN, Failure
from dispatch_conformance.report.html.elements import Content, element
from dispatch_conformance.report.html.frames import evidence
from dispatch_conformance.report.html.pieces import badge, command, flag, link
from dispatch_conformance.report.html.standing import OPEN, Judged, Standing, parts, standing
from dispatch_conformance.report.html.values import (
    byte_rows,
    clause_prose,
    clipped,
    difference_of,
    prose,
    shortened,
    side,
)
from dispatch_conformance.report.model import Report
from dispatch_conformance.verdicts import CheckResult

_SENTENCE: Final = 300
"""How much of what was found the line of a clause shows."""

Row = tuple[str, tuple[Content, ...]]
"""A label, and what stands beside it."""

_LABELS: Final = {
    "found": "Found",
    "during": "During",
    "before": "Before",
    "differ": "Difference",
    "cause": "Cause",
    "likely": "Likely cause",
    "possible": "Possible cause",
    "unknown": "Cause",
    "mend": "Mend",
    "printed": "Printed",
}
"""The lines of an entry that are told here as they are, by their labels."""


def clause_entry(report: Report, judged: Judged, limit: int) -> Element:
    """The article of a clause; `limit` bounds every text in it."""
    unfolded = element("div", *_checks(report, judged, limit), class_="body")
    return element(
        "article",
        element("details", _line(judged, limit), unfolded),
        id=judged.law.id,
        data_standing=judged.standing,
        data_level=judged.level,
        data_area=judged.law.section,
        class_=judged.standing,
    )


def _line(judged: Judged, limit: int) -> Element:
    """What is seen of a clause that is folded up."""
    best, law = judged.results[0], judged.law
    line = element(
        "summary",
        badge(judged.standing),
        " ",
        element("span", law.id, class_="id"),
        " ",
        element("span", judged.level, class_=f"level {judged.level.lower()}"),
        " ",
        element("span", *clause_prose(law.text), class_="sentence"),
    )
    if judged.standing in OPEN and best.message:
        line.append(element("span", *prose(clipped(best.message, min(limit, _SENTENCE))), class_="found"))
    if best.repeats is not None:
        line.append(flag(best.repeats.label))
    return line


def _checks(report: Report, judged: Judged, limit: int) -> Iterator[Element]:
    """The first check in full, others of which there is something to tell folded up, the rest in a table."""
    first, *others = judged.results
    if standing(first) in OPEN:
        yield _told(report, first, limit, judged.failure)
    for result in others:
        if standing(result) in OPEN:
            head = element("summary", badge(standing(result)), " ", element("code", result.id))
            if result.message:
                found = prose(clipped(result.message, min(limit, _SENTENCE)))
                head.append(element("span", " ", *found, class_="found"))
            yield element("details", head, _told(report, result, limit), class_="check")
    yield _table(judged.results)


def _told(report: Report, result: CheckResult, limit: int, failure: Failure | None = None) -> Element:
    """Everything about one check, as labelled rows."""
    told = element("dl", class_="told")
    rows = [*_rows(report, result, limit), *_related(result, failure)]
    for label, group in groupby(rows, lambda row: row[0]):
        told.append(element("dt", label))
        told.extend(element("dd", *content) for _, content in group)
    return told


def _rows(report: Report, result: CheckResult, limit: int) -> Iterator[Row]:
    """The rows of a check, in the order in which a reader needs them."""
    lines = [line for line in entry(report, Failure(result)) if line.label in _LABELS]
    yield from _lines(lines, limit, "found", "during", "before")
    if result.known:
        yield "Known", tuple(prose(result.known, limit))
    if result.repeats is not None:
        yield "Repeated", (result.repeats.label,)
    yield from _sides(result, limit, told=any(line.label == "differ" for line in lines))
    broken = result.verdict in BROKEN
    yield from _lines(
        lines, limit, "differ", "cause", "likely", "possible", "unknown", "mend" if broken else ""
    )
    for event in evidence(report, result.evidence, limit):
        yield "Evidence", (event,)
    for line in lines:
        if line.label == "printed":
            yield "Printed", (element("code", *shortened(line.text, limit)),)
    yield "Again", (command(again(report.settings, result), limit),)
    if report.folder is not None and broken and report.settings.attach is None:
        note = element("span", "or its case alone, in the folder of this page:", class_="note")
        yield "Again", (note, command(again(report.settings, result, Path()), limit))
    yield "See", (command(f"dispatch-conformance explain {result.clause}", limit),)


def _lines(lines: Sequence[Line], limit: int, *labels: str) -> Iterator[Row]:
    """The lines of these labels, as sentences."""
    for line in lines:
        if line.label in labels:
            yield _LABELS[line.label], tuple(prose(line.text, limit))


def _sides(result: CheckResult, limit: int, *, told: bool) -> Iterator[Row]:
    """Expected and got, the bytes where they first differ; in words as well, unless that is `told`."""
    difference = difference_of(result.expected, result.actual)
    place = difference.place if difference is not None else None
    for label, text in (("Expected", result.expected), ("Got", result.actual)):
        if text:
            yield label, (side(text, place, limit),)
    if difference is not None:
        yield "Bytes", (byte_rows(result.expected, result.actual, difference.place),)
        if not told:
            where = (
                f"at character {difference.place}: {difference.expected} expected, {difference.actual} got"
            )
            yield _LABELS["differ"], (where,)


def _related(result: CheckResult, failure: Failure | None) -> Iterator[Row]:
    """The clause that tells of this failure best, or the others that the same mistake breaks."""
    if failure is None:
        return
    best = failure.best.clause
    if best != result.clause:
        yield "Belongs to", (link(best), ", which the same mistake breaks and which shows it best")
        return
    others = dict.fromkeys(other.clause for other in parts(failure) if other.clause != best)
    if others:
        links = [piece for clause in others for piece in (", ", link(clause))]
        yield "Follows", ("the same mistake breaks ", *links[1:])


def _table(results: tuple[CheckResult, ...]) -> Element:
    """Every check of the clause, in a line each."""
    rows = (
        element(
            "tr",
            element("td", badge(standing(result))),
            element("td", element("code", result.id)),
            element("td", f"in {result.scenario}" if result.scenario else ""),
            element("td", _times(result), class_="figure"),
        )
        for result in results
    )
    return element("table", element("caption", "Checks"), element("tbody", *rows), class_="checks")


def _times(result: CheckResult) -> str:
    """How often it was observed, and how often as it was judged."""
    if standing(result) is Standing.NOT_APPLICABLE:
        return ""
    if result.observations < 2:
        return "observed once"
    against = f"{result.against} of " if result.against else ""
    return f"{against}{result.observations} observations"
