"""A hunt through a whole scenario: the search in its thread, and what it found as observations of checks."""

import asyncio
import time
from collections.abc import Set as AbstractSet
from functools import partial

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.clauses import clause

from dispatch_conformance.conduct import Session
from dispatch_conformance.consequences import excuse
from dispatch_conformance.context import Context
from dispatch_conformance.fuzz.checks import CHECKS, FAULTY
from dispatch_conformance.fuzz.course import Course
from dispatch_conformance.fuzz.incident import Caught
from dispatch_conformance.fuzz.judge import judge
from dispatch_conformance.fuzz.menu import staples
from dispatch_conformance.fuzz.play import Player
from dispatch_conformance.fuzz.search import Hunt
from dispatch_conformance.fuzz.steps import as_data, from_data, in_words, step_by_step


async def hunt(context: Context, session: Session, *, examples: int, seconds: float, restarts: int) -> Player:
    """Search a registered worker for everything it gets wrong, and observe the checks of it.

    Gives the player, for its `exchanges` and `digest`.
    """
    began = time.monotonic()
    player = Player(context, session, restarts=restarts)
    course = Course(player, asyncio.get_running_loop(), seconds * context.settings.scale)
    search = Hunt(
        course,
        session.capabilities,
        player.closing,
        partial(asked, context),
        number=context.settings.seed,
        examples=examples,
    )
    try:
        await asyncio.to_thread(search.run)
    finally:
        course.stop()
    stalled = context.clock.stalled(began, time.monotonic())
    report(context, [entry for entry in search.caught if entry.confirmed or not stalled], search.decided)
    report_undecided(context, session, search)
    excuse(context.observations)
    return player


def report_undecided(context: Context, session: Session, search: Hunt) -> None:
    """Say why nothing is said of a check that binds this worker."""
    told = search.decided | {entry.fault.check for entry in search.caught}
    offered = staples(session.capabilities)
    for name, law in CHECKS.items():
        if name in told or not clause(law).applies_to(session.capabilities):
            continue
        if name in FAULTY.values() and name not in offered:
            context.check(name).not_applicable("no job of a type that the worker declared has this fault")
        else:
            context.check(name).not_testable(f"fuzzing did not decide it: {search.ended}")


def report(context: Context, caught: list[Caught], decided: AbstractSet[str]) -> None:
    """Observe every check: those that were broken with their smallest sequence, the others as passed."""
    for entry in caught:
        check = context.check(entry.fault.check)
        message = f"{entry.fault.message}; the smallest sequence found is {in_words(entry.smallest)}"
        if entry.confirmed or check.id not in context.smallest:
            context.smallest[check.id] = as_data(entry.smallest)
        if entry.confirmed:
            check.failed(
                message, expected=entry.fault.expected, actual=entry.fault.actual, evidence=entry.evidence
            )
        else:
            check.inconclusive(f"{message}; it did not show again", entry.evidence)
    broken = {entry.fault.check for entry in caught}
    for name in decided & set(CHECKS) - broken:
        context.check(name).passed()


async def play_again(context: Context, session: Session, name: str, data: JsonValue) -> None:
    """Play a sequence of `Context.smallest` on a registered worker, and observe the check of that name.

    Raises UsageError where the data are no sequence.
    """
    sequence = from_data(data)
    player = Player(context, session, restarts=0)
    laid, _ = step_by_step(sequence, player.closing)
    closing = sequence.together or not sequence.steps  # of no steps, it is the closing job that fails
    outcome = await player.play(laid, closing=closing)
    if not outcome.ended and outcome.late:
        outcome = await player.in_time(outcome)
    told = in_words(sequence)
    check = context.check(name)
    found = [
        entry
        for entry in judge(outcome, partial(asked, context))
        if name in (entry.fault.check, entry.circumstance, *entry.fault.also)
    ]
    if outcome.ended or outcome.silent or any(entry.owes_receipt for entry in outcome.given):
        actual = outcome.ended or "an answer or a receipt is missing"
        check.failed(f"the worker does not get through {told}", actual=actual, evidence=outcome.marks)
    elif found:
        fault = found[0].fault
        check.failed(
            f"{fault.message}: {told}",
            expected=fault.expected,
            actual=fault.actual,
            evidence=found[0].evidence,
        )
    else:
        check.passed(outcome.marks)


def asked(context: Context, prompt: str) -> bool:
    """Whether the stand-in for Ollama was asked this prompt."""
    return any(request.prompt == prompt for request in context.ollama.asked)
