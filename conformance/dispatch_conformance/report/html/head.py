"""The head of the page: the verdict at a glance, what to mend, and where the results come from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_conformance.report.conclusion import CONFORMANT, FAILED, NOTHING_JUDGED, UNDECIDED
from dispatch_conformance.report.groups import Failure
from dispatch_conformance.report.html.elements import Content, element
from dispatch_conformance.report.html.pieces import badge, command, flag, link, sign
from dispatch_conformance.report.html.standing import Standing, accepted, parts, standing
from dispatch_conformance.report.html.values import clipped, prose, shortened
from dispatch_conformance.report.model import Report
from dispatch_conformance.verdicts import Verdict

_TEXT: Final = 600
"""How much of one text the head shows."""

_MESSAGE: Final = 160
"""How much of what was found stands in the list of what to mend."""

_ERRORS: Final = 50
"""How many of the suite's own failures are shown."""

_WORDS: Final = {
    CONFORMANT: ("Passed", Standing.PASS),
    FAILED: ("Failed", Standing.FAIL),
    UNDECIDED: ("Undecided", Standing.INCONCLUSIVE),
    NOTHING_JUDGED: ("Nothing judged", Standing.NOT_TESTABLE),
}


def banner(report: Report, counts: Mapping[Standing, int]) -> Element:
    """Verdict, reason, and how the clauses divide; `counts` are those of the clauses."""
    word, state = _WORDS[report.exit_code]
    reason = report.reason[:1].upper() + report.reason[1:]
    return element(
        "header",
        element("p", "Dispatch worker protocol: conformance of a worker", class_="kicker"),
        element("h1", sign(state), " ", word, class_=str(state)),
        element("p", *shortened(reason, _TEXT), f" (exit {report.exit_code})", class_="reason"),
        _proportions(counts),
        element("p", *_counted(report, sum(counts.values())), class_="counted"),
        element("button", "Theme: as the system", type="button", id="theme", hidden=True),
        class_="banner",
    )


def to_mend(found: Sequence[Failure]) -> Iterator[Element]:
    """The failures, each in a line, the most pressing first; those that are known apart."""
    fresh = [failure for failure in found if not accepted(failure)]
    known = [failure for failure in found if accepted(failure)]
    for title, group, name in (("To mend", fresh, "mend"), ("Known and accepted", known, "known")):
        if group:
            lines = element("ol", *map(_to_mend, group))
            heading = element("h2", title, id=f"{name}-title")
            yield element("nav", heading, lines, class_="mend", id=name, aria_labelledby=f"{name}-title")


def facts(report: Report) -> Element:
    """Which worker was judged, by what, where and when."""
    origin, settings = report.origin, report.settings
    kind = f"{report.provider_type or 'unknown'} with {', '.join(report.capabilities[:10]) or 'nothing'}"
    rows: tuple[tuple[str, Content], ...] = (
        ("Worker", _text(report.pubkey or "unknown", code=True)),
        ("Registered as", _text(kind)),
        ("Command", command(settings.command, _TEXT) if settings.command else _text("started elsewhere")),
        ("Seed", _text(str(settings.seed), code=True)),
        ("Options", _text(_options(report))),
        ("Started", element("time", origin.started, datetime=origin.started)),
        ("Duration", _text(_duration(report))),
        ("Host", _text(f"{origin.host.platform}, {origin.host.cpus} processors, {origin.host.python}")),
        ("Suite", _text(f"{origin.suite_version}, specification {origin.spec_version}")),
        ("Requirement set", _text(origin.requirements, code=True)),
    )
    listed = element("dl", *(part for name, value in rows for part in (element("dt", name), _dd(value))))
    heading = element("h2", "The run", id="facts-title")
    return element("section", heading, listed, class_="facts", aria_labelledby="facts-title")


