"""The two faces of a coordinator under test: one blocks, one is awaited. Every operation is defined once.

An operation is a coroutine function that takes the desk first. `Blocking` and `Awaited` put it behind a face,
which sends it to the coordinator's thread; `Reading` and `AwaitedReading` do so for what has no arguments.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from dispatch_mockcoord.testing import jobs as _jobs
from dispatch_mockcoord.testing import steering
from dispatch_mockcoord.testing import workers as _workers
from dispatch_mockcoord.testing.desk import Desk
from dispatch_mockcoord.testing.thread import LoopThread

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Face:
    """What every face has: the desk, and the thread in which that lives."""

    def __init__(self, desk: Desk, thread: LoopThread) -> None:
        self._desk = desk
        self._thread = thread

    def call(self, operation: Coroutine[Any, Any, _T]) -> _T:
        """What the operation gives; blocks until it has run."""
        __tracebackhide__ = True
        return self._thread.call(operation)

    async def reach(self, operation: Coroutine[Any, Any, _T]) -> _T:
        """What the operation gives, for another event loop."""
        __tracebackhide__ = True
        return await self._thread.reach(operation)

    @property
    def desk(self) -> Desk:
        """Where the coordinator runs; not to be touched but in its thread."""
        return self._desk


class Blocking(Generic[_P, _T]):
    """An operation that blocks until it is done."""

    def __init__(self, operation: Callable[Concatenate[Desk, _P], Coroutine[Any, Any, _T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, face: Face, owner: type | None = None) -> Callable[_P, _T]:
        """The operation behind this face."""

        @wraps(self._operation)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            __tracebackhide__ = True
            return face.call(self._operation(face.desk, *args, **kwargs))

        return call


class Awaited(Generic[_P, _T]):
    """An operation that is awaited, in any asyncio loop."""

    def __init__(self, operation: Callable[Concatenate[Desk, _P], Coroutine[Any, Any, _T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, face: Face, owner: type | None = None) -> Callable[_P, Coroutine[Any, Any, _T]]:
        """The operation behind this face."""

        @wraps(self._operation)
        async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            __tracebackhide__ = True
            return await face.reach(self._operation(face.desk, *args, **kwargs))

        return call


class Reading(Generic[_T]):
    """Something to be looked at, as it stands when it is asked for."""

    def __init__(self, operation: Callable[[Desk], Coroutine[Any, Any, _T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, face: Face, owner: type | None = None) -> _T:
        """How it stands."""
        __tracebackhide__ = True
        return face.call(self._operation(face.desk))


class AwaitedReading(Generic[_T]):
    """The same, to be awaited."""

    def __init__(self, operation: Callable[[Desk], Coroutine[Any, Any, _T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, face: Face, owner: type | None = None) -> Awaitable[_T]:
        """How it stands, once it is awaited."""
        return Awaited(self._operation).__get__(face)()


class ClockFace(Face):
    """The coordinator's clock."""

    ahead = Reading(steering.ahead)
    advance = Blocking(steering.advance)
    mute = Blocking(steering.mute)
    unmute = Blocking(steering.unmute)


class AioClockFace(Face):
    """The coordinator's clock, awaited."""

    ahead = AwaitedReading(steering.ahead)
    advance = Awaited(steering.advance)
    mute = Awaited(steering.mute)
    unmute = Awaited(steering.unmute)


class FaultsFace(Face):
    """Faults, to be put to work and ended while the coordinator runs."""

    seed = Reading(steering.seed)
    active = Reading(steering.active)
    injected = Reading(steering.injected)
    counts = Reading(steering.counts)
    add = Blocking(steering.add)
    remove = Blocking(steering.remove)
    clear = Blocking(steering.clear)


class AioFaultsFace(Face):
    """Faults, awaited."""

    seed = AwaitedReading(steering.seed)
    active = AwaitedReading(steering.active)
    injected = AwaitedReading(steering.injected)
    counts = AwaitedReading(steering.counts)
    add = Awaited(steering.add)
    remove = Awaited(steering.remove)
    clear = Awaited(steering.clear)


class Address(Face):
    """Where the coordinator is: the same for as long as it runs."""

    @property
    def url(self) -> str:
        """Where it serves HTTP, without a trailing slash."""
        return self._desk.url

    @property
    def ws_url(self) -> str:
        """Where it serves WebSocket, without a trailing slash."""
        return self._desk.ws_url

    @property
    def port(self) -> int:
        """Its port."""
        return self._desk.port


class AioHandle(Address):
    """A running coordinator, for asyncio: the same names as `CoordinatorHandle`, to be awaited."""

    submit = Awaited(_jobs.submit)
    run = Awaited(_jobs.run)
    wait_for_job = Awaited(_jobs.wait_for_job)
    wait_for_worker = Awaited(_workers.wait_for_worker)
    pairing_code = Awaited(_workers.pairing_code)
    pair = Awaited(_workers.pair)
    send = Awaited(_workers.send)
    allow = Awaited(Desk.allow)
    check = Awaited(Desk.check)
    reset = Awaited(Desk.reset)
    workers = AwaitedReading(_workers.workers)
    jobs = AwaitedReading(_jobs.jobs)
    receipts = AwaitedReading(_jobs.receipts)
    violations = AwaitedReading(steering.violations)
    transcript = AwaitedReading(steering.transcript)

    @property
    def clock(self) -> AioClockFace:
        """Its clock."""
        return AioClockFace(self._desk, self._thread)

    @property
    def faults(self) -> AioFaultsFace:
        """Its faults."""
        return AioFaultsFace(self._desk, self._thread)
