"""The processes under measurement: started, asked what they cost, and ended. Linux alone tells all of it.

Processor time is read from the clock of the whole process (clock_getcpuclockid(3)), in nanoseconds, user and
system time together; memory and descriptors from /proc.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Final, Self

SCRIPTS: Final = Path(sysconfig.get_path("scripts"))
"""Where the installed commands of this project stand."""

END_SECONDS: Final = 10.0
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Process:
    """A running process; leaving its `with` block ends it, by force where asking does not help.

    `silent`: what it prints goes nowhere, and cannot be read.
    """

    def __init__(
        self, command: list[str], environment: dict[str, str] | None = None, *, silent: bool = False
    ) -> None:
        self.command = command
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if silent else subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.pid = self._process.pid
        self._clock = (~self.pid << 3) | 2

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def cpu_seconds(self) -> float:
        """The processor time that all its threads have used so far."""
        return time.clock_gettime(self._clock)

    @property
    def resident_bytes(self) -> int:
        """Its resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES

    @property
    def descriptors(self) -> int:
        """How many files and sockets it holds open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def read_line(self) -> str:
        """The next line of its output. Raises RuntimeError where it ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.command)} ended with {self._process.wait()}")
        return line

    def write_line(self, line: str) -> None:
        """A line for its input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        self._process.kill()
        self._release()

    def end(self) -> None:
        """Ask it to end, and see that it does; nothing happens where it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._release()

    def _release(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


class Server(Process):
    """A process that prints one line of JSON with its `port` once it listens on 127.0.0.1."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(command)
        self.port: int = json.loads(self.read_line())["port"]


def mock_coordinator(*options: str, port: int = 0, watches: bool = False) -> Server:
    """`dispatch-mockcoord` with these options besides those that every measurement uses.

    Unless it `watches`, it holds nothing against the clauses.
    """
    fixed = ["--port", str(port), "--ready-json", *([] if watches else ["--no-watch"])]
    return Server([str(SCRIPTS / "dispatch-mockcoord"), *fixed, *options])


def null_coordinator() -> Server:
    """The baseline of all coordinators: `bench.null_coordinator`."""
    return Server([sys.executable, "-m", "bench.null_coordinator"])
