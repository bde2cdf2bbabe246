"""An event loop in a thread of its own, and the two ways into it: to block, and to await."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from dispatch_protocol.errors import DispatchError, UsageError

_T = TypeVar("_T")


class LoopThread:
    """Runs coroutines in its own loop (uvloop's where there is one) from `start` to `stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether its loop runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; returns when its loop runs."""
        ready: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._work, args=(ready,), name=self._name, daemon=True)
        self._thread.start()
        self._loop = ready.result()  # raises what the thread could not do

    def stop(self) -> None:
        """End the loop and the thread, with whatever still runs there. Idempotent."""
        if self._thread is not None and self.is_alive:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()
        self._thread = None

    def call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """What the coroutine gives, which runs in the thread; blocks. Raises what it raises."""
        __tracebackhide__ = True
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise UsageError("a blocking call from the coordinator's own thread would wait for itself")
        future = self._submit(coroutine)
        try:
            return future.result()
        except DispatchError as error:
            raise error.with_traceback(None) from None  # its text says it all; the thread's frames fill pages
        except BaseException:
            future.cancel()
            raise

    async def reach(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """What the coroutine gives, which runs in the thread; for a caller in another asyncio loop."""
        __tracebackhide__ = True
        try:
            return await asyncio.wrap_future(self._submit(coroutine))
        except DispatchError as error:
            raise error.with_traceback(None) from None

    def _submit(self, coroutine: Coroutine[Any, Any, _T]) -> Future[_T]:
        __tracebackhide__ = True
        if not self.is_alive:
            coroutine.close()
            raise UsageError("the coordinator does not run: use it inside its `with` block")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _work(self, ready: Future[asyncio.AbstractEventLoop]) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._until_ended(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _until_ended(self, ready: Future[asyncio.AbstractEventLoop]) -> None:
        self._ended = asyncio.Event()
        ready.set_result(asyncio.get_running_loop())
        await self._ended.wait()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  (not on every platform)
    except ImportError:
        return None
    return uvloop.new_event_loop
