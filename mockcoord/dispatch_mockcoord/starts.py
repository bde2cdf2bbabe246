"""One start of the coordinator as the command line asks for it, with all that stands around it.

A reset ends one start and begins the next at the same address: whoever connects in between waits.
"""

import argparse
import asyncio
import socket
from collections.abc import Sequence

from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.control import Control
from dispatch_mockcoord.cors import Cors
from dispatch_mockcoord.dashboard.live import page_routes
from dispatch_mockcoord.faults import Fault, Faults
from dispatch_mockcoord.log import Log
from dispatch_mockcoord.openapi import Description
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.watch import Watch


class Start:
    """The layers of one start, those that are asked for, and the coordinator itself.

    What it does goes into `log`, if there is one. `before` is the one that was reset: its token still holds.
    """

    def __init__(
        self,
        settings: Settings,
        options: argparse.Namespace,
        faults: Faults | None,
        listening: socket.socket,
        log: Log | None,
        *,
        before: "Start | None" = None,
    ) -> None:
        has_control = not options.no_control
        self.is_first = before is None
        self.misbehaves = faults is not None
        self.faults = faults if faults is not None or not has_control else Faults()
        # A file keeps times: were the clock put ahead, they would lie in the future of the next start.
        self.time = Timekeeper() if has_control and settings.db is None else None
        self.watch = None if options.no_watch else Watch(settings.terms)
        token = options.control_token if before is None else before.token
        self.control = self._control(token) if has_control else None
        cors = Cors(options.cors) if options.cors else None
        if log is not None and self.faults is not None:
            self.faults.watchers.append(log.strike)
        if log is not None and self.watch is not None:
            self.watch.watchers.append(log.breach)
        description = Description(with_control=has_control)
        layers = (log, self.control, cors, description, self.faults, self.time, self.watch)
        self.running = MockCoordinator(
            settings,
            clock=None if self.time is None else self.time.clock,
            layers=[layer for layer in layers if layer is not None],
            listening=listening,
        )

    @property
    def token(self) -> str | None:
        """What is asked of everybody who uses the control face; once it runs, also one that was drawn."""
        return None if self.control is None else self.control.token

    async def until(self, told_to_end: asyncio.Event) -> bool:
        """Returns when this start is over; gives whether another is to follow."""
        ends = [told_to_end.wait()] + ([] if self.control is None else [self.control.reset_wanted.wait()])
        waiting = [asyncio.ensure_future(end) for end in ends]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return not told_to_end.is_set()

    def _control(self, token: str | None) -> Control:
        return Control(
            faults=self.faults,
            time=self.time,
            watch=self.watch,
            token=token,
            can_reset=True,
            pages=page_routes(),
        )


def like(faults: Faults | None, first: Sequence[Fault]) -> Faults | None:
    """Faults as they were at the beginning, `first`, with the same seed."""
    return None if faults is None else Faults(first, seed=faults.seed, variety=faults.variety)
