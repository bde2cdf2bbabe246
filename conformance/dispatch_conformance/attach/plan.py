"""In which order scenarios run on a worker that is started elsewhere, and which of them cannot.

First the claim of the pairing code, which a worker makes once in its life; then what any registered worker
will do for; then what a worker may not survive; last what needs registrations of its own, which may mean that
somebody has to restart the worker.
"""

from collections.abc import Iterable
from typing import Final

from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.attach.attachment import Attachment
from dispatch_conformance.scenario import Scenario

CLAIM: Final = "pairing.claim"
"""The scenario of a claim that succeeds: the one that needs no more than to have given out the code."""

_FIRST: Final = "registration.first"
_HARSH: Final = frozenset({"robustness", "fuzz"})


def objection(scenario: Scenario, attachment: Attachment) -> str:
    """Why a scenario cannot run, in a sentence; "" if it can."""
    if scenario.name == CLAIM:
        return "" if "pairing" in attachment.expect else "no pairing code was given out: see --expect pairing"
    if scenario.control:
        return "the process is not under the suite's control"
    if scenario.capability is JobType.LLM_INFER and "llm" not in attachment.expect:
        return "the worker's model is not the suite's: see --expect llm"
    return ""


def ordered(scenarios: Iterable[Scenario], attachment: Attachment) -> list[Scenario]:
    """The scenarios in the order in which they need the fewest registrations; what cannot run comes last."""

    def rank(scenario: Scenario) -> tuple[int, bool, str]:
        if objection(scenario, attachment):
            place = 5
        elif scenario.name in {CLAIM, _FIRST}:
            place = 0 if scenario.name == CLAIM else 1
        elif scenario.fresh:
            place = 4
        else:
            place = 3 if scenario.area in _HARSH else 2
        return place, scenario.waits, scenario.name

    return sorted(scenarios, key=rank)
