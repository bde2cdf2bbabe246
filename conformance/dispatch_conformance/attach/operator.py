"""Whoever starts the worker: is told what to do, on stderr, and may press Enter where there is a terminal."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from dispatch_conformance.report.plain import visible
from dispatch_conformance.transcript import Changes

_WIDEST: Final = 400


class Operator(Protocol):
    """Somebody who can be told something, and who may answer with Enter."""

    @property
    def present(self) -> bool:
        """Whether anybody can press a key."""

    def say(self, text: str) -> None:
        """Tell a line; what a worker sent may stand in it as it came."""

    def listening(self, changes: Changes) -> "contextlib.AbstractContextManager[Callable[[], bool]]":
        """While it is open, tells whether Enter was pressed; `changes` is notified when it is."""


class Terminal:
    """The operator at the terminal of this process, if it has one."""

    @property
    def present(self) -> bool:
        """Whether stdin and stderr are a terminal."""
        try:
            return sys.stdin.isatty() and sys.stderr.isatty()
        except (AttributeError, ValueError):  # closed, or none at all
            return False

    def say(self, text: str) -> None:
        """A line on stderr."""
        print(visible(text, _WIDEST), file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def listening(self, changes: Changes) -> Iterator[Callable[[], bool]]:
        """While it is open, tells whether Enter was pressed. Without a terminal it never was."""
        pressed = False

        def read() -> None:
            nonlocal pressed
            pressed = True
            if not os.read(descriptor, 4_096):  # the terminal is gone
                loop.remove_reader(descriptor)
            changes.notify()

        if not self.present:
            yield lambda: False
            return
        loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
        loop.add_reader(descriptor, read)
        try:
            yield lambda: pressed
        finally:
            loop.remove_reader(descriptor)
