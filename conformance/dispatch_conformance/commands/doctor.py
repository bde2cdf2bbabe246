"""`doctor`: why nothing was tested. Starts a worker, watches how far it comes, and says what to do.

Exit codes: 0 healthy; 1 a reason was found; 2 misuse.
"""

import textwrap
from collections.abc import Iterator
from typing import Final

from dispatch_conformance.commands.options import Actions, Options, add_worker
from dispatch_conformance.doctor.evidence import Evidence, Patience
from dispatch_conformance.doctor.observe import observe
from dispatch_conformance.doctor.reason import Reason
from dispatch_conformance.doctor.reasons import reason_of
from dispatch_conformance.execution import supervised
from dispatch_conformance.report.plain import visible

_WIDE: Final = 110
_LINE: Final = 300


def add_parser(actions: Actions) -> None:
    """Add `doctor`."""
    parser = actions.add_parser(
        "doctor",
        help="find out why nothing was tested",
        description="Start a worker, watch how far it comes, and say why nothing was tested and what to do.",
        epilog="exit codes: 0 nothing is wrong, 1 a reason was found, 2 misuse",
    )
    parser.set_defaults(action=doctor)
    add_worker(parser)


def doctor(options: Options) -> int:
    """Observe the worker and print the reason, what was seen, and what to do."""
    scale = options.timeout_scale
    normal = Patience()
    patience = Patience(**{name: getattr(normal, name) * scale for name in Patience.__slots__})
    seen = supervised(observe(options.worker, patience))
    reason = reason_of(seen)
    for line in told(seen, reason):
        print(line)
    return 0 if reason.healthy else 1


def told(seen: Evidence, reason: Reason) -> Iterator[str]:
    """The report, line by line; nothing hostile is left in it."""
    yield from textwrap.wrap(f"{reason.name}: {reason.sentence}", _WIDE, subsequent_indent="  ")
    yield from ("", "seen")
    for line in sights(seen):
        yield from textwrap.wrap(visible(line, _LINE), _WIDE, initial_indent="  ", subsequent_indent="    ")
    if seen.printed and not reason.healthy:
        yield "  its last lines:"
        yield from (f"    {visible(line, _LINE)}" for line in seen.printed.splitlines())
    yield from ("", "next")
    for advice in reason.advice:
        yield from textwrap.wrap(visible(advice, 600), _WIDE, initial_indent="  ", subsequent_indent="    ")


def sights(seen: Evidence) -> Iterator[str]:
    """What was seen, step by step; not escaped."""
    if seen.cannot_start:
        yield f"the command's first word is {seen.words[0]}; no process was started"
        return
    yield f"it was told COORDINATOR_URL={seen.url}"
    for visit in seen.visits[:3]:
        yield f"there came {visit.kind}" + (f": {visit.request}" if visit.request else "")
    if not seen.visits:
        yield "nobody came there"
    for port, variable, visit in seen.astray[:3]:
        where = f"the address in {variable}" if variable else f"port {port}"
        yield f"at {where}, which is not its address, there came {visit.kind}"
    for port in seen.taken:
        yield f"port {port} is in use: whether it connects there could not be seen"
    if seen.opened is not None:
        yield f"a WebSocket after {seen.opened:.1f} s"
    if seen.kinds:
        yield f"its frames: {', '.join(seen.kinds)}"
    if seen.registered is not None:
        yield f"a register after {seen.registered:.1f} s"
    if seen.closed:
        yield f"its connection ended by its doing: {seen.closed}"
    yield (
        f"the process ended by itself: {seen.ending}" if seen.ending else "the process ran until it was ended"
    )
