"""Receipts that come apart from the answer: still there, and in time. Source: W-RCP-1, W-RCP-13.

What a receipt holds, and its signature, is judged by the passive rules for every job of every scenario.
"""

from typing import Final

from dispatch_conformance.jobs import RECEIPT_SECONDS
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import easy_job

AWAITED_SECONDS: Final = RECEIPT_SECONDS + 3.0
"""How long a receipt is awaited: long enough to tell a late one from none."""


@scenario("receipts.delivered", {"delivered": "W-RCP-1", "in_time": "W-RCP-13"})
async def delivered(context: Context) -> None:
    """A job's receipt is bundled with its answer, or submitted up to five seconds later."""
    session = await context.worker()
    assignment = await context.stage.assign(*easy_job(session))
    answer = await assignment.answer()
    if not answer.completed:
        for name in ("delivered", "in_time"):
            context.check(name).not_testable(
                f"the worker does not complete a job: {answer.in_words()}", answer
            )
        return
    if answer.receipt is None:
        await context.stage.until(lambda: assignment.submitted, AWAITED_SECONDS)
    after = context.stage.transcript.now - assignment.sent_at - answer.after
    there = answer.receipt is not None or bool(assignment.submitted)
    context.check("delivered").expect(
        there,
        "the worker delivers no receipt for a job that it completed",
        expected="a receipt in job_complete, or in a receipt_submit",
        actual=f"none within {AWAITED_SECONDS:.0f} s",
        evidence=answer,
    )
    if answer.receipt is not None or not there:
        why = "the receipt came with the answer" if there else "there is no receipt"
        context.check("in_time").not_applicable(why)
        return
    context.check("in_time").expect(
        after <= RECEIPT_SECONDS,
        "the worker submits its receipt too late",
        expected=f"a receipt_submit no later than {RECEIPT_SECONDS:.0f} s after the job_complete",
        actual=f"{after:.1f} s after it",
        evidence=answer,
    )
