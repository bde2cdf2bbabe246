"""Figures of whole programs: medians over several rounds, with the bars they have to reach."""

import os
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """What the rounds gave. At most one of the bars is set; the median is held against it."""

    name: str
    unit: str
    rounds: Sequence[float]
    at_most: float | None = None
    at_least: float | None = None

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return median(self.rounds)

    @property
    def reached(self) -> bool:
        """Whether the bar is reached; true where there is none."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )


def report(title: str, figures: Sequence[Figure]) -> bool:
    """Print them as one table, with the machine's load; whether every bar was reached."""
    print(f"{title}  (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)")
    print(f"  {'':<36} {'median':>10}      {'lowest to highest':<22} bar")
    for one in figures:
        spread = f"{_number(min(one.rounds))} to {_number(max(one.rounds))}"
        print(f"  {one.name:<36} {_number(one.value):>10} {one.unit:<4} {spread:<22} {_bar(one)}".rstrip())
    return all(one.reached for one in figures)


def _bar(figure: Figure) -> str:
    verdict = "reached" if figure.reached else "MISSED"
    if figure.at_most is not None:
        return f"at most {_number(figure.at_most)}: {verdict}"
    return "" if figure.at_least is None else f"at least {_number(figure.at_least)}: {verdict}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
