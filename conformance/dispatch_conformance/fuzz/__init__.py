"""Random inputs: tasks against the reference on a live worker, receipts through the protocol's own package.

All of it follows one seed: the same seed gives the same inputs to a worker that answers alike.
"""

import asyncio
import importlib

from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.jobs import Answer
from dispatch_conformance.reference import CHECKS
from dispatch_conformance.scenario import Context, scenario

EXAMPLES = 600
"""How many random jobs the full profile gives a worker."""

QUICK_EXAMPLES = 200
"""How many the quick profile gives it."""

BUDGET_SECONDS = 8.0
"""How long the search may take, shrinking included."""


@scenario("fuzz.tasks", CHECKS, capability=JobType.TASK, seconds=9, limit=90)
async def tasks(context: Context) -> None:
    """Random inputs of the three tasks against the reference; the smallest that fails is shown."""
    await context.worker()
    session = await context.stage.ready()
    search = await asyncio.to_thread(importlib.import_module, "dispatch_conformance.fuzz.search")
    loop = asyncio.get_running_loop()

    async def ask(task: TaskType, text: str) -> Answer:
        payload = {"job_type": "TASK", "task_type": str(task), "input": text}
        assignment = await context.stage.assign(JobType.TASK, dict(payload), session=session)
        return await assignment.answer()

    examples = QUICK_EXAMPLES if context.settings.quick else EXAMPLES
    seed = context.settings.seed
    hunt = search.Hunt(ask, loop, seed=seed, examples=examples, seconds=BUDGET_SECONDS)
    try:
        await asyncio.to_thread(hunt.run)
    finally:
        hunt.stop()
    for caught in hunt.caught:
        context.check(caught.fault.check).failed(
            f"{caught.fault.message}; the smallest input found is {caught.job}",
            expected=caught.fault.expected,
            actual=caught.fault.actual,
            evidence=caught.answer,
        )
    for name in hunt.decided - {caught.fault.check for caught in hunt.caught}:
        context.check(name).passed()


@scenario("fuzz.receipts", {}, seconds=2)
async def receipts(context: Context) -> None:
    """The suite's own judge of receipts: what it signs it accepts, and nothing that was changed."""
    own = await asyncio.to_thread(importlib.import_module, "dispatch_conformance.fuzz.own_judge")
    examples = QUICK_EXAMPLES if context.settings.quick else EXAMPLES
    await asyncio.to_thread(own.examine, context.settings.seed, examples)
