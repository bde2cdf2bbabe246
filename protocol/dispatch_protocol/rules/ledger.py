"""What the rules examined, and what they found."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from dispatch_protocol.errors import shown

_SHOWN: Final = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that was broken, and the evidence.

    `t` is when it showed, in seconds of the transcript; `event_index` the event it follows from, counted from
    0 in the order of feeding, which may be earlier than the one that brought it to light. `place` is a JSON
    path in that event's frame or answer (`$` is the whole of it). All texts are escaped and bounded.
    """

    clause: str
    t: float
    connection: int | None
    place: str
    message: str
    expected: str
    actual: str
    event_index: int


class Ledger:
    """Counts every examination of a clause, and holds the findings until they are taken.

    `t` and `index` are those of the event under judgement; whoever feeds the rules sets them. `epoch_ms` is
    the wall clock at t=0 in milliseconds since 1970, or None where it is not known. `t` leaves out by how
    much the coordinator's clock was put `ahead`: the time by which a worker owes something is its own.
    """

    def __init__(self, epoch_ms: int | None = None) -> None:
        self.epoch_ms = epoch_ms
        self.judged: Counter[str] = Counter()
        self.t = 0.0
        self.ahead = 0.0
        self.index = -1
        self._found: list[Finding] = []

    def passed(self, *clauses: str) -> None:
        """These clauses were examined and hold."""
        for clause in clauses:
            self.judged[clause] += 1

    def failed(
        self,
        clause: str,
        message: str,
        *,
        place: str = "$",
        expected: object = "",
        actual: object = "",
        connection: int | None = None,
        index: int | None = None,
    ) -> None:
        """This clause was examined and is broken. `index` is the event it follows from, if not this one."""
        self.judged[clause] += 1
        self._found.append(
            Finding(
                clause=clause,
                t=self.coordinator_t,
                connection=connection,
                place=_inert(place),
                message=_inert(message),
                expected=_inert(expected),
                actual=_inert(actual),
                event_index=self.index if index is None else index,
            )
        )

    def judge(
        self,
        clause: str,
        fits: bool,
        message: str,
        *,
        place: str = "$",
        expected: object = "",
        actual: object = "",
        connection: int | None = None,
    ) -> bool:
        """This clause was examined: it holds if it `fits`, and is broken with this evidence if not."""
        if fits:
            self.judged[clause] += 1
        else:
            self.failed(clause, message, place=place, expected=expected, actual=actual, connection=connection)
        return fits

    @property
    def coordinator_t(self) -> float:
        """Where the coordinator's clock stands, in seconds of the transcript."""
        return self.t + self.ahead

    def seconds_from_now(self, milliseconds: int) -> float | None:
        """How far a wall-clock time lies from `t`, in seconds; None where the wall clock is not known."""
        if self.epoch_ms is None:
            return None
        return (milliseconds - self.epoch_ms) / 1000 - self.t

    def broken(self) -> set[str]:
        """The clauses of the findings that were not taken yet."""
        return {finding.clause for finding in self._found}

    def take(self) -> tuple[Finding, ...]:
        """The findings since the last call, in their order."""
        found = tuple(self._found)
        self._found.clear()
        return found


def _inert(value: object) -> str:
    """A text fit for one line: printable ASCII as it stands (it may be escaped already), the rest escaped."""
    text = value if isinstance(value, str) else repr(value)
    plain = len(text) <= _SHOWN and text.isascii() and text.isprintable()
    return text if plain else shown(text, _SHOWN)
