"""The page of one clause: its sentence, what the suite sends, what it expects, how workers break it, and how
one looks that does. Made of the clauses, the scenarios that declare the clause, and the stored examples.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from dispatch_protocol.clauses import Clause, areas, for_role
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import Role

from dispatch_conformance import catalogue
from dispatch_conformance.explain.examples import MAX_TEXT, Example, examples
from dispatch_conformance.report.plain import visible
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.scenarios import PASSIVE, UNCHECKED

_BESIDE: Final = ("fuzz", "replay")


def explained(wanted: str) -> str:
    """The page of a clause, or the list of those whose ids begin so. Raises UsageError for neither."""
    name = wanted.strip().upper()
    bound = {entry.id: entry for entry in for_role(Role.WORKER)}
    if name in bound:
        return "\n".join(page(bound[name]))
    begun = [entry for entry in bound.values() if name and entry.id.startswith(name)]
    if begun:
        return "\n".join(f"{entry.id:10} {entry.level_label:28} {entry.text}" for entry in begun)
    near = get_close_matches(name, [*bound, *areas()], n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `explain W` lists them all"
    raise UsageError(f"no clause that binds workers is called {shown(wanted, 60)!r}, or begins so{hint}")


def page(law: Clause) -> Iterator[str]:
    """The lines of one clause's page; what broken workers sent is escaped."""
    yield f"{law.id}  {law.level_label}  ({areas()[law.section]}; source: {law.source})"
    yield f"  {law.text}"
    yield from _section("What the suite does", _sent(law))
    example = examples().get(law.id)
    if example is not None:
        yield from _section("How workers break it", (f"it {mistake}" for mistake in example.mistakes))
        yield from _section(f"A worker that {example.mistakes[0]}", _broken(example))
    yield from _section("How it is mended", (law.mend,))
    yield ""
    yield f"See SPEC.md#{law.anchor}."


def _section(title: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    yield from (f"  {line}" for line in lines)


def _sent(law: Clause) -> Iterator[str]:
    """The scenarios that declare the clause, with their checks; the passive rules; or why there is none."""
    if law.untestable_reason:
        yield f"nothing: {law.untestable_reason}"
    for entry in catalogue.all_scenarios():
        checks = [check for check, clause_id in entry.check_ids().items() if clause_id == law.id]
        if checks and entry.area not in _BESIDE:
            yield f"{entry.name}: {_about(entry)}"
            yield f"  checks {', '.join(checks)}"
    beside = [entry.name for entry in catalogue.all_scenarios() if _judges(entry, law)]
    if beside:
        yield f"and with other inputs: {', '.join(beside)}"
    if law.id in PASSIVE:
        yield f"transcript.{law.id}: every frame of every scenario is judged, surely in {PASSIVE[law.id]}"
    if law.id in UNCHECKED:
        yield f"no check: {UNCHECKED[law.id]}"


def _about(entry: Scenario) -> str:
    return " ".join(entry.about.split())


def _judges(entry: Scenario, law: Clause) -> bool:
    return entry.area in _BESIDE and law.id in entry.checks.values()


def _broken(example: Example) -> Iterator[str]:
    """What was seen of the worker, and what the suite said of it."""
    for event in example.events:
        yield visible(event, MAX_TEXT * 2)
    yield f"{example.check} says: {visible(example.found, MAX_TEXT)}"
    for label, text in (("expected", example.expected), ("got", example.actual)):
        if text:
            yield f"  {label}: {visible(text, MAX_TEXT * 2)}"
