"""A job in the core, among ten thousand idle workers and among ten: `python -m bench.core`.

No server, no store, no signature: a commit, its assignment, a bare job_complete. The baseline is the same
core with ten workers; idle workers are to cost a job nothing.
"""

import sys
from collections.abc import Callable
from itertools import count
from typing import Final

from dispatch_mockcoord.core.coordinator import Coordinator
from dispatch_mockcoord.core.effects import Effect, Send
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.rest import CommitRequest
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass

from bench.load_workers import identity, registration
from bench.measure import compare, report

MANY: Final = 10_000
FEW: Final = 10
_CALLS: Final = 100
_NOW: Final = Moment(1_000.0, 1_790_000_000_000)


def main() -> int:
    """Measure and print; 1 where the bar is missed."""
    name = f"a job among {MANY:,} idle workers"
    comparison = compare(name, _job(MANY), _job(FEW), calls=_CALLS, bar=0.8)
    return 0 if report(f"The core, beside a job among {FEW}", [comparison]) else 1


def _job(workers: int) -> Callable[[], None]:
    """A core with so many idle workers, and the whole of a job in it."""
    core = _core(workers)
    request = CommitRequest(
        job_type=JobType.TASK,
        policy=Policy.CHEAP,
        privacy_class=PrivacyClass.PUBLIC,
        user_id="user_abc123",
        payload=Json.of({"task_type": "summarize", "input": "text"}),
    )

    def act() -> None:
        job, effects = core.commit(request, _NOW)
        frame = f'{{"type":"job_complete","job_id":"{job.id}","output":1,"output_hash":""}}'
        core.received(_holder(effects), frame, _NOW)

    return act


def _core(workers: int) -> Coordinator:
    ids, codes = count(1), count(1)
    core = Coordinator(
        Terms(settle_seconds=0, receipt_seconds=0),
        new_id=lambda: f"id-{next(ids)}",
        new_code=lambda: f"{next(codes):06X}",
        at=_NOW,
    )
    for connection in range(1, workers + 1):
        core.opened(connection, _NOW)
        core.received(connection, registration(identity(connection).pubkey_hex), _NOW)
        core.acknowledged(core.registry.workers[connection], _NOW)
    assert len(core.registry.workers) == workers
    return core


def _holder(effects: list[Effect]) -> int:
    """The connection that the job was assigned to."""
    (connection,) = [
        effect.connection
        for effect in effects
        if isinstance(effect, Send) and isinstance(effect.message, JobAssign)
    ]
    return connection


if __name__ == "__main__":
    sys.exit(main())
