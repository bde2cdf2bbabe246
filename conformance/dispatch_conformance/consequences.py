"""Failures that follow from other failures: where inputs are not chosen by hand, one mistake is one failure.

Scenarios that choose their inputs ask plain questions first and leave out what builds on a wrong answer. What
chance or a recording brings comes in any order; so it is looked through at the end.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dispatch_protocol.vocabulary import TaskType

from dispatch_conformance.reference import SPECIAL
from dispatch_conformance.verdicts import Observation, Verdict

BUILDS_ON: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "summary_units": ("summary_short", "summary_long"),
        "white_space": ("word_count",),
        "blank_summary": ("completes", "summarize_members", "summary_short", "word_count"),
        "second_list": ("classify_members", "sentiment", "confidence", *SPECIAL[TaskType.CLASSIFY]),
        "blank_others": (
            "completes",
            "classify_members",
            "extract_json_members",
            "sentiment",
            "confidence",
            "extracted",
            "count",
            *SPECIAL[TaskType.CLASSIFY],
            *SPECIAL[TaskType.EXTRACT_JSON],
        ),
    }
)
"""The checks of `reference` that a check of its own builds on."""


def excuse(observations: list[Observation]) -> None:
    """Make failures "not testable", in place, where a check of their area failed that they build on."""
    failed = {entry.check for entry in observations if entry.verdict is Verdict.FAIL}
    for place, entry in enumerate(observations):
        area, _, name = entry.check.partition(".")
        broken = [need for need in BUILDS_ON.get(name, ()) if f"{area}.{need}" in failed]
        if entry.verdict is Verdict.FAIL and broken:
            why = f"it builds on {broken[0]}, which failed"
            observations[place] = replace(
                entry, verdict=Verdict.NOT_TESTABLE, message=why, expected="", actual=""
            )
