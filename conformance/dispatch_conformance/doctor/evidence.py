"""What a doctor saw of a worker, bounded, as it came: escaped only where it is shown."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dispatch_conformance.visits import Visit

DEFAULT_PORTS: Final = (4010, 4020)
"""Where the coordinators of the two networks listen: a worker that ignores its address goes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds a worker gets for each step.

    `connect` and `register` are what the suite gives it, `late` is what it gets here beyond that, so that
    slow is told from never. `settle` is for whatever follows a first sign, `stay` for staying registered,
    `answer` for its first job, `other` for its second start, with other variables.
    """

    connect: float = 30.0
    register: float = 15.0
    late: float = 15.0
    settle: float = 3.0
    stay: float = 2.0
    answer: float = 12.0
    other: float = 8.0


class Breach(NamedTuple):
    """A MUST of registration or of frames that the worker broke: the clause, and what is wrong."""

    clause: str
    message: str
    expected: str
    actual: str


class Astray(NamedTuple):
    """A connection to another place than the address: its port, and the variable that named it ("": none)."""

    port: int
    variable: str
    visit: Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen. Times are seconds from the start of the process; None: it never happened.

    `cannot_start` is why there was no process. `ending` is how it ended by itself, "" if it did not.
    `printed` are its last lines. `visits` are connections to the address, `refused` says why handshakes there
    were refused, `kinds` what the frames were that it sent, in order (a type, or an opcode), `closed` how its
    connection ended by its doing. `instead` says what came instead of an answer to a job, "" if it was
    answered. `taken` are default ports at which somebody else listens.
    """

    url: str = ""
    patience: Patience = field(default_factory=Patience)
    words: tuple[str, ...] = ()
    cannot_start: str = ""
    ending: str = ""
    ended: float | None = None
    printed: str = ""
    visits: tuple[Visit, ...] = ()
    astray: tuple[Astray, ...] = ()
    taken: tuple[int, ...] = ()
    opened: float | None = None
    refused: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    first_frame: str = ""
    breaches: tuple[Breach, ...] = ()
    registered: float | None = None
    closed: str = ""
    instead: str = ""
