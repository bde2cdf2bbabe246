"""Two ways of doing the same, timed in turn: what one of them costs in units of the other.

Machines are noisy, so nothing is timed alone. Every round times each side once, one after the other, and
gives one ratio; the median over all rounds is the figure, and its quartiles say how far to trust it.
"""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from time import thread_time_ns
from typing import NamedTuple, TypeAlias

Side: TypeAlias = Callable[[], object]


class Comparison(NamedTuple):
    """One side beside its baseline. Times are microseconds a call, ratios are baseline / side."""

    name: str
    microseconds: float
    baseline: float
    ratio: float
    quartiles: tuple[float, float]
    bar: float | None

    @property
    def reached(self) -> bool:
        """Whether the ratio is at least the bar; true where there is none."""
        return self.bar is None or self.ratio >= self.bar


def compare(
    name: str, side: Side, baseline: Side, *, calls: int, rounds: int = 101, bar: float | None = None
) -> Comparison:
    """Time `calls` calls of each side in every round, the sides in turn going first."""
    times: tuple[list[float], list[float]] = ([], [])
    for each in (side, baseline):
        _timed(each, calls)
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            times[which].append(_timed((side, baseline)[which], calls))
    ratios = [base / ours for ours, base in zip(*times, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return Comparison(name, median(times[0]), median(times[1]), median(ratios), (low, high), bar)


def report(title: str, comparisons: Sequence[Comparison]) -> bool:
    """Print them as one table; whether every bar was reached."""
    print(title)
    print(f"  {'':<42} {'per second':>11} {'µs':>9} {'baseline':>9} {'ratio':>6}  quartiles    bar")
    for one in comparisons:
        low, high = one.quartiles
        bar = "" if one.bar is None else f"{one.bar:.2f} {'reached' if one.reached else 'MISSED'}"
        rate = f"{1_000_000 / one.microseconds:>11,.0f} {one.microseconds:>9.2f} {one.baseline:>9.2f}"
        print(f"  {one.name:<42} {rate} {one.ratio:>6.2f}  {low:.2f}–{high:.2f}    {bar}".rstrip())
    return all(one.reached for one in comparisons)


def cycle(calls: Sequence[Callable[[], object]]) -> Side:
    """A side that takes the calls in turn, one each time, so that no single input stays in the caches."""
    count, index = len(calls), 0

    def turn() -> object:
        nonlocal index
        index = (index + 1) % count
        return calls[index]()

    return turn


def _timed(side: Side, calls: int) -> float:
    begun = thread_time_ns()
    for _ in range(calls):
        side()
    return (thread_time_ns() - begun) / calls / 1_000
