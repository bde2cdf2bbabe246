"""What there is to say at the end: counted as it happens, within bounds."""

from collections import Counter
from typing import Any, Final, TypeAlias

from dispatch_protocol.clauses import Level
from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.core.effects import Effect, JobChanged, WorkerJoined
from dispatch_mockcoord.core.jobs import Job

MAX_KEYS: Final = 100_000
"""How many workers' keys are told apart; further ones are not counted."""


Figures: TypeAlias = dict[str, Any]
"""Figures by name, fit for JSON: `seconds`, `workers` {`keys`, `registrations`}, `jobs` by status, `receipts`
{`received`, `verified`}, `violations` [{`clause`, `level`, `count`}] (null where nobody looked), `faults`.
"""


class Account:
    """What this run has seen: workers, jobs by status, receipts."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._registrations = 0
        self._open: dict[str, JobStatus] = {}
        self._finished: Counter[str] = Counter()
        self._receipts = 0
        self._verified = 0
        self._broken: Counter[str] = Counter()
        self._levels: dict[str, Level] = {}
        self._faults: Counter[str] = Counter()

    def effect(self, effect: Effect) -> str:
        """The core did this. Gives what a job that changed has come to, as `Entry.event` has it; else ""."""
        if isinstance(effect, JobChanged):
            return self._changed(effect.job)
        if isinstance(effect, WorkerJoined):
            self._registrations += 1
            if len(self._keys) < MAX_KEYS:
                self._keys.add(effect.worker.key)
        return ""

    def breach(self, breach: Breach) -> bool:
        """A clause was broken. Gives whether it is the first time."""
        self._broken[breach.clause] += 1
        self._levels[breach.clause] = breach.level
        return self._broken[breach.clause] == 1

    def strike(self, fault: str) -> None:
        """A fault of this name struck."""
        self._faults[fault] += 1

    def figures(self, seconds: float, *, watched: bool) -> Figures:
        """All figures, after so many seconds; `watched`: somebody held what happened against the clauses."""
        open_jobs = Counter(status.value for status in self._open.values())
        ranked = sorted(self._broken.items(), key=lambda one: (-one[1], one[0]))
        broken = [{"clause": one, "level": self._levels[one].value, "count": count} for one, count in ranked]
        return {
            "seconds": round(seconds, 3),
            "workers": {"keys": len(self._keys), "registrations": self._registrations},
            "jobs": {**self._finished, **open_jobs},
            "receipts": {"received": self._receipts, "verified": self._verified},
            "violations": broken if watched else None,
            "faults": dict(self._faults),
        }

    def _changed(self, job: Job) -> str:
        if not job.is_finished:
            self._open[job.id] = job.status
            return "answered" if job.output is not None else job.status.value
        was_open = self._open.pop(job.id, None) is not None
        # A completed job that is open no more has changed for one reason: its receipt has come.
        is_late = job.status is JobStatus.COMPLETED and not was_open
        if not is_late:
            self._finished[job.status.value] += 1
        if job.status is JobStatus.COMPLETED and job.receipt is not None:
            self._receipts += 1
            self._verified += job.verified
        return "receipt" if is_late else job.status.value


def figures_text(figures: Figures, omitted: int) -> list[str]:
    """The figures in lines for a reader, from whom so many lines were `omitted`."""
    workers, jobs, receipts = figures["workers"], figures["jobs"], figures["receipts"]
    listed = figures["violations"]
    broken = [f"{one['clause']} ({one['level']}) {one['count']}" for one in listed or ()]
    faults = [f"{name} {count}" for name, count in sorted(figures["faults"].items())]
    by_status = ", ".join(f"{count} {status}" for status, count in sorted(jobs.items()))
    registered = workers["registrations"]
    rows = {
        "workers": f"{workers['keys']}"
        + (f" ({registered} registrations)" if registered > workers["keys"] else ""),
        "jobs": f"{sum(jobs.values())}" + (f": {by_status}" if jobs else ""),
        "receipts": f"{receipts['verified']} of {receipts['received']} verified",
        "violations": "not looked for" if listed is None else "\n".join(broken) or "none",
        "faults": ", ".join(faults),
        "log": f"{omitted:,} lines were left out: nobody took them in time" if omitted else "",
    }
    lines = [f"Ended after {_duration(figures['seconds'])}"]
    for name, text in rows.items():
        for number, line in enumerate(text.splitlines()):
            lines.append(f"  {'' if number else name:12}{line}")
    return lines


def _duration(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"