def slips(report: Report) -> Iterator[Element]:
    """What went wrong beside the clauses: stale entries of the baseline, the suite's errors, last words."""
    if report.stale:
        stale = (
            element("li", element("code", entry.check), " ", *shortened(entry.reason, _TEXT))
            for entry in report.stale
        )
        yield _apart("Stale in the baseline: remove these", element("ul", *stale), "stale")
    if report.errors:
        shown = [element("li", *shortened(error, _TEXT)) for error in report.errors[:_ERRORS]]
        if len(report.errors) > _ERRORS:
            shown.append(element("li", f"and {len(report.errors) - _ERRORS} more: results.json"))
        yield _apart("The suite's own failures", element("ul", *shown), "errors")
    if report.last_words:
        words = element("pre", class_="value")
        for line in report.last_words.splitlines():
            words.append(element("span", *shortened(line, _TEXT), class_="row"))
        yield _apart("The worker's last words", words, "words")


def _to_mend(failure: Failure) -> Element:
    best = failure.best
    others = dict.fromkeys(other.clause for other in parts(failure) if other.clause != best.clause)
    line = element("li", badge(standing(best)), " ", link(best.clause), " ")
    line.append(element("span", *prose(clipped(best.message or best.id, _MESSAGE)), class_="message"))
    if best.known:
        line.append(element("span", "known: ", *prose(best.known, _TEXT), class_="note"))
    if best.repeats is not None:
        line.append(flag(best.repeats.label))
    if others:
        links = [piece for clause in others for piece in (", ", link(clause))]
        line.append(element("span", "breaks as well: ", *links[1:], class_="note"))
    return line


def _proportions(counts: Mapping[Standing, int]) -> Element:
    """A bar that repeats the figures below it."""
    total, at = sum(counts.values()) or 1, 0.0
    bar = element("svg", class_="bar", viewBox="0 0 100 1", preserveAspectRatio="none", aria_hidden="true")
    for state, count in counts.items():
        width = 100 * count / total
        rect = element("rect", x=f"{at:.3f}", y="0", width=f"{width:.3f}", height="1", class_=str(state))
        bar.append(rect)
        at += width
    return bar


def _counted(report: Report, clauses: int) -> Iterator[Content]:
    checks, scenarios = _many(len(report.results), "check"), _many(report.scenarios, "scenario")
    yield f"{_many(clauses, 'clause')} judged by {checks} in {scenarios}: "
    counts = [(verdict, report.counts[verdict]) for verdict in Verdict if report.counts.get(verdict)]
    for place, (verdict, count) in enumerate(counts):
        yield ", " if place else ""
        yield element("span", f"{count} {verdict.replace('_', ' ')}", class_="nowrap")
    known = sum(bool(result.known) for result in report.results)
    if known:
        yield f"; {known} of them known"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _options(report: Report) -> str:
    """What the run was told that changes what its verdicts mean."""
    settings = report.settings
    said = [f"profile {settings.profile}"]
    said += [] if settings.fuzz else ["no random search"]
    said += [f"only {', '.join(settings.only)}"] if settings.only else []
    said += [f"without {', '.join(settings.exclude)}"] if settings.exclude else []
    said += [f"only {', '.join(settings.only_levels)}"] if settings.only_levels else []
    said += [f"a breached {settings.level} fails"]
    said += [f"time-outs × {settings.scale:g}"] if settings.scale != 1 else []
    said += [f"baseline {settings.baseline}"] if settings.baseline else []
    return "; ".join(said)


def _duration(report: Report) -> str:
    stalled = f", of which the host stalled for {report.stalls:.1f} s" if report.stalls else ""
    return f"{report.seconds:.1f} s{stalled}"


def _text(text: str, *, code: bool = False) -> Element:
    return element("code" if code else "span", *shortened(text, _TEXT))


def _dd(value: Content) -> Element:
    return element("dd", value)


def _apart(title: str, content: Element, name: str) -> Element:
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, content, class_=f"slip {name}", aria_labelledby=f"{name}-title")
