"""What a run is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is told. `command` starts the worker; `scale` stretches the suite's patience."""

    command: str
    seed: int = 0
    scale: float = 1.0
    jobs: int = 8
    only: tuple[str, ...] = ()
    quick: bool = False
    fuzz: bool = True
