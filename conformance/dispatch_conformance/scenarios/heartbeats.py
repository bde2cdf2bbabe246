"""Heartbeats: idle, while a job runs, while several are assigned. Source: W-HBT.

The passive rules measure the gaps; the scenarios make the situations, each longer than the longest gap. The
checks here are the suite's own measure of the same, beside its control clock.
"""

import asyncio
import time
from itertools import pairwise
from typing import Final

from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.conduct import Session
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario

GAP_SECONDS: Final = 25.0
"""The longest gap that a worker may leave."""

WATCHED_SECONDS: Final = 26.5
"""How long each situation lasts, from the register_ack on."""


@scenario("heartbeats.idle", {"idle": "W-HBT-1"}, seconds=WATCHED_SECONDS + 1, waits=True)
async def idle(context: Context) -> None:
    """A worker without a job beats on."""
    session = await context.worker()
    await watch(context, "idle", session, "without a job")


@scenario(
    "heartbeats.busy",
    {"busy": "W-HBT-4"},
    capability=JobType.LLM_INFER,
    seconds=WATCHED_SECONDS + 4,
    waits=True,
)
async def busy(context: Context) -> None:
    """A worker that waits for a slow model beats on."""
    context.ollama.mood = Mood(delay=WATCHED_SECONDS + 2)
    session = await context.worker()
    await context.stage.assign(JobType.LLM_INFER, {"prompt": "one", "max_tokens": 16})
    await watch(context, "busy", session, "while a job runs", context.stage.transcript.now)


@scenario(
    "heartbeats.several",
    {"several": "W-HBT-5"},
    capability=JobType.LLM_INFER,
    seconds=WATCHED_SECONDS + 4,
    waits=True,
)
async def several(context: Context) -> None:
    """A worker with three jobs at once, that all wait for a slow model, beats on."""
    context.ollama.mood = Mood(delay=WATCHED_SECONDS + 2)
    session = await context.worker()
    for prompt in ("one", "two", "three"):
        await context.stage.assign(JobType.LLM_INFER, {"prompt": prompt, "max_tokens": 16})
    now = context.stage.transcript.now
    await watch(context, "several", session, "while several jobs are assigned", now)


async def watch(
    context: Context, check: str, session: Session, when: str, since: float | None = None
) -> None:
    """Wait, then judge the longest gap since the register_ack; the one still open counts.

    The wait begins with the register_ack, or `since` then, where the situation came about later.
    """
    stage, began = context.stage, time.monotonic()
    acked = session.acked_at or 0.0
    start = acked if since is None else since
    left = WATCHED_SECONDS - (stage.transcript.now - start)
    await stage.transcript.changes.until(lambda: session.link.closed, left)
    await asyncio.sleep(0)
    end = session.link.closed.t if session.link.closed else stage.transcript.now
    beats = [acked, *session.heartbeats, end]
    longest = max(after - before for before, after in pairwise(beats))
    lost = session.link.closed is not None and end - start < WATCHED_SECONDS - 1
    actual = f"the connection ended after {end - acked:.1f} s"
    if not lost:
        moments = ", ".join(f"{moment - acked:.1f}" for moment in session.heartbeats)
        told = f"heartbeats {moments} s after the register_ack" if moments else "no heartbeat at all"
        actual = f"a gap of {longest:.1f} s; {told}"
    context.check(check).expect(
        longest <= GAP_SECONDS and not lost,
        f"the worker does not keep up its heartbeats {when}",
        expected=f"no gap of more than {GAP_SECONDS:.0f} s",
        actual=actual,
        evidence=session,
        since=began,
    )
