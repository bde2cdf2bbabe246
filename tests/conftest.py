"""For every test: Hypothesis draws the same examples in every run, and Ctrl-C reaches what tests start."""

import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# A shell that starts the tests in the background has them ignore SIGINT, and their children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "suite",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Two for each processor: most tests wait, for processes that they started and for time to pass."""
    return 2 * (yield)
