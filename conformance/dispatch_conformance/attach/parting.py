"""The ends of connections between scenarios: closed in order, or aborted where they are dead."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from dispatch_conformance.attach.stage import AttachedStage
from dispatch_conformance.link import Link

CLOSE_SECONDS: Final = 2.0
"""How long the worker has to answer a close."""

DEAD_SECONDS: Final = 26.0
"""After how much silence a connection is dead: heartbeats come more often."""


async def part(stages: Iterable[AttachedStage], kept: Link | None = None) -> None:
    """Close every connection of these, and one that was kept, and wait for the closes to be answered."""
    for stage in stages:
        if kept is not None and kept not in stage.wire.links:
            stage.wire.links.append(kept)
        stage.part()
        await stage.transcript.changes.until(_all_closed(stage), CLOSE_SECONDS)


async def end_silent(stage: AttachedStage) -> None:
    """End those connections of a stage that stay silent: what they belonged to may want to come back."""
    before = {link: link.frames_in for link in stage.wire.links if link.open}
    await asyncio.sleep(DEAD_SECONDS)
    for link, count in before.items():
        if link.open and link.frames_in == count:
            link.abort()


def _all_closed(stage: AttachedStage) -> Callable[[], bool]:
    return lambda: all(not link.upgraded or link.closed is not None for link in stage.wire.links)
