"""A reason for which nothing was tested."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why nothing was tested: a short name, a sentence about the worker, and what to do next.

    What the worker wrote stands in it escaped.
    """

    name: str
    sentence: str
    advice: tuple[str, ...]
    healthy: bool = False


def slow(what: str, took: float, given: float) -> Reason | None:
    """The reason of a worker that takes more time for a step than the suite gives; None if it does not."""
    if took <= given:
        return None
    return Reason(
        name="slow",
        sentence=f"the worker takes {took:.0f} s to {what}, and the suite gives it {given:.0f}",
        advice=(f"run with --timeout-scale {int(took / given) + 1}, or start faster",),
    )
