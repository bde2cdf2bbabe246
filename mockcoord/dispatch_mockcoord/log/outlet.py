"""Where lines go: a thread writes them, so that an output that nobody reads blocks and ends nothing.

What waits is bounded. Of more, the newest lines are left out, and their number is told where they lack.
"""

import os
import select
import threading
from collections.abc import Callable
from typing import Final

MAX_LINES: Final = 20_000
"""How many lines wait at most."""

MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""How many characters wait at most."""

PAUSE_SECONDS: Final = 0.05
"""How long after a write the next is put off, so that many lines share one."""

LEAVE_SECONDS: Final = 2.0
"""How long a reader may take, when all is over, for what still waits."""


class Outlet:
    """Lines for the file with this descriptor, which stays open. `gap` words a number of lines left out.

    A file that cannot be written any more, such as a closed pipe, is given up without a word (`is_gone`).
    `omitted` counts all lines that were left out.
    """

    def __init__(self, descriptor: int, gap: Callable[[int], str]) -> None:
        self._descriptor = descriptor
        self._gap = gap
        self._waiting: list[str] = []
        self._characters = 0
        self._missing = 0
        self._has_ended = False
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.omitted = 0
        self.is_gone = False

    def put(self, line: str) -> None:
        """Write this line, which ends without a line feed, as soon as that can be done. Never blocks."""
        if self.is_gone or self._has_ended:
            return
        with self._lock:
            if self._is_full(len(line)):
                self._missing += 1
                self.omitted += 1
                return
            if self._missing:
                self._add(self._gap(self._missing))
                self._missing = 0
            self._add(line)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
        if not self._wanted.is_set():
            self._wanted.set()

    def end(self, seconds: float = LEAVE_SECONDS) -> None:
        """Write what waits; give it up where nobody takes it in so many seconds."""
        with self._lock:
            if self._missing:
                self._add(self._gap(self._missing))
                self._missing = 0
            self._has_ended = True
        self._over.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _is_full(self, more: int) -> bool:
        """Once full, it takes lines again when half of them have gone: gaps are few and large."""
        share = 2 if self._missing else 1
        return len(self._waiting) >= MAX_LINES // share or self._characters + more > MAX_CHARACTERS // share

    def _add(self, line: str) -> None:
        self._waiting.append(line)
        self._characters += len(line)

    def _run(self) -> None:
        while not self.is_gone:
            self._wanted.wait()
            self._wanted.clear()
            with self._lock:
                lines, self._waiting, self._characters = self._waiting, [], 0
                has_ended = self._has_ended
            if lines:
                self._write("\n".join([*lines, ""]).encode("utf-8", "backslashreplace"))
            elif has_ended:
                return
            if has_ended:
                self._wanted.set()
            self._over.wait(PAUSE_SECONDS)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = self._taken(rest)
        except OSError:
            self.is_gone = True
            with self._lock:
                self._waiting = []

    def _taken(self, rest: memoryview) -> memoryview:
        """What is left once the file has taken some of it. Raises OSError where it takes nothing any more."""
        try:
            return rest[os.write(self._descriptor, rest) :]
        except BlockingIOError:  # who shares the file has made it non-blocking
            select.select([], [self._descriptor], [])
            return rest
