"""The pytest plugin: a coordinator for every test that asks for one, and a well-behaved worker beside it.

It is found by its entry point and needs no configuration. Runs that do not use it pay for this module alone:
everything else is imported by the first test that asks for a fixture.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

import pytest

if TYPE_CHECKING:
    from dispatch_mockcoord.testing import CoordinatorHandle, WorkerProcess

MARKER: Final = "mock_coordinator"
_ABOUT: Final = (
    f"{MARKER}(settings=…, faults=[…], seed=…, variety=False, allow=[…], check=True, **changes): "
    "options of the fixture of that name; an option of the settings can be given by its name"
)
_COORDINATOR: Final = pytest.StashKey["CoordinatorHandle"]()
_WORKERS: Final = pytest.StashKey[list["WorkerProcess"]]()
_TOLD: Final = pytest.StashKey[str]()
_ADVICE: Final = "dispatch_advice"


class StartWorker(Protocol):
    """What `start_reference_worker` gives."""

    def __call__(self, *arguments: str) -> "WorkerProcess":
        """Start a worker with these further options of `dispatch-worker`; returns when it is registered."""


@pytest.fixture
def mock_coordinator(request: pytest.FixtureRequest) -> "Iterator[CoordinatorHandle]":
    """A coordinator in a thread of its own, on a free port; `.aio` is the same to be awaited.

    A test in which a worker broke a MUST of the specification fails. Options are those of the marker
    `mock_coordinator`; markers of a class or module are added to, and overruled.
    """
    from dispatch_protocol.errors import UsageError  # noqa: PLC0415

    from dispatch_mockcoord.testing import mock_coordinator as prepare  # noqa: PLC0415

    try:
        running = prepare(**_options(request.node))
        running.start()
    except UsageError as error:
        raise pytest.fail.Exception(f"{MARKER}: {error}", pytrace=False) from None
    request.node.stash[_COORDINATOR] = running
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def start_reference_worker(
    request: pytest.FixtureRequest, mock_coordinator: "CoordinatorHandle", tmp_path: Any
) -> Iterator[StartWorker]:
    """Starts well-behaved workers as processes, each with a key of its own; they end with the test."""
    from dispatch_mockcoord.testing import WorkerProcess  # noqa: PLC0415

    started: list[WorkerProcess] = request.node.stash.setdefault(_WORKERS, [])

    def start(*arguments: str) -> WorkerProcess:
        worker = WorkerProcess(mock_coordinator, tmp_path / f"worker-{len(started) + 1}", *arguments)
        started.append(worker)
        worker.start()
        return worker

    try:
        yield start
    finally:
        for worker in started:
            worker.stop()


@pytest.fixture
def reference_worker(start_reference_worker: StartWorker) -> "WorkerProcess":
    """A well-behaved worker, registered at `mock_coordinator`."""
    return start_reference_worker()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _ABOUT)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed, if a worker broke a MUST meanwhile."""
    result = yield
    running = item.stash.get(_COORDINATOR, None)
    if running is not None:
        from dispatch_mockcoord.testing.telling import verdict  # noqa: PLC0415

        broken = verdict(running)
        if broken is not None:
            item.stash[_TOLD] = broken
            pytest.fail(broken, pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure show the transcript's end and what workers printed; keep advice for the summary."""
    report = yield
    if report.when == "teardown" or _COORDINATOR not in item.stash:
        return report
    from dispatch_mockcoord.testing.telling import advice, sections  # noqa: PLC0415

    running = item.stash[_COORDINATOR]
    if report.failed:
        # Of a TestCase that has failed by itself, pytest reports that failure, and not the verdict.
        is_told = call.excinfo is not None and str(call.excinfo.value) == item.stash.get(_TOLD, None)
        report.sections += sections(running, item.stash.get(_WORKERS, []), with_clauses=not is_told)
    if report.when == "call":
        setattr(report, _ADVICE, advice(running))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List which tests showed a SHOULD of the specification broken: that fails none of them."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    told = [(report.nodeid, line) for report in reports for line in getattr(report, _ADVICE, ())]
    if told:
        terminalreporter.section("dispatch: workers did what they should not")
        for nodeid, line in told:
            terminalreporter.line(f"{nodeid}: {line}")


def _options(item: pytest.Item) -> dict[str, Any]:
    """The options of all markers that concern this test: the closest one rules, what is allowed adds up."""
    options: dict[str, Any] = {}
    allowed: list[str] = []
    for marker in item.iter_markers(MARKER):
        if marker.args:
            pytest.fail(f"the options of @pytest.mark.{MARKER} have names: {marker.args!r}", pytrace=False)
        allow = marker.kwargs.get("allow", ())
        allowed += [allow] if isinstance(allow, str) else allow
        options = {**marker.kwargs, **options}
    return {**options, "allow": allowed} if allowed else options
