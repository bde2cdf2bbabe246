"""The watch: what breaks a clause is reported while it happens, and nothing else is."""

import asyncio
import time

import pytest
from dispatch_mockcoord import watch as watching
from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.stalls import LEAST_SECONDS, TICK_SECONDS, Stalls
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_mockcoord.watch import Watch
from dispatch_protocol.canonical import stringify
from dispatch_protocol.clauses import Level
from dispatch_protocol.recording import Opened, frame_event
from dispatch_protocol.rules import Finding
from dispatch_protocol.vocabulary import Role

from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.driver import identity


async def watched(output: str) -> tuple[list[str], str]:
    """The clauses that are reported for a worker that claims to have hashed this text."""
    reported: list[Finding] = []
    async with MockCoordinator(Settings(terms=Terms())) as running, client(running) as http:
        watch = Watch(running.settings.terms, reported.append)
        running.tap(watch.event)
        async with worker(running) as one:
            await http.post("/v1/jobs/commit/fast", json=TASK)
            assignment = await one.hear()
            message = one.completion(assignment)
            message["output"] = {"summary": output, "word_count": 2}
            await one.say(message)
            await one.beat()
        watch.finish(running.switchboard.elapsed())
    assert list(watch.findings) == reported
    return [finding.clause for finding in reported], watch.summary()


async def test_an_honest_session_is_silent() -> None:
    assert await watched("some text") == ([], "no violations")


async def test_a_wrong_hash_is_reported_by_clause() -> None:
    clauses, summary = await watched("another text")
    assert clauses == ["W-CAN-2"]
    assert summary.startswith(f"{len(clauses)} violations: ")


def test_only_so_many_findings_are_kept() -> None:
    watch = Watch(Terms(), lambda finding: None)
    watch.event(Opened(t=0.0, connection=1))
    for number in range(watching.MAX_FINDINGS + 10):
        watch.event(frame_event(number / 1000, 1, Role.WORKER, "nonsense"))
    assert len(watch.findings) == watching.MAX_FINDINGS
    assert sum(watch.counts.values()) > watching.MAX_FINDINGS


def opened(watch: Watch) -> None:
    """A worker registers on connection 1, at 0 s."""
    watch.event(Opened(t=0.0, connection=1))
    register = {"type": "register", "provider_pubkey": identity(1).pubkey_hex, "provider_type": "DESKTOP"}
    watch.event(frame_event(0.0, 1, Role.WORKER, stringify({**register, "capabilities": ["TASK"]})))
    acknowledged = '{"type":"register_ack","status":"ok","worker_id":"w"}'
    watch.event(frame_event(0.0, 1, Role.COORDINATOR, acknowledged))


BEAT = stringify({"type": "heartbeat", "provider_pubkey": identity(1).pubkey_hex})


@pytest.mark.parametrize("stalled", [False, True])
async def test_what_is_late_is_nobodys_fault_if_this_process_stood_still(stalled: bool) -> None:
    watch = Watch(Terms())
    async with MockCoordinator(Settings(), layers=(watch,)):
        opened(watch)
        if stalled:
            time.sleep(TICK_SECONDS + LEAST_SECONDS + 0.1)
        watch.event(frame_event(30.0, 1, Role.WORKER, BEAT))
        assert dict(watch.counts) == ({} if stalled else {"W-HBT-1": 1})
        assert watch.excused == stalled


async def test_what_is_late_is_nobodys_fault_either_while_the_store_holds_everything_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch_mockcoord.watch.TICK_SECONDS", 0.01)
    monkeypatch.setattr(Switchboard, "is_held_up", property(lambda board: True))
    watch = Watch(Terms())
    async with MockCoordinator(Settings(), layers=(watch,)):
        opened(watch)
        await asyncio.sleep(0.1)
        watch.event(frame_event(30.0, 1, Role.WORKER, BEAT))
    assert (dict(watch.counts), watch.excused) == ({}, 1)


def test_a_stall_is_over_after_its_time() -> None:
    stalls = Stalls(0.0)
    for now in (0.5, 1.0, 1.5):
        stalls.tick(now)
        assert not stalls.within(60, now)
    stalls.note(3.0)
    assert stalls.within(25, 20.0)
    assert not stalls.within(25, 30.0)


async def test_each_breach_keeps_its_evidence_and_is_counted_for_its_worker() -> None:
    seen: list[Breach] = []
    async with MockCoordinator(settings()) as running:
        watch = Watch(running.settings.terms)
        watch.watchers.append(seen.append)
        running.tap(watch.event)
        running.observe(watch.effect)
        async with worker(running) as one:
            for _ in range(2):
                await one.say("nonsense")
                await one.hear()
    key = one.identity.pubkey_hex
    assert watch.by_worker == {key: watch.counts}
    assert list(watch.breaches) == seen
    latest = watch.latest["W-FRM-2"]
    assert latest == [breach for breach in seen if breach.clause == "W-FRM-2"][-1]
    assert latest.event.endswith("nonsense")
    assert (latest.worker, latest.level) == (key, Level.MUST)


def test_evidence_that_is_long_or_old_is_kept_only_as_far_as_it_is_at_hand() -> None:
    watch = Watch(Terms())
    opened(watch)
    for number in range(300):
        watch.event(frame_event(number / 100, 1, Role.WORKER, "x" * 70_000 if number % 2 else "short"))
    assert sum(len(breach.event) for breach in watch.breaches) < 1_000 * len(watch.breaches)
    assert all(breach.event for breach in watch.breaches if breach.clause == "W-FRM-2")


async def test_a_new_start_begins_a_new_transcript() -> None:
    watch = Watch(Terms())
    for _ in range(2):
        running = MockCoordinator(settings(), layers=(watch,))
        async with running, worker(running) as one:
            await one.beat()
    assert watch.counts.total() == 0


async def test_of_very_many_workers_those_are_counted_that_broke_something_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dispatch_mockcoord.watch.MAX_WORKERS", 2)
    watch = Watch(Terms())
    async with MockCoordinator(settings(), layers=(watch,)) as running:
        for number in (1, 2, 1, 3):
            async with worker(running, number) as one:
                await one.say("nonsense")
                await one.hear()
    assert list(watch.by_worker) == [identity(number).pubkey_hex for number in (1, 3)]
    assert watch.counts["W-FRM-2"] == 4
