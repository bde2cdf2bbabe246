"""The engine: side by side, nothing lost, no blame for its own faults, one repetition, nothing left over."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from dispatch_conformance.clock import ControlClock, Stall
from dispatch_conformance.context import Context
from dispatch_conformance.engine import HOPELESS, Engine, Outcome, run_scenario
from dispatch_conformance.missing import NotConnected, NotDeclared, NotRegistered, WorkerLost
from dispatch_conformance.report.model import make_report
from dispatch_conformance.scenario import Scenario, scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import parse
from dispatch_protocol.vocabulary import JobType

from tests.conformance.small_workers import command

CHECKS = {"one": "W-OUT-3", "two": "W-OUT-4"}


def settings(worker: str = "unused", jobs: int = 8) -> Settings:
    return Settings(command=worker, jobs=jobs)


async def run(*scenarios: Scenario, worker: str = "unused", jobs: int = 8) -> Outcome:
    return await Engine(settings(worker, jobs=jobs)).run(scenarios)


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {entry.check: entry.verdict for entry in outcome.observations()}


def code(outcome: Outcome) -> int:
    scenarios = [run.scenario for run in outcome.runs]
    return make_report(settings(), outcome, scenarios).exit_code


async def test_what_is_not_observed_is_not_testable() -> None:
    @scenario("area.half", CHECKS)
    async def half(context: Context) -> None:
        context.check("one").passed()

    outcome = await run(half)
    assert verdicts(outcome) == {"area.one": Verdict.PASS, "area.two": Verdict.NOT_TESTABLE}


@pytest.mark.parametrize(
    ("missing", "life"),
    [
        (NotConnected("c"), {"life.registers": Verdict.INCONCLUSIVE}),
        (NotRegistered("r"), {"life.registers": Verdict.FAIL}),
        (WorkerLost("l"), {"life.stays": Verdict.FAIL}),
    ],
)
async def test_a_missing_prerequisite_is_told_and_judged_once(
    missing: Exception, life: dict[str, Verdict]
) -> None:
    @scenario("area.lost", CHECKS)
    async def lost(_context: Context) -> None:
        raise missing

    outcome = await run(lost)
    declared = {"area.one": Verdict.NOT_TESTABLE, "area.two": Verdict.NOT_TESTABLE}
    assert verdicts(outcome) == declared | life
    assert not outcome.errors


async def test_a_capability_that_was_not_declared_is_not_applicable(tmp_path: Path) -> None:
    @scenario("area.llm", {"one": "W-LLM-1"}, capability=JobType.LLM_INFER)
    async def llm(context: Context) -> None:
        await context.worker()
        raise AssertionError("a SEEKER worker declared LLM_INFER")

    outcome = await run(llm, worker=command(tmp_path, "echo"))
    assert verdicts(outcome)["area.one"] is Verdict.NOT_APPLICABLE
    assert outcome.connected


async def test_a_clause_of_another_capability_is_not_applicable_either() -> None:
    @scenario("area.mixed", {"one": "W-LLM-1", "two": "W-OUT-3"})
    async def mixed(context: Context) -> None:
        raise NotDeclared("neither")

    assert set(verdicts(await run(mixed)).values()) == {Verdict.NOT_APPLICABLE}


async def test_an_error_of_the_suites_is_never_blamed_on_the_worker() -> None:
    @scenario("area.broken", CHECKS)
    async def broken(_context: Context) -> None:
        raise KeyError("a slip of the suite's")

    outcome = await run(broken)
    assert verdicts(outcome) == {"area.one": Verdict.INCONCLUSIVE, "area.two": Verdict.INCONCLUSIVE}
    assert "KeyError" in outcome.errors[0]
    assert code(outcome) == 2


async def test_a_scenario_that_overruns_its_time_is_an_error_of_the_suites() -> None:
    @scenario("area.slow", CHECKS, limit=0.1)
    async def slow(_context: Context) -> None:
        await asyncio.sleep(60)

    outcome = await run(slow)
    assert "overran" in outcome.errors[0]


async def test_scenarios_run_side_by_side_and_one_by_one() -> None:
    running = 0
    most = 0

    async def busy(_context: Context) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1

    many = [scenario(f"area.s{number}", {})(busy) for number in range(8)]
    await run(*many, jobs=4)
    assert most == 4
    most = 0
    waiting = [scenario(f"area.w{number}", {}, waits=True)(busy) for number in range(4)]
    await run(*many, *waiting, jobs=1)
    assert most == 1


async def test_those_that_wait_take_no_place_from_those_that_work() -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def wait(_context: Context) -> None:
        order.append("waiting")
        await asyncio.wait_for(gate.wait(), 20)

    async def work(_context: Context) -> None:
        order.append("working")
        gate.set()

    waiting = [scenario(f"area.w{number}", {}, waits=True, seconds=30)(wait) for number in range(4)]
    await run(scenario("area.quick", {}, seconds=1)(work), *waiting, jobs=2)
    assert order[:4] == ["waiting"] * 4
    assert sorted(order) == ["waiting"] * 4 + ["working"]


async def test_an_open_must_is_repeated_once_and_the_repetition_counts(tmp_path: Path) -> None:
    tries = {"settles": 0, "stays": 0, "should": 0}

    @scenario("area.settles", {"settles": "W-OUT-3", "sure": "W-OUT-4"})
    async def settles(context: Context) -> None:
        await context.worker()
        tries["settles"] += 1
        context.check("sure").failed("certain", evidence=())
        if tries["settles"] == 1:
            context.check("settles").inconclusive("noise")
        else:
            context.check("settles").passed()

    @scenario("area.stays", {"stays": "W-OUT-3"})
    async def stays(context: Context) -> None:
        tries["stays"] += 1
        context.check("stays").inconclusive("noise")

    @scenario("area.should", {"should": "W-OUT-8"})
    async def should(context: Context) -> None:
        tries["should"] += 1
        context.check("should").inconclusive("noise")

    outcome = await run(settles, stays, should, worker=command(tmp_path, "echo"))
    assert tries == {"settles": 2, "stays": 2, "should": 1}
    results = {
        result.id: result.verdict
        for result in make_report(settings(), outcome, [settles, stays, should]).results
        if result.id.startswith("area.")
    }
    assert results == {
        "area.settles": Verdict.PASS,
        "area.sure": Verdict.FAIL,
        "area.stays": Verdict.INCONCLUSIVE,
        "area.should": Verdict.INCONCLUSIVE,
    }
    names = [transcript.name for entry in outcome.runs for transcript in entry.transcripts]
    assert sorted(names) == [
        "area.settles",
        "area.settles~2",
        "area.should",
        "area.stays",
        "area.stays~2",
    ]


async def test_a_worker_that_cannot_be_started_is_misuse() -> None:
    @scenario("area.any", {})
    async def starts(context: Context) -> None:
        await context.start()

    with pytest.raises(UsageError, match="cannot be started"):
        await run(starts, worker="/no/such/worker")


async def test_without_any_connection_the_rest_is_not_tried() -> None:
    async def nothing(_context: Context) -> None:
        raise NotConnected("never")

    outcome = await run(*(scenario(f"area.s{number}", {})(nothing) for number in range(30)), jobs=1)
    assert len(outcome.runs) == 3
    assert outcome.given_up
    assert code(outcome) == 3


async def test_the_workers_are_gone_whatever_the_scenario_does(tmp_path: Path) -> None:
    pids: list[int] = []

    @scenario("area.raises", {})
    async def raises(context: Context) -> None:
        await context.worker()
        pids.append(context.workers[0].pid)
        raise KeyError("a slip")

    async with ControlClock() as clock:
        await run_scenario(raises, settings(command(tmp_path, "ignores_sigterm")), clock)
        assert not _runs(pids[0])

        @scenario("area.hangs", {})
        async def hangs(context: Context) -> None:
            await context.worker()
            pids.append(context.workers[0].pid)
            await asyncio.sleep(120)

        task = asyncio.create_task(run_scenario(hangs, settings(command(tmp_path, "echo")), clock))
        while len(pids) < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not _runs(pids[1])


async def test_passive_rules_judge_every_transcript_but_what_the_scenario_is_blind_for(
    tmp_path: Path,
) -> None:
    async def one_job(context: Context) -> None:
        await context.worker()
        await context.stage.run("TASK", {"task_type": "summarize", "input": "x"})

    sees = scenario("area.sees", {})(one_job)
    blind = scenario("area.blind", {}, blind=frozenset({"W-CAN-2"}))(one_job)
    worker = command(tmp_path, "echo")
    assert verdicts(await run(sees, worker=worker))["transcript.W-CAN-2"] is Verdict.FAIL
    assert "transcript.W-CAN-2" not in verdicts(await run(blind, worker=worker))


async def test_the_clock_sees_a_stall_and_no_stall() -> None:
    async with ControlClock() as clock:
        before = time.monotonic()
        await asyncio.sleep(0.2)
        assert clock.stalled(before, time.monotonic()) == 0
        time.sleep(1.0)
        await asyncio.sleep(0.1)
        assert clock.stalled(before, time.monotonic()) > 0.5
        assert clock.stalled(before, before) == 0


def test_only_the_part_of_a_stall_inside_the_window_counts() -> None:
    clock = ControlClock()
    clock.stalls.append(Stall(10.0, 14.0))
    assert clock.stalled(12.0, 13.0) == 1.0
    assert clock.stalled(0.0, 11.0) == 1.0
    assert clock.stalled(14.0, 20.0) == 0.0


def _runs(pid: int) -> bool:
    if sys.platform != "linux":
        return False
    return Path(f"/proc/{pid}").exists()


async def test_a_text_that_cannot_be_read_is_an_error_of_the_suites_and_no_misuse() -> None:
    @scenario("area.unread", CHECKS)
    async def unread(_context: Context) -> None:
        parse("[object Object]")

    outcome = await run(unread)
    assert "JsonSyntaxError" in outcome.errors[0]


async def test_workers_that_connect_and_never_register_are_given_up(tmp_path: Path) -> None:
    async def waits(context: Context) -> None:
        await context.start()
        await context.stage.registered(0.5)

    scenarios = [scenario(f"area.deaf_{number}", CHECKS)(waits) for number in range(HOPELESS + 2)]

    outcome = await run(*scenarios, worker=command(tmp_path, "says_hello"), jobs=1)

    assert len(outcome.runs) == HOPELESS
    assert outcome.given_up == f"no worker registered in {HOPELESS} scenarios; the rest was not tried"


async def test_what_a_worker_leaves_in_its_folder_is_no_failure_of_the_suite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @scenario("area.folder", {"one": "W-OUT-3"})
    async def folder(context: Context) -> None:
        context.key_path.parent.write_text("not a folder")
        await context.start()
        (context.folder / "not ours").write_text("")
        context.check("one").passed()

    def refuse(*_args: object, **_names: object) -> None:
        raise PermissionError("another user's")

    with monkeypatch.context() as patch:
        patch.setattr("os.unlink", refuse)
        outcome = await run(folder, worker="true")
    assert (outcome.errors, verdicts(outcome)["area.one"]) == ([], Verdict.PASS)


async def test_a_worker_that_registers_is_not_given_up_on(tmp_path: Path) -> None:
    def numbered(number: int) -> Scenario:
        @scenario(f"area.{number}", {"one": "W-OUT-3"})
        async def registers(context: Context) -> None:
            await context.worker()
            context.check("one").passed()

        return registers

    several = [numbered(number) for number in range(HOPELESS + 2)]
    outcome = await run(*several, worker=command(tmp_path, "echo"), jobs=1)
    assert (len(outcome.runs), outcome.given_up) == (HOPELESS + 2, "")
