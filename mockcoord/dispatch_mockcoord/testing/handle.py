"""The handle that a test holds: it starts and ends the coordinator; every call blocks until it is done."""

import asyncio
from types import TracebackType
from typing import Any, Self

from dispatch_mockcoord.testing import jobs as _jobs
from dispatch_mockcoord.testing import steering
from dispatch_mockcoord.testing import workers as _workers
from dispatch_mockcoord.testing.desk import Desk
from dispatch_mockcoord.testing.faces import Address, AioHandle, Blocking, ClockFace, FaultsFace, Reading
from dispatch_mockcoord.testing.options import read_setup
from dispatch_mockcoord.testing.thread import LoopThread


class CoordinatorHandle(Address):
    """A coordinator in a thread and an event loop of its own, on a free port.

    `with` gives this handle, `async with` its twin `aio`. At the end of a block in which nothing was raised,
    ClausesBroken is raised if a worker broke a MUST, unless the setup says otherwise.
    """

    submit = Blocking(_jobs.submit)
    run = Blocking(_jobs.run)
    wait_for_job = Blocking(_jobs.wait_for_job)
    wait_for_worker = Blocking(_workers.wait_for_worker)
    pairing_code = Blocking(_workers.pairing_code)
    pair = Blocking(_workers.pair)
    send = Blocking(_workers.send)
    allow = Blocking(Desk.allow)
    check = Blocking(Desk.check)
    reset = Blocking(Desk.reset)
    workers = Reading(_workers.workers)
    jobs = Reading(_jobs.jobs)
    receipts = Reading(_jobs.receipts)
    violations = Reading(steering.violations)
    transcript = Reading(steering.transcript)

    @property
    def clock(self) -> ClockFace:
        """Its clock."""
        return ClockFace(self._desk, self._thread)

    @property
    def faults(self) -> FaultsFace:
        """Its faults."""
        return FaultsFace(self._desk, self._thread)

    @property
    def aio(self) -> AioHandle:
        """The same coordinator, awaited instead."""
        return AioHandle(self._desk, self._thread)

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._thread.is_alive

    def start(self) -> None:
        """Start it; returns when it serves. Raises UsageError where it cannot."""
        __tracebackhide__ = True
        self._thread.start()
        try:
            self._thread.call(self._desk.open())
        except BaseException:
            self._thread.stop()
            raise

    def stop(self) -> None:
        """End it, with all its connections, and free its port. Nothing happens where it has ended."""
        if not self.is_running:
            return
        try:
            self._thread.call(self._desk.close())
        finally:
            self._thread.stop()

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        try:
            if kind is None and self.is_running and self._desk.setup.check:
                self.check()
        finally:
            self.stop()

    async def __aenter__(self) -> AioHandle:
        await asyncio.to_thread(self.start)
        return self.aio

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, fault, trace)


def mock_coordinator(**options: Any) -> CoordinatorHandle:
    """A coordinator for a `with` or `async with` block. The options are those of `options.read_setup`.

    Raises UsageError for an unknown one.
    """
    return CoordinatorHandle(Desk(read_setup(**options)), LoopThread("mock coordinator"))
