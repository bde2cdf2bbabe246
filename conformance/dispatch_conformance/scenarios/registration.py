"""Registration, and what the coordinator's answer to it may be. Source: W-REG, W-CON, W-PAIR-8.

What the register frame itself holds is judged by the passive rules, in every scenario.
"""

import asyncio
import time
from typing import Final

from dispatch_protocol.recording import Http

from dispatch_conformance.conduct import Conduct, refusal
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import probe
from dispatch_conformance.stage import Stage

LATE_SECONDS: Final = 8.0
"""When a late register_ack comes: within the ten seconds that a worker waits."""

ENDS_SECONDS: Final = 12.0
"""How long a refused worker may take to end: longer than it would wait for an ack that does not come."""

QUIET_SECONDS: Final = 1.0
"""How long a worker without a code is watched for a claim after it has registered."""


@scenario("registration.first", {"works": "W-JOB-1", "no_claim": "W-PAIR-8"}, seconds=2.0)
async def first(context: Context) -> None:
    """A worker without a pairing code registers, claims nothing, and answers a job."""
    session = await context.worker()
    stage = context.stage
    await stage.until(lambda: stage.claims, QUIET_SECONDS)
    if context.host is not None and context.host.pairs:
        context.check("no_claim").not_testable("the worker was started with a pairing code")
    else:
        judge_no_claim(context, stage)
    probing = await probe(stage, session)
    context.check("works").expect(
        probing.works,
        "the worker does not answer its first job",
        expected="a job_complete",
        actual=probing.instead,
        evidence=probing.assignment.marks(),
    )


def judge_no_claim(context: Context, stage: Stage) -> None:
    """Whether a worker that was given no code has claimed one."""
    context.check("no_claim").expect(
        not stage.claims,
        "the worker claims a pairing although it was given no code",
        expected="no request to /v1/trust/claim",
        actual=stage.claims[0].body.decode("utf-8", "replace") if stage.claims else "",
        evidence=stage.claims,
    )


@scenario("registration.refused", {"ends": "W-REG-11"}, control=True)
async def refused(context: Context) -> None:
    """A register_ack with the status `error` ends the worker."""
    stage = context.stage
    stage.conduct = Conduct(acks=lambda _session: (refusal("this coordinator takes no more workers"),))
    worker = await context.start()
    await stage.until(lambda: stage.sessions or not worker.running, 15.0)
    if not stage.sessions:
        await stage.registered(0.0)  # tells why there is none
    await stage.until(lambda: not worker.running, ENDS_SECONDS)
    again = len(stage.sessions) - 1
    context.check("ends").expect(
        not worker.running,
        "the worker goes on after its registration was refused",
        expected=f"the process has ended {ENDS_SECONDS:.0f} s later",
        actual=f"it still runs, and has registered {again} more times" if again else "it still runs",
        evidence=stage.sessions[0],
    )


@scenario("registration.late_ack", {"late_ack": "W-REG-10"}, fresh=True, seconds=LATE_SECONDS + 1, waits=True)
async def late_ack(context: Context) -> None:
    """A register_ack that comes after eight seconds is still awaited."""
    stage = context.stage
    stage.conduct = Conduct(ack_delay=LATE_SECONDS)
    worker = await context.start()
    await stage.until(lambda: stage.sessions or not worker.running, 15.0)
    if not stage.sessions:
        await stage.registered(0.0)
    session, since = stage.sessions[0], time.monotonic()
    await stage.until(lambda: session.acked_at or session.link.closed or not worker.running, LATE_SECONDS + 3)
    works, instead = session.acked_at is not None, "the worker gave up before the ack came"
    if works:
        await asyncio.sleep(0.3)
        probing = await probe(stage, session)
        works, instead = probing.works, probing.instead
    context.check("late_ack").expect(
        works,
        f"the worker does not wait {LATE_SECONDS:.0f} s for its register_ack",
        expected=f"the connection stays open for the ack after {LATE_SECONDS:.0f} s, and works",
        actual=instead,
        evidence=session,
        since=since,
    )


@scenario("connecting.trailing_slash", {"trailing_slash": "W-CON-2"}, control=True)
async def trailing_slash(context: Context) -> None:
    """A coordinator URL that ends in a slash leads to the same WebSocket and the same claim."""
    await judge_url(context, "trailing_slash", f"{context.stage.url}/", "ends in a slash")


@scenario("connecting.ws_url", {"ws_url": "W-CON-3"}, control=True)
async def ws_url(context: Context) -> None:
    """A coordinator URL with the scheme ws leads to the same WebSocket and the same claim."""
    await judge_url(context, "ws_url", context.stage.ws_url, "has the scheme ws")


async def judge_url(context: Context, check: str, url: str, what: str) -> None:
    """Whether a worker that is told this URL registers, and claims its code in the right place.

    Where it does not, its twin is told the plain URL: what that does not do either is no matter of the URL.
    """
    stage = context.stage
    actual = await missed(context, stage, url)
    if not actual:
        context.check(check).passed(stage.session or ())
        return
    twin = await context.new_stage()
    if also := await missed(context, twin, twin.url):
        context.check(check).not_testable(f"the same worker with the plain URL: {also}")
        return
    context.check(check).failed(
        f"the worker does not come to its coordinator as usual when its URL {what}",
        expected=f"a registration at {stage.ws_url}, and POST /v1/trust/claim",
        actual=actual,
        evidence=stage.session or (),
    )


async def missed(context: Context, stage: Stage, url: str) -> str:
    """What a worker that is told this URL leaves out, in words; "" if it registers and claims its code."""
    key_path = context.folder / stage.transcript.name / "key.json"
    worker = await context.start(stage, url=url, pairing_code=stage.pairing_code, key_path=key_path)
    await stage.until(lambda: stage.session or not worker.running, 15.0)
    if stage.session is None:
        return f"it ended ({worker.ending()})" if not worker.running else "it does not register"
    await stage.until(lambda: stage.claims or not worker.running, 10.0)
    if stage.claims:
        return ""
    requests = [
        f"{event.method} {event.path}" for event in stage.transcript.events if isinstance(event, Http)
    ]
    return f"it registers, but its claim does not arrive: {', '.join(requests) or 'no request'}"
