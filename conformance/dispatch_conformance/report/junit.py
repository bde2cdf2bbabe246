"""`junit.xml`: the results as test suites, as CI servers read them.

A suite for every area, a case for every check. What fails the run is a failure, what keeps it undecided an
error, what is known, open or does not apply is skipped with its reason, and a warning is a case that passes
with its text as output. Shape: the JUnit schema of Jenkins, junit-4 to junit-10.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dispatch_protocol.clauses import Level

from dispatch_conformance.report.causes import CheckName
from dispatch_conformance.report.conclusion import CONFORMANT, fails
from dispatch_conformance.report.facts import facts
from dispatch_conformance.report.lines import counted, entry_lines
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import visible
from dispatch_conformance.verdicts import CheckResult, Verdict

_MESSAGE: Final = 400
_TEXT: Final = 2_000
_LISTED: Final = 1_000
"""How many of the suite's own failures, and of stale entries, become cases."""


def junit(report: Report) -> str:
    """The text of junit.xml. Every letter in it is one that XML 1.0 allows: the others are escapes."""
    suites = [*_areas(report), *_beside(report)]
    judged = sum(len(suite.findall("testcase")) for suite in suites)
    if not any(suite.get(kind) != "0" for suite in suites for kind in ("failures", "errors")):
        suites += _conclusion(report, judged)
    root = Element("testsuites", name="dispatch-conformance", time=f"{report.seconds:.3f}")
    for kind in ("tests", "failures", "errors"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in suites)))
    root.extend(suites)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _areas(report: Report) -> Iterator[Element]:
    """A suite for every area, in the order of the specification's clauses."""
    lines = entry_lines(report)
    by_area: dict[str, list[CheckResult]] = {}
    for result in report.results:
        by_area.setdefault(result.id.partition(".")[0], []).append(result)
    for area, results in by_area.items():
        yield _suite(report, area, [_case(report, result, lines) for result in results])


def _beside(report: Report) -> Iterator[Element]:
    """What went wrong beside the checks: the suite's own failures, and entries of the baseline."""
    errors = []
    for number, text in enumerate(report.errors[:_LISTED], 1):
        case = Element("testcase", classname="dispatch.suite", name=f"the suite's own failure {number}")
        _said(case, "error", "the suite itself failed", visible(text, _TEXT), kind="suite")
        errors.append(case)
    stale = []
    for entry in report.stale[:_LISTED]:
        name = f"{visible(entry.check, _MESSAGE)} {entry.clause}"
        case = Element("testcase", classname="dispatch.baseline", name=name)
        text = f"fails no more: remove it from the baseline, where its reason is: {visible(entry.reason)}"
        _said(case, "failure", "stale in the baseline", text, kind="stale")
        stale.append(case)
    for area, cases in (("suite", errors), ("baseline", stale)):
        if cases:
            yield _suite(report, area, cases)


def _conclusion(report: Report, judged: int) -> Iterator[Element]:
    """A case for a run that is no success though none of its cases tells, or that has none."""
    if report.exit_code == CONFORMANT and judged:
        return
    case = Element("testcase", classname="dispatch.run", name="conclusion")
    if report.exit_code != CONFORMANT:
        words = visible(report.reason, _TEXT)
        last = (visible(line, _TEXT) for line in report.last_words.splitlines())
        _said(case, "error", words, "\n".join([words, *last]), kind="undecided")
    yield _suite(report, "run", [case])


def _suite(report: Report, area: str, cases: list[Element]) -> Element:
    """A suite with these cases. The suite does not time checks one by one, so that none says a time."""
    suite = Element("testsuite", name=f"dispatch.{area}", tests=str(len(cases)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("timestamp", report.origin.started.partition(".")[0])
    properties = SubElement(suite, "properties")
    for name, value in facts(report).items():
        SubElement(properties, "property", name=name, value=visible(value))
    suite.extend(cases)
    SubElement(suite, "system-out").text = f"{visible(report.reason, _TEXT)}; {counted(report)}"
    return suite


def _case(report: Report, result: CheckResult, lines: Mapping[CheckName, tuple[str, ...]]) -> Element:
    area = result.id.partition(".")[0]
    case = Element("testcase", classname=f"dispatch.{area}", name=f"{result.id} {result.clause}")
    text = "\n".join(lines.get((result.id, result.clause), ()))
    words = visible(result.message, _MESSAGE)
    match result.verdict:
        case Verdict.PASS:
            pass
        case _ if fails(result, report.settings.level):
            _said(case, "failure", words, text, kind=f"{result.clause} {result.level}")
        case Verdict.INCONCLUSIVE if result.level is Level.MUST and report.exit_code != CONFORMANT:
            _said(case, "error", words, words, kind=f"{result.clause} inconclusive")
        case _ if result.known:
            SubElement(case, "skipped").text = f"known: {visible(result.known, _TEXT)}"
            SubElement(case, "system-out").text = text
        case Verdict.WARN:
            SubElement(case, "system-out").text = f"WARN {result.clause} {result.level}: {words}\n{text}"
        case _:
            SubElement(case, "skipped").text = f"{result.verdict.replace('_', ' ')}: {words}"
    return case


def _said(case: Element, name: str, message: str, text: str, *, kind: str) -> None:
    SubElement(case, name, message=message, type=kind).text = text
