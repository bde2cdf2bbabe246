"""`list`: every scenario, what it does, and its checks with their clauses; all, or those asked for."""

import json
from collections.abc import Iterator, Mapping

import msgspec
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance.catalogue import PASSIVE, all_scenarios, passive_checks
from dispatch_conformance.commands.options import Actions, Options, level
from dispatch_conformance.selection import may_be, names, nearest, require_known

_ABOUT: Mapping[str, str] = {
    "transcript": "What the frames of every scenario show by themselves.",
    "life": "Whether a worker that a scenario started registers, and stays.",
}


class Check(msgspec.Struct, frozen=True):
    """One check: its clause, its level with its conditions, and the clause's text."""

    id: str
    clause: str
    level: str
    text: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario, or the checks that every scenario may make; `seconds` on a good worker."""

    name: str
    area: str
    about: str
    seconds: float = 0
    waits: bool = False
    checks: tuple[Check, ...] = ()


def add_parser(actions: Actions) -> None:
    """Add `list`."""
    parser = actions.add_parser(
        "list",
        help="list scenarios and checks",
        description="List every scenario with its checks, their clauses and levels, or those asked for.",
    )
    parser.set_defaults(action=list_checks)
    parser.add_argument("prefixes", metavar="PREFIX", nargs="*", help="what begins so, as for run --only")
    parser.add_argument(
        "--level", type=level, metavar="LEVEL", help="only checks of this level: must, should or may"
    )
    parser.add_argument("--area", metavar="AREA", help="one area, such as tasks")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def list_checks(options: Options) -> int:
    """Print them. Raises UsageError where nothing fits."""
    for prefix in options.prefixes:
        require_known(prefix)
    areas = [entry.area for entry in _everything()]
    if options.area is not None and options.area not in areas:
        raise UsageError(f"there is no area {shown(options.area, 60)}{nearest(options.area, areas)}")
    narrowed = bool(options.prefixes or options.level)
    fitting = [_narrowed(entry, options) for entry in _everything() if options.area in {None, entry.area}]
    found = [entry for entry in fitting if entry.checks or not narrowed]
    if not found:
        raise UsageError("no check fits all of this")
    if options.format == "json":
        print(json.dumps(msgspec.to_builtins(found), indent=1))
        return 0
    for entry in found:
        print(f"{entry.name}{' (waits)' if entry.waits else ''}: {entry.about}")
        for check in entry.checks:
            print(f"  {check.id:40} {check.clause:10} {check.level}")
    return 0


def _everything() -> Iterator[Listed]:
    for entry in all_scenarios():
        yield Listed(
            name=entry.name,
            area=entry.area,
            about=entry.about.splitlines()[0] if entry.about else "",
            seconds=entry.seconds,
            waits=entry.waits,
            checks=_checks(entry.check_ids()),
        )
    for beginning in PASSIVE:
        area = beginning.rstrip(".")
        checks = {check: law for check, law in passive_checks().items() if check.startswith(beginning)}
        yield Listed(name=area, area=area, about=_ABOUT[area], checks=_checks(checks))


def _checks(ids: Mapping[str, str]) -> tuple[Check, ...]:
    return tuple(Check(check, law, clause(law).level_label, clause(law).text) for check, law in ids.items())


def _narrowed(entry: Listed, options: Options) -> Listed:
    """The same with those of its checks that are asked for."""

    def asked(check: Check) -> bool:
        texts = (check.id, entry.name)
        named = any(names(prefix, text, check.clause) for prefix in options.prefixes for text in texts)
        levels = [options.level] if options.level else []
        return (named or not options.prefixes) and may_be(check.clause, levels)

    return msgspec.structs.replace(entry, checks=tuple(filter(asked, entry.checks)))
