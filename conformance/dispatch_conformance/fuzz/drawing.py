"""Hypothesis as it is used here: seeded, without a database, without files of its own.

Neither time nor earlier runs decide what is drawn: the number alone does.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

_T = TypeVar("_T")


def draw(strategy: st.SearchStrategy[_T], use: Callable[[_T], None], *, number: int, examples: int) -> None:
    """Call `use` with so many values of a strategy. What it raises is shrunk, and then raised."""
    _keep_nothing()
    chosen = settings(
        database=None,
        deadline=None,
        max_examples=examples,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )

    def one(value: _T) -> None:
        use(value)

    seed(number)(chosen(given(strategy)(one)))()


@cache
def _keep_nothing() -> tempfile.TemporaryDirectory[str]:
    """Give Hypothesis a folder that goes with the process, so that none is left in the caller's."""
    folder = tempfile.TemporaryDirectory(prefix="dispatch-fuzz-")
    set_hypothesis_home_dir(folder.name)
    return folder
