"""The actions of `dispatch-conformance`, a module each.

A module here has `add_parser(actions)`, which adds its parser and sets the default `action`: a function from
the parsed arguments to the exit code, which may raise UsageError. ACTIONS names them in the order in which
`--help` lists them.
"""

from types import ModuleType
from typing import Final

from dispatch_conformance.commands import badge, compare, doctor, explain, listing, replay, run

ACTIONS: Final[tuple[ModuleType, ...]] = (
    run,
    replay,
    doctor,
    compare,
    badge,
    explain,
    listing,
)
"""The modules of all actions."""
