"""From what was seen to why nothing was tested: the earliest step of its life at which the worker failed.

A reason says no more than was observed.
"""

from dispatch_conformance.doctor.connecting import shook_hands
from dispatch_conformance.doctor.evidence import Evidence
from dispatch_conformance.doctor.reason import Reason
from dispatch_conformance.doctor.registering import registered, stayed
from dispatch_conformance.doctor.starting import found, started


def reason_of(seen: Evidence) -> Reason:
    """The reason; healthy if the suite will find something to judge."""
    for step in (started, found, shook_hands, registered, stayed):
        reason = step(seen)
        if reason is not None:
            return reason
    return Reason(
        name="healthy",
        sentence="nothing is wrong: the worker registers, stays, and answers a job",
        advice=("run the suite: dispatch-conformance run --worker COMMAND",),
        healthy=True,
    )
