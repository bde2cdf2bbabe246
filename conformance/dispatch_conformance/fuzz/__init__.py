"""Fuzzing: random sequences of assignments and frames on a live worker, held against the reference model.

How it fits together: `spelling` and `menu` make sequences (`steps`) of what Hypothesis draws; `play` sends
them and `observe` notes what comes (`outcome`); `judge` holds that against the model. `hunt` carries out a
whole scenario: `search` drives it through `course`; what a worker gets wrong is pinned down by `faulting`,
what it dies of or leaves unanswered by `incident`, both with `reduce`. The smallest sequence of each check
that failed is kept in `Context.smallest`, as JSON; `play_again` plays it.

All of it follows one seed: the same seed gives the same sequences to a worker that answers alike, for as long
as its budget lasts.
"""

import asyncio
import importlib
from typing import Final

from dispatch_protocol.canonical import JsonValue

from dispatch_conformance.fuzz.checks import CHECKS
from dispatch_conformance.scenario import Context, scenario

EXAMPLES: Final = 400
"""How many random sequences the full profile gives a worker."""

QUICK_EXAMPLES: Final = 100
"""How many the quick profile gives it."""

SECONDS: Final = 8.0
"""How long the search may take in the full profile, shrinking included."""

QUICK_SECONDS: Final = 2.5
"""How long it may take in the quick profile."""

RESTARTS: Final = 24
"""How often a worker is started anew."""

BLIND: Final = frozenset({"W-JOB-1", "W-JOB-2", "W-JOB-3", "W-JOB-12"})
"""Silences that the passive rules leave to this scenario: it stops workers while their jobs wait."""


@scenario("fuzz.sequences", CHECKS, seconds=9, limit=120, blind=BLIND)
async def sequences(context: Context) -> None:
    """Random sequences of jobs, notices and garbage; the smallest that a worker gets wrong is shown.

    It keeps to its time on a worker that answers. One that leaves a job unanswered gets the ten seconds of
    the clause before it is blamed, and one that died some seconds for the search for what it died of.
    """
    await context.worker()
    session = await context.stage.ready()
    search = await asyncio.to_thread(importlib.import_module, "dispatch_conformance.fuzz.hunt")
    quick = context.settings.quick
    await search.hunt(
        context,
        session,
        examples=QUICK_EXAMPLES if quick else EXAMPLES,
        seconds=QUICK_SECONDS if quick else SECONDS,
        restarts=RESTARTS,
    )


async def play_again(context: Context, check: str, data: JsonValue) -> None:
    """Start the worker, play a sequence as `Context.smallest` holds it, and observe the check with this id.

    The context must be that of `sequences`. Raises UsageError where the data are no sequence.
    """
    await context.worker()
    session = await context.stage.ready()
    hunting = await asyncio.to_thread(importlib.import_module, "dispatch_conformance.fuzz.hunt")
    await hunting.play_again(context, session, check.partition(".")[2], data)


@scenario("fuzz.receipts", {}, seconds=2)
async def receipts(context: Context) -> None:
    """The suite's own judge of receipts: what it signs it accepts, and nothing that was changed."""
    own = await asyncio.to_thread(importlib.import_module, "dispatch_conformance.fuzz.own_judge")
    examples = 200 if context.settings.quick else 600
    await asyncio.to_thread(own.examine, context.settings.seed, examples)
