"""The page as a whole: one file, its style and script within it, everything else refused by its own policy.

All of the report stands in the page as it is; the script only filters, unfolds and moves. Texts are bounded
so that no worker can make the page too large to be opened: the more clauses are broken, the less of each text
is shown; the transcripts beside it hold all.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_protocol.clauses import Clause, areas

from dispatch_conformance.report.html.elements import Content, document, element, raw
from dispatch_conformance.report.html.entry import clause_entry
from dispatch_conformance.report.html.frames import MAX_FRAMES
from dispatch_conformance.report.html.head import banner, facts, slips, to_mend
from dispatch_conformance.report.html.standing import (
    OPEN,
    Judged,
    failed,
    judged,
    standing,
    tally,
    unexamined,
)
from dispatch_conformance.report.html.tools import keys, tools
from dispatch_conformance.report.html.values import MAX_TEXT, clause_prose
from dispatch_conformance.report.model import Report
from dispatch_conformance.scenarios import UNCHECKED

MAX_PAGE: Final = 8_000_000
"""How many characters the page may have."""

MIN_TEXT: Final = 60
"""How many characters of one text it shows in any case."""

_TEXTS: Final = 600_000
"""How many characters of evidence are tried first: of hostile text each may become ten."""


def page(report: Report) -> str:
    """The text of report.html."""
    open_checks = sum(standing(result) in OPEN for result in report.results)
    limit = max(MIN_TEXT, min(MAX_TEXT, _TEXTS // (MAX_FRAMES * open_checks or 1)))
    text = _page(report, limit)
    while len(text) > MAX_PAGE and limit > MIN_TEXT:
        limit = max(MIN_TEXT, limit // 2)
        text = _page(report, limit)
    return text


def _page(report: Report, limit: int) -> str:
    """The page in which every text has at most `limit` characters."""
    found = failed(report)
    by_area = tuple(judged(report, found))
    counts = tally([entry for _, entries in by_area for entry in entries])
    body = element(
        "body",
        element("a", "Skip to the clauses", href="#clauses", class_="skip"),
        banner(report, counts),
        element("div", element("div", *to_mend(found), *slips(report)), facts(report), class_="top"),
        tools(counts, [area for area, _ in by_area]),
        element("main", *_areas(report, by_area, limit), *_closing(report), id="clauses", tabindex="-1"),
        _foot(report, limit),
        keys(),
        raw("script", _file("script.js")),
    )
    return document(element("html", _head(report), body, lang="en"))


def policy() -> str:
    """What the page may load: nothing but the style and the script within it."""
    return (
        f"default-src 'none'; style-src '{_digest('style.css')}'; script-src '{_digest('script.js')}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _file(name: str) -> str:
    """A static part of the page, as it ships with this package."""
    return files("dispatch_conformance.report.html").joinpath(name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    return f"sha256-{b64encode(sha256(_file(name).encode('utf-8')).digest()).decode('ascii')}"


def _head(report: Report) -> Element:
    words = report.reason[:80]
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{words} – Dispatch conformance"),
        raw("style", _file("style.css")),
    )


def _areas(report: Report, by_area: Sequence[tuple[str, Sequence[Judged]]], limit: int) -> Iterator[Element]:
    titles = areas()
    for area, entries in by_area:
        counts = tally(entries)
        told = ", ".join(f"{count} {state.words}" for state, count in counts.items())
        heading = element(
            "h2",
            titles[area],
            " ",
            element("span", area, class_="id"),
            " ",
            element("span", told, class_="division"),
            id=f"area-{area}",
        )
        articles = (clause_entry(report, entry, limit) for entry in entries)
        yield element("section", heading, *articles, class_="area", aria_labelledby=f"area-{area}")


def _closing(report: Report) -> Iterator[Element]:
    """What is said where a filter leaves nothing; the clauses of which this run says nothing, and why."""
    yield element("p", "No clause fits this filter.", id="none", hidden=True)
    left = unexamined(report)
    if left:
        lines = (element("li", element("span", law.id, class_="id"), " ", *_why(law)) for law in left)
        head = element("summary", f"{len(left)} clauses without a verdict in this run")
        yield element("details", head, element("ul", *lines), class_="unexamined")


def _why(law: Clause) -> Iterator[Content]:
    """The clause, and the reason where it is not the selection of this run."""
    reason = UNCHECKED.get(law.id) or law.untestable_reason
    said = f"{law.text} {reason[:1].upper()}{reason[1:]}." if reason else law.text
    return clause_prose(said)


def _foot(report: Report, limit: int) -> Element:
    place = "Beside this page" if report.folder is not None else "In the folder that --out writes"
    return element(
        "footer",
        element(
            "p",
            f"Texts are cut to {limit} characters; of a check {MAX_FRAMES} events are shown. {place}: "
            "results.json, transcripts/ (every frame whole), output/ (all that the worker printed), "
            "cases/ (every failure, to be replayed).",
        ),
        element("p", f"dispatch-conformance {report.origin.suite_version}"),
    )
