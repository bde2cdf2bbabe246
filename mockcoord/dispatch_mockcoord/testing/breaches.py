"""Which clauses the workers of a test broke, and how that reads. Source: SPEC.md, part II.

Workers alone are judged: this coordinator does wrong on purpose, and clients are bound by no clause.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from textwrap import indent
from typing import Final

import msgspec
from dispatch_protocol.clauses import Level, clause, clauses
from dispatch_protocol.errors import DispatchError, shown
from dispatch_protocol.recording import Frame, Http, TranscriptEvent
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import ProviderType, Role

from dispatch_mockcoord.core.worker import Worker
from dispatch_mockcoord.log import event_text

MAX_BREACHES: Final = 1_000
"""How many breaches are kept, the first ones; the rest is counted."""

MAX_WORKERS: Final = 10_000
"""Of how many connections the worker is remembered."""

SHOWN: Final = 8
"""How many breaches a report shows in full."""


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A clause that a worker broke, and the evidence; all texts are escaped and bounded.

    `sentence` is the clause itself, `mend` how to repair it. `event` is the event that shows it, in one line,
    and `place` the JSON path in its frame. `worker` is the key, once there was one; `t` in seconds since the
    start.
    """

    clause: str
    level: Level
    sentence: str
    message: str
    expected: str
    got: str
    place: str
    event: str
    connection: int | None
    worker: str
    t: float
    mend: str

    def __str__(self) -> str:
        who = "" if self.connection is None else f"connection {self.connection}"
        who += f", worker {self.worker[:16]}" if self.worker else ""
        rows = {
            "what": self.message,
            "expected": self.expected,
            "got": self.got,
            "where": f"{self.place} of {self.event}" if self.event else "",
            "mend": self.mend,
        }
        head = f"{self.clause} ({self.level}) at {self.t:.3f} s {who}".rstrip()
        told = [f"{name:9} {text}" for name, text in rows.items() if text]
        return "\n".join([head, indent(self.sentence, "  "), *(f"  {row}" for row in told)])


class ClausesBroken(DispatchError, AssertionError):
    """Workers broke clauses of level MUST; `breaches` are the first of them."""

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        super().__init__(report(breaches))
        self.breaches = breaches


class Judge:
    """Holds a transcript against the clauses as it grows.

    `evidence` gives the event of a number, if it is still kept; `epoch_ms` is the wall clock at t=0.
    """

    def __init__(
        self,
        evidence: Callable[[int], TranscriptEvent | None],
        *,
        epoch_ms: int,
        worker_seconds: float,
        allowed: Iterable[str] = (),
    ) -> None:
        self._evidence = evidence
        self._rules = Rules(epoch_ms=epoch_ms, roles=frozenset({Role.WORKER}), worker_timeout=worker_seconds)
        self._workers: OrderedDict[int, tuple[str, ProviderType]] = OrderedDict()
        self._breaches: list[Breach] = []
        self._allowed: set[str] = set()
        self.allow(*allowed)

    def event(self, event: TranscriptEvent) -> None:
        """One event happened: the tap; the evidence must have it already."""
        self._note(self._rules.feed(event))

    def joined(self, worker: Worker) -> None:
        """This worker registered."""
        self._workers[worker.connection] = (worker.pubkey, worker.provider_type)
        if len(self._workers) > MAX_WORKERS:
            self._workers.popitem(last=False)

    def finish(self, t: float) -> None:
        """The transcript ended at `t` seconds: what is overdue by now will not come any more."""
        self._note(self._rules.finish(t))

    def allow(self, *prefixes: str) -> None:
        """Overlook the clauses of these ids or areas, such as `W-HBT-1` or `W-HBT`. Raises UsageError."""
        for prefix in prefixes:
            if not any(_covers(prefix, entry.id) for entry in clauses()):
                clause(prefix)
            self._allowed.add(prefix)

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """What was broken so far and is not allowed, in the order in which it showed."""
        return tuple(breach for breach in self._breaches if not self._is_allowed(breach.clause))

    def _is_allowed(self, clause_id: str) -> bool:
        return any(_covers(prefix, clause_id) for prefix in self._allowed)

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if len(self._breaches) < MAX_BREACHES:
                self._breaches.append(self._breach(finding))

    def _culprit(self, connection: int | None) -> tuple[str, ProviderType | None]:
        """Key and type of whoever is on this connection; over HTTP, of the only worker there ever was."""
        if connection is not None:
            return self._workers.get(connection, ("", None))
        known = set(self._workers.values())
        return known.pop() if len(known) == 1 else ("", None)

    def _breach(self, finding: Finding) -> Breach:
        law = clause(finding.clause)
        pubkey, provider_type = self._culprit(finding.connection)
        event = self._evidence(finding.event_index)
        return Breach(
            clause=law.id,
            level=law.level_for(provider_type),
            sentence=law.text,
            message=finding.message,
            expected=finding.expected,
            got=finding.actual,
            place=finding.place,
            event=event_text(event).strip() if isinstance(event, Frame | Http) else "",
            connection=finding.connection,
            worker=shown(pubkey, 64),
            t=finding.t,
            mend=law.mend,
        )


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
