"""Which clauses the workers of a test broke, and how that reads. Source: SPEC.md, part II.

Workers alone are judged: this coordinator does wrong on purpose, and clients are bound by no clause.
"""

from collections.abc import Callable, Iterable
from typing import Final

from dispatch_protocol.clauses import Level, clause, clauses
from dispatch_protocol.errors import DispatchError
from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.watch import Watch

__all__ = ["Breach", "ClausesBroken", "Judge", "id_or_area", "musts", "report"]

MAX_BREACHES: Final = 1_000
"""How many breaches are kept, the first ones; the rest is counted."""

SHOWN: Final = 8
"""How many breaches a report shows in full."""


class ClausesBroken(DispatchError, AssertionError):
    """Workers broke clauses of level MUST; `breaches` are the first of them."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__(report(breaches))
        self.breaches = breaches


class Judge(Watch):
    """The watch over the workers of a test: the first breaches stay, and some clauses may be overlooked."""

    def __init__(
        self,
        evidence: Callable[[int], TranscriptEvent | None],
        terms: Terms,
        *,
        epoch_ms: int,
        allowed: Iterable[str] = (),
    ) -> None:
        super().__init__(terms, evidence=evidence, epoch_ms=epoch_ms, roles=frozenset({Role.WORKER}))
        self._firsts: list[Breach] = []
        self._allowed: set[str] = set()
        self.allow(*allowed)
        self.watchers.append(self._keep_first)

    def allow(self, *prefixes: str) -> None:
        """Overlook the clauses of these ids or areas, such as `W-HBT-1` or `W-HBT`. Raises UsageError."""
        self._allowed.update(map(id_or_area, prefixes))

    @property
    def unallowed(self) -> tuple[Breach, ...]:
        """What was broken so far and is not allowed, in the order in which it showed."""
        return tuple(breach for breach in self._firsts if not self._is_allowed(breach.clause))

    def _is_allowed(self, clause_id: str) -> bool:
        return any(_covers(prefix, clause_id) for prefix in self._allowed)

    def _keep_first(self, breach: Breach) -> None:
        if len(self._firsts) < MAX_BREACHES:
            self._firsts.append(breach)


def id_or_area(text: str) -> str:
    """The text, which is a clause's id or an area of clauses. Raises UsageError, with the nearest, if not."""
    return text if any(_covers(text, entry.id) for entry in clauses()) else clause(text).id


def musts(breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Those that broke a MUST."""
    return tuple(breach for breach in breaches if breach.level is Level.MUST)


def report(breaches: tuple[Breach, ...]) -> str:
    """The first of the breaches in full, one for each clause; the others as a number."""
    firsts = {breach.clause: breach for breach in reversed(breaches)}
    picked = sorted(firsts.values(), key=lambda breach: breach.t)[:SHOWN]
    more = len(breaches) - len(picked)
    head = f"The worker broke {_count(len(firsts), 'clause')} of the specification:"
    foot = [f"({_count(more, 'further breach', 'es')})"] if more else []
    return "\n\n".join([head, *map(str, picked), *foot])


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"


def _covers(prefix: str, clause_id: str) -> bool:
    return clause_id == prefix or clause_id.startswith(f"{prefix}-")
