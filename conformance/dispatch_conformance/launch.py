"""Starting the worker under test, and ending it with everything that it started.

The command is split as a shell would split it, but no shell runs. The worker gets the caller's folder and
environment, the variables of the guide, and a process group of its own. What it prints is drained whatever
its amount; the beginning and the end are kept.
"""

import asyncio
import atexit
import contextlib
import os
import re
import secrets
import shlex
import signal
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance import processes

KEPT_BYTES: Final = 65_536
"""How much of a worker's output is kept from its beginning, and as much again from its end."""

_MARKER: Final = "DISPATCH_CONFORMANCE_LAUNCH"
_PLACEHOLDER: Final = re.compile(r"\{(url|ws_url|key_path|ollama_url|pairing_code)\}")
_STRAY_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """What one worker process is told: addresses (without a trailing slash), its key file, a pairing code.

    `variables` are set besides the guide's, or instead of them; None takes a variable away.
    """

    url: str
    ws_url: str
    ollama_url: str
    key_path: str
    pairing_code: str | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The worker's environment: the caller's, with the guide's variables in it."""
        told: dict[str, str | None] = {
            "COORDINATOR_URL": self.url,
            "OLLAMA_BASE_URL": self.ollama_url,
            "WORKER_KEY_PATH": self.key_path,
            "TRUST_PAIRING_CODE": self.pairing_code,
            **self.variables,
        }
        kept = {name: value for name, value in inherited.items() if name not in told}
        return kept | {name: value for name, value in told.items() if value is not None}

    def arguments(self, command: str) -> list[str]:
        """The command's words with the placeholders replaced; braces of any other kind stay as they are."""
        told = {
            "url": self.url,
            "ws_url": self.ws_url,
            "ollama_url": self.ollama_url,
            "key_path": self.key_path,
            "pairing_code": self.pairing_code or "",
        }
        return [_PLACEHOLDER.sub(lambda found: told[found[1]], word) for word in split_command(command)]


def split_command(command: str) -> list[str]:
    """The words of a command line. Raises UsageError where a shell would not understand it either."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the worker's command cannot be split into words: {error}") from None
    if not words:
        raise UsageError("the worker's command is empty")
    return words


class Output:
    """The beginning and the end of what a worker printed, stdout and stderr together."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take some more; memory stays bounded."""
        self.total += len(data)
        room = KEPT_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            piece = data[-KEPT_BYTES:]
            self._tail.append(piece)
            self._tail_bytes += len(piece)
            while self._tail_bytes - len(self._tail[0]) >= KEPT_BYTES:
                self._tail_bytes -= len(self._tail.popleft())

    def text(self) -> str:
        """What was kept; a line tells how much is missing in between."""
        tail = b"".join(self._tail)[-KEPT_BYTES:]
        missing = self.total - len(self._head) - len(tail)
        gap = f"\n[... {missing} bytes ...]\n".encode() if missing else b""
        return (bytes(self._head) + gap + tail).decode("utf-8", "replace")

    def last_lines(self, count: int = 10) -> str:
        """The last lines, for a message; not escaped."""
        return "\n".join(self.text().strip().splitlines()[-count:])


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
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.subprocess_exec(
                lambda: _Pipes(self.output, self._note_exit),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment | {_MARKER: token},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"the worker cannot be started: {shown(arguments[0])}: {reason}") from None
        self._transport = transport
        self.pid = transport.get_pid()
        _LIVE.add(self.pid)

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


async def launch(command: str, outfit: Outfit) -> WorkerProcess:
    """Start the worker under test. Raises UsageError if the command cannot be run."""
    worker = WorkerProcess()
    await worker.start(outfit.arguments(command), outfit.environment(os.environ))
    return worker


def end_strays(before: set[int]) -> int:
    """End every child of this process that was not among `before` (pids) and is no launched worker; counts.

    The last sweep of a run: a child that left its group, its session and its environment behind and was
    adopted by the suite is found here.
    """
    adopted = [
        entry
        for entry in processes.descendants(os.getpid(), processes.all_processes())
        if entry.pid not in before and entry.pid not in _LIVE
    ]
    for entry in adopted:
        processes.end_at_once(entry)
    return len(adopted)


_LIVE: Final[set[int]] = set()
"""Workers that were started and not yet ended: the last resort ends them when the suite itself ends."""


@atexit.register
def _last_resort() -> None:
    for pid in tuple(_LIVE):
        processes.signal_group(pid, signal.SIGKILL)
