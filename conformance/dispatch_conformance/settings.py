"""What a run is told."""

from dataclasses import dataclass
from typing import Literal

from dispatch_protocol.clauses import Level

from dispatch_conformance.attach.attachment import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is told. `command` starts the worker; it is "" where `attach` says that somebody else does.

    `scale` stretches the suite's patience.

    `only`, `exclude` and `only_levels` select, as `catalogue` says; empty, they leave everything in. A breach
    at `level` or above makes the run fail. `repeat_failures` says how often the scenario of a failed check is
    run again, `baseline` names the baseline, "" for none.
    """

    command: str
    seed: int = 0
    scale: float = 1.0
    jobs: int = 8
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only_levels: tuple[Level, ...] = ()
    quick: bool = False
    fuzz: bool = True
    level: Level = Level.MUST
    repeat_failures: int = 0
    baseline: str = ""
    attach: Attachment | None = None

    @property
    def profile(self) -> Literal["full", "quick"]:
        """`full`, or `quick`: without the scenarios that wait for time."""
        return "quick" if self.quick else "full"
