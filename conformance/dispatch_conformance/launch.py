"""Starting the worker under test, and ending it with everything that it started.

The worker gets a process group of its own; what it prints is drained. It is ended by SIGTERM, then by SIGKILL
to its group and to every process that it started and that left the group.
"""

import asyncio
import atexit
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable
from typing import Final

from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance import processes
from dispatch_conformance.outfit import Outfit
from dispatch_conformance.output import Output

_MARKER: Final = "DISPATCH_CONFORMANCE_LAUNCH"
_STRAY_ROUNDS: Final = 40

REAP_SECONDS: Final = 0.2
"""How often orphans that have ended are reaped."""


class _Pipes(asyncio.SubprocessProtocol):
    def __init__(self, output: Output, on_exit: Callable[[], None]) -> None:
        self._output = output
        self._on_exit = on_exit

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._output.feed(data)

    def process_exited(self) -> None:
        self._on_exit()


class WorkerProcess:
    """A worker process that runs, or has run. Ending it ends its whole process group, and its strays."""

    def __init__(self) -> None:
        self.output = Output()
        self.exited = asyncio.Event()
        self.on_exit: Callable[[], None] = lambda: None
        self.stopping = False
        self.pid = 0
        self._transport: asyncio.SubprocessTransport | None = None
        self._marker = b""

    @property
    def exit_status(self) -> int | None:
        """The exit status, negative for the signal that ended it; None while it runs."""
        return self._transport.get_returncode() if self._transport is not None else None

    @property
    def running(self) -> bool:
        """Whether the process itself has not ended."""
        return not self.exited.is_set()

    def ending(self) -> str:
        """How it ended, in words for a message."""
        status = self.exit_status
        if status is None:
            return "still running"
        if status >= 0:
            return f"exit status {status}"
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-status).name}"
        return f"ended by signal {-status}"

    async def start(self, arguments: list[str], environment: dict[str, str]) -> None:
        """Start the process. Raises UsageError where the command does not name a program that can run."""
        token = secrets.token_hex(8)
        self._marker = f"{_MARKER}={token}".encode()
        told = {name: _spelled(value) for name, value in (environment | {_MARKER: token}).items()}
        loop = asyncio.get_running_loop()
        _STARTING.add(token)
        try:
            transport, _ = await loop.subprocess_exec(
                lambda: _Pipes(self.output, self._note_exit),
                *map(_spelled, arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=told,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"the worker cannot be started: {shown(arguments[0])}: {reason}") from None
        else:
            self._transport = transport
            self.pid = transport.get_pid()
            _LIVE.add(self.pid)
        finally:
            _STARTING.discard(token)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker itself, not to its group; nothing happens once it has ended."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def wait(self, seconds: float) -> int | None:
        """The exit status, or None if it still runs after so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.exited.wait(), seconds)
        return self.exit_status

    async def stop(self, grace: float = 3.0) -> None:
        """End it: SIGTERM, `grace` seconds, then SIGKILL to the group and to every stray. Idempotent."""
        if self._transport is None:
            return
        self.stopping = True
        family = processes.descendants(self.pid, processes.all_processes())
        try:
            if self.running and grace > 0:
                processes.signal_group(self.pid, signal.SIGTERM)
                await self.wait(grace)
        finally:
            await asyncio.shield(self._end(family))

    async def _end(self, family: set[processes.Entry]) -> None:
        """SIGKILL to whatever is left, until nothing is."""
        processes.signal_group(self.pid, signal.SIGKILL)
        await self.wait(5.0)
        for round_ in range(_STRAY_ROUNDS):
            left = self._strays(family)
            if not left:
                break
            for entry in left:
                family |= {entry}
                processes.end_at_once(entry)
            await asyncio.sleep(0.005 * (round_ + 1))
        _LIVE.discard(self.pid)
        if self._transport is not None:
            self._transport.close()

    def _strays(self, family: set[processes.Entry]) -> list[processes.Entry]:
        """What the worker started, directly or not, and is still listed."""
        listed = processes.all_processes()
        known = {(entry.pid, entry.started) for entry in family}
        return [
            entry
            for entry in listed.values()
            if entry.pid != self.pid
            and (
                (entry.pid, entry.started) in known
                or self.pid in (entry.group, entry.session)
                or processes.carries(entry, self._marker)
            )
        ]

    def _note_exit(self) -> None:
        self.exited.set()
        self.on_exit()


def _spelled(text: str) -> bytes:
    """A text for the system: in UTF-8 where the locale's encoding has no letter for it."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


async def launch(command: str, outfit: Outfit) -> WorkerProcess:
    """Start the worker under test. Raises UsageError if the command cannot be run."""
    worker = WorkerProcess()
    await worker.start(outfit.arguments(command), outfit.environment(os.environ))
    return worker


def end_strays(before: set[int]) -> int:
    """End every descendant of this process that was not among `before` (pids); returns how many. Blocks.

    The last sweep of a run: a child that left its group, its session and its environment behind and was
    adopted by the suite is found here.
    """
    ended: set[int] = set()
    for _ in range(_STRAY_ROUNDS):
        adopted = [
            entry
            for entry in processes.descendants(os.getpid(), processes.all_processes())
            if entry.pid not in before and entry.pid not in _LIVE
        ]
        if not adopted:
            break
        for entry in adopted:
            processes.end_at_once(entry)
            ended.add(entry.pid)
        time.sleep(0.005)
    return len(ended)


async def reap_orphans() -> None:
    """Take the exit status of every orphan that the suite has adopted and that ends, until cancelled.

    Nobody else does: a worker whose children leave children behind would use up the system's process ids.
    """
    while True:
        if not _STARTING:  # the exit status of a worker is its own, also before its pid is known
            processes.reap_all(_LIVE)
        await asyncio.sleep(REAP_SECONDS)


_STARTING: Final[set[str]] = set()
"""Workers that are being started."""

_LIVE: Final[set[int]] = set()
"""Workers that were started and not yet ended: the last resort ends them when the suite itself ends."""


@atexit.register
def _last_resort() -> None:
    for pid in tuple(_LIVE):
        processes.signal_group(pid, signal.SIGKILL)
