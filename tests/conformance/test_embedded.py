"""The mock coordinator embedded: whole paths from a client's request to a verified receipt."""

from dispatch_conformance.clock import ControlClock
from dispatch_conformance.context import Context
from dispatch_conformance.engine import run_scenario
from dispatch_conformance.scenario import scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict

from tests.conformance.test_cli import GOOD

PAYLOAD = {"job_type": "TASK", "task_type": "summarize", "input": "private words"}


@scenario("whole.private", {"paired": "W-PAIR-1", "verified": "W-SIG-5"})
async def private(context: Context) -> None:
    """A PRIVATE job reaches a paired worker, and its receipt verifies."""
    coordinator = await context.embed()
    code = await coordinator.pairing_code("user_1")
    await context.start(coordinator, pairing_code=code)
    registered = await coordinator.registered()
    changes = coordinator.transcript.changes
    assert await changes.until(lambda: "trust/claim" in str(coordinator.transcript.events), 20)
    listed = await coordinator.request("GET", "/v1/trust/list?user_id=user_1")
    providers = listed.member("providers")
    assert isinstance(providers, list)
    first = providers[0]
    assert isinstance(first, dict)
    context.check("paired").equal(registered.provider_pubkey, first["provider_pubkey"], "another key")
    committed = await coordinator.commit("TASK", dict(PAYLOAD), user_id="user_1", privacy_class="PRIVATE")
    job_id = committed.member("job_id")
    assert isinstance(job_id, str)
    view = await coordinator.finished(job_id)
    receipt = view.member("receipt")
    assert isinstance(receipt, dict)
    context.check("verified").equal(True, receipt["verified"], "the receipt does not verify")


@scenario("whole.unpaired", {"refused": "W-PAIR-1"})
async def unpaired(context: Context) -> None:
    """A PRIVATE job without a paired worker is refused by the coordinator."""
    coordinator = await context.embed()
    await context.start(coordinator)
    await coordinator.registered()
    committed = await coordinator.commit("TASK", dict(PAYLOAD), user_id="user_1", privacy_class="PRIVATE")
    context.check("refused").equal(422, committed.status, "not refused")


async def test_whole_paths_over_the_real_coordinator() -> None:
    async with ControlClock() as clock:
        for each in (private, unpaired):
            run = await run_scenario(each, Settings(command=GOOD), clock)
            assert not run.error
            assert run.connected
            assert {entry.verdict for entry in run.observations} == {Verdict.PASS}
            assert any(entry.check.startswith("transcript.") for entry in run.observations)


async def test_nobody_registers_with_it() -> None:
    @scenario("whole.crash", {"one": "W-OUT-3"})
    async def crash(context: Context) -> None:
        coordinator = await context.embed()
        await context.start(coordinator)
        await coordinator.registered()

    async with ControlClock() as clock:
        run = await run_scenario(crash, Settings(command="false"), clock)
    assert {entry.check: entry.verdict for entry in run.observations} == {
        "whole.one": Verdict.NOT_TESTABLE,
        "life.registers": Verdict.INCONCLUSIVE,
    }
    assert run.endings == ("exit status 1",)
