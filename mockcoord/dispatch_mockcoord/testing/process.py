"""A well-behaved worker as a process of its own: the reference worker, `dispatch-worker`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dispatch_protocol.errors import DispatchError
from dispatch_protocol.keys import load_or_create

from dispatch_mockcoord.testing.handle import CoordinatorHandle
from dispatch_mockcoord.testing.values import NotInTime, WorkerView
from dispatch_mockcoord.testing.workers import has_come

START_SECONDS: Final = 15.0
"""How long a worker may take from its start to its registration."""

STOP_SECONDS: Final = 10.0
"""How long it may take to end when it is told to."""

_LEASH: Final = str(Path(__file__).with_name("leash.py"))
_OUTPUT_BYTES: Final = 8_192
_LOOK_SECONDS: Final = 0.1
_DEFAULTS: Final = ("--llm", "stub", "--longest-wait", "1")
_VARIABLES: Final = frozenset(
    ("COORDINATOR_URL", "OLLAMA_BASE_URL", "OLLAMA_MODEL", "WORKER_KEY_PATH", "TRUST_PAIRING_CODE")
)


class WorkerEnded(DispatchError):
    """The worker's process ended before it had registered; the text holds what it printed."""


class WorkerProcess:
    """A reference worker with a key of its own in `folder`, connected to a coordinator under test.

    `arguments` are further options of `dispatch-worker`. Unless they say otherwise it answers LLM_INFER jobs
    with a canned text that is marked as one. To be used in a `with` block, or started and stopped; it ends
    with this process, however that ends.
    """

    def __init__(self, coordinator: CoordinatorHandle, folder: Path, *arguments: str) -> None:
        self._coordinator = coordinator
        self._key_path = folder / "worker-key.json"
        self._log = folder / "worker.log"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        identity, _ = load_or_create(str(self._key_path))
        self.pubkey = identity.pubkey_hex

    @property
    def output(self) -> str:
        """What it printed last, at most some thousand characters."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _OUTPUT_BYTES))
            return file.read().decode("utf-8", "replace")

    @property
    def pid(self) -> int | None:
        """The id of its process, while it runs."""
        return self._process.pid if self._process is not None and self.exit_status is None else None

    @property
    def exit_status(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def view(self) -> WorkerView | None:
        """How the coordinator sees it; None while it is not registered."""
        return next((one for one in self._coordinator.workers if one.pubkey == self.pubkey), None)

    def start(self) -> None:
        """Start it; returns when it is registered. Nothing happens while it runs.

        Raises WorkerEnded or NotInTime, with what it printed.
        """
        __tracebackhide__ = True
        if self.pid is not None:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._command(), stdin=subprocess.PIPE, stdout=log, stderr=log, env=_environment()
            )
        try:
            self._await_registration(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL if that does not help. Nothing happens where it has ended."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_registration(self, process: "subprocess.Popen[bytes]") -> None:
        __tracebackhide__ = True
        deadline = time.monotonic() + START_SECONDS
        while not self._coordinator.call(has_come(self._coordinator.desk, self.pubkey, _LOOK_SECONDS)):
            if process.poll() is not None:
                raise WorkerEnded(f"dispatch-worker ended with {process.returncode}:\n{self.output}")
            if time.monotonic() > deadline:
                seconds = f"{START_SECONDS:g} s"
                raise NotInTime(f"dispatch-worker has not registered within {seconds}:\n{self.output}")

    def _command(self) -> list[str]:
        # -P: the modules of this folder are none of the worker's.
        run = [sys.executable, "-P", _LEASH]
        where = ["--coordinator-url", self._coordinator.url, "--key-path", str(self._key_path)]
        return [*run, *where, *_DEFAULTS, *self._arguments]


def _environment() -> dict[str, str]:
    """This process's environment, without what would steer the worker."""
    return {name: value for name, value in os.environ.items() if name not in _VARIABLES}
