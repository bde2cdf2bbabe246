"""The watch: every session and every exchange held against the clauses, as it happens.

A layer on the transcript: it is fed by taps and changes nothing. Workers, over WebSocket and where they claim
pairing codes, and this coordinator, towards workers and clients, are judged alike. What a fault struck, what
happened while the coordinator's clock leapt, and what depends on time while this process stood still is
nobody's fault.
"""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Final

from dispatch_protocol.recording import TranscriptEvent, characters
from dispatch_protocol.rules import SPANS, Finding, Rules
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.breach import Breach, breach_of
from dispatch_mockcoord.core.effects import Effect
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.roster import MAX_WORKERS, Roster
from dispatch_mockcoord.stalls import TICK_SECONDS, Stalls
from dispatch_mockcoord.switchboard import Switchboard

MAX_FINDINGS: Final = 1_000
"""How many findings are kept; of more, the oldest go. The counts keep them all."""

_EVIDENCE_EVENTS: Final = 256
_EVIDENCE_CHARACTERS: Final = 65_536


class Watch(Layer):
    """Findings as they come: the last ones in `findings`, their number by clause in `counts`.

    `breaches` are the same with their evidence, the last of each clause in `latest`; `by_worker` counts by
    key, as registered, and clause. `report` and whoever is in `watchers` get each as it is found. `evidence`
    gives the event of a number; without it, only recent ones are at hand. `epoch_ms` is the wall clock at t=0
    where workers run by it; without it, the plausibility of times is not judged.
    """

    def __init__(
        self,
        terms: Terms,
        report: Callable[[Finding], None] | None = None,
        *,
        evidence: Callable[[int], TranscriptEvent | None] | None = None,
        epoch_ms: int | None = None,
        roles: frozenset[Role] = frozenset(Role),
    ) -> None:
        self.findings: deque[Finding] = deque(maxlen=MAX_FINDINGS)
        self.breaches: deque[Breach] = deque(maxlen=MAX_FINDINGS)
        self.counts: Counter[str] = Counter()
        self.latest: dict[str, Breach] = {}
        self.by_worker: OrderedDict[str, Counter[str]] = OrderedDict()
        self.watchers: list[Callable[[Breach], None]] = []
        self.excused = 0
        self._report = report
        self._evidence = evidence or self._recent_event
        self._fresh_rules = partial(
            Rules, epoch_ms=epoch_ms, worker_timeout=terms.worker_seconds, roles=roles
        )
        self._begin()
        self._ticking: asyncio.TimerHandle | None = None
        self._board: Switchboard | None = None

    def attach(self, switchboard: Switchboard) -> None:
        """The coordinator is about to serve: see everything, and notice when this process stands still."""
        self._board = switchboard
        switchboard.taps.append(self.event)
        switchboard.observers.append(self.effect)
        self._begin()
        self._tick()

    def detach(self) -> None:
        """The coordinator has ended: what is owed by now will not come any more."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        if self._board is not None:
            self.finish(self._board.elapsed())
            self._board = None

    def event(self, event: TranscriptEvent) -> None:
        """Judge one transcript event: the tap."""
        if self._ticking is not None:
            self._stalls.note(time.monotonic())
        self._seen += 1
        self._recent.append(event if characters(event) <= _EVIDENCE_CHARACTERS else None)
        found = self._rules.feed(event)
        if found:
            self._note(found, event)

    def effect(self, effect: Effect) -> None:
        """The core did this: the observer, by which keys are known."""
        self._roster.effect(effect)

    def finish(self, t: float) -> None:
        """The transcript ended at `t`, in its own seconds."""
        self._note(self._rules.finish(t), None)

    def summary(self) -> str:
        """One line: how many violations, by clause."""
        if not self.counts:
            return "no violations"
        listed = ", ".join(f"{clause} {count}" for clause, count in self.counts.most_common())
        return f"{sum(self.counts.values())} violations: {listed}"

    def _begin(self) -> None:
        """A transcript begins."""
        self._rules = self._fresh_rules()
        self._roster = Roster()
        self._recent: deque[TranscriptEvent | None] = deque(maxlen=_EVIDENCE_EVENTS)
        self._seen = 0
        self._stalls = Stalls(time.monotonic())

    def _note(self, findings: tuple[Finding, ...], event: TranscriptEvent | None) -> None:
        for finding in findings:
            if self._is_excused(finding):
                self.excused += 1
                continue
            is_now = event is not None and finding.event_index == self._seen - 1
            culprit = self._roster.culprit(finding.connection)
            breach = breach_of(finding, culprit, event if is_now else self._evidence(finding.event_index))
            self.findings.append(finding)
            self.counts[finding.clause] += 1
            self._keep(breach)
            if self._report is not None:
                self._report(finding)
            for watch in self.watchers:
                watch(breach)

    def _keep(self, breach: Breach) -> None:
        self.breaches.append(breach)
        self.latest[breach.clause] = breach
        if breach.worker and breach.clause.startswith("W-"):
            self.by_worker.setdefault(breach.worker, Counter())[breach.clause] += 1
            self.by_worker.move_to_end(breach.worker)
            if len(self.by_worker) > MAX_WORKERS:
                self.by_worker.popitem(last=False)

    def _is_excused(self, finding: Finding) -> bool:
        """Whether time alone shows it, and this process stood still meanwhile."""
        span = SPANS.get(finding.clause)
        return span is not None and self._stalls.within(span, time.monotonic())

    def _tick(self) -> None:
        now = time.monotonic()
        self._stalls.tick(now)
        if self._board is not None and self._board.is_held_up:
            self._stalls.stalled(now)
        self._ticking = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _recent_event(self, index: int) -> TranscriptEvent | None:
        place = index - (self._seen - len(self._recent))
        return self._recent[place] if 0 <= place < len(self._recent) else None
