"""Fuzzing live processes: legal variety passes, planted defects come down to little, seeds decide."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from dispatch_conformance import fuzz
from dispatch_conformance.clock import ControlClock
from dispatch_conformance.context import Context
from dispatch_conformance.fuzz import course, incident, search
from dispatch_conformance.fuzz import hunt as hunting
from dispatch_conformance.fuzz.steps import Job, Sequence, from_data
from dispatch_conformance.jobs import ANSWER_SECONDS
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Observation, Verdict
from dispatch_protocol.canonical import JsonValue, parse
from dispatch_protocol.vocabulary import JobType

pytestmark = pytest.mark.timeout(300)  # the first test of each kind waits for the hunts of them all
ROOT = Path(__file__).parents[2]
PLANTED = """
import sys
sys.path.insert(0, {root!r})
from tests.mutants.__main__ import main
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 0

@defect("planted", "W-BAD-4", "dies of a payload that is nested deeply")
class Planted(Worker):
    async def on_job_assign(self, message):
        if depth(message.get("payload")) > 5:
            raise SystemExit(1)
        await super().on_job_assign(message)

sys.exit(main(["--defect", "planted"]))
"""
MUTANTS = ROOT / "tests" / "mutants" / "run.py"
REFERENCE = shutil.which("dispatch-worker", path=f"{sys.prefix}/bin") or "dispatch-worker"


def command_for(name: str) -> str:
    """The command line of a mutant."""
    return f"{sys.executable} {MUTANTS} {name}"


class Hunted:
    """What a hunt found: observations, the smallest sequences by check, the digest of what was sent."""

    def __init__(self, context: Context, digest: str = "", exchanges: int = 0) -> None:
        self.observations: list[Observation] = context.observations
        self.smallest: dict[str, JsonValue] = context.smallest
        self.digest = digest
        self.exchanges = exchanges

    @property
    def broken(self) -> dict[str, list[str]]:
        """The checks that failed, or could not be told, with their clauses."""
        return self.with_verdict(Verdict.FAIL, Verdict.WARN, Verdict.INCONCLUSIVE)

    def with_verdict(self, *verdicts: Verdict) -> dict[str, list[str]]:
        """The checks of which one of these was observed, with their clauses."""
        return {
            entry.check: [entry.clause, entry.message]
            for entry in self.observations
            if entry.verdict in verdicts
        }

    def sequence(self, check: str) -> Sequence:
        return from_data(self.smallest[check])


async def in_context(command: str, work: Callable[[Context], Awaitable[Hunted]], *, seed: int = 3) -> Hunted:
    clock = ControlClock()
    settings = Settings(command=command, seed=seed)
    async with clock, Context(scenario=fuzz.sequences, settings=settings, clock=clock) as context:
        return await work(context)


async def hunt(command: str, *, seed: int = 3, examples: int = 10) -> Hunted:
    async def work(context: Context) -> Hunted:
        await context.worker()
        session = await context.stage.ready()
        player = await hunting.hunt(context, session, examples=examples, seconds=60.0, restarts=24)
        return Hunted(context, player.digest, player.exchanges)

    return await in_context(command, work, seed=seed)


VARIANTS = (
    "receipts-apart",
    "rejects-faults",
    "one-at-a-time",
    "tasks-only",
    "models-only",
    "seeker",
)
FLAWED = {
    "summary-in-code-points": "fuzz.summary_units",
    "completes-twice": "fuzz.answered_once",
    "answers-payments": "fuzz.unasked",
    "hash-escaped-html": "fuzz.hash",
}
DEADLY = {
    "dies-of-null": "fuzz.null",
    "dies-of-bytes": "fuzz.binary",
    "dies-of-unknown-members": "fuzz.unknown_members",
}
SILENCE_SECONDS = 3.0
"""How long a job may stay without an answer here: nobody waits ten seconds for one that never comes."""
SILENT = ("third-job-forgotten", "drops-the-second-job", "stuck-after-a-fault")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Hunted]:
    """All hunts of this module, a few at a time: most of each is waiting for processes and their silence."""
    planted = tmp_path_factory.mktemp("planted") / "planted.py"
    planted.write_text(PLANTED.format(root=str(ROOT)), encoding="utf-8")
    wanted: dict[str, tuple[str, dict[str, int]]] = {
        **{name: (command_for(name), {}) for name in SILENT},
        **{name: (command_for(name), {"examples": 20}) for name in (*FLAWED, *DEADLY)},
        "planted": (f"{sys.executable} {planted}", {"examples": 20}),
        **{name: (command_for(name), {}) for name in VARIANTS},
    }

    async def all_of_them() -> dict[str, Hunted]:
        few = asyncio.Semaphore(5)

        async def one(command: str, options: dict[str, int]) -> Hunted:
            async with few:
                return await hunt(command, **options)

        hunted = await asyncio.gather(*(one(*entry) for entry in wanted.values()))
        return dict(zip(wanted, hunted, strict=True))

    with pytest.MonkeyPatch.context() as patch:
        for module, budget in ((course, "MOST_ASIDE"), (search, "ROUND"), (incident, "REDUCE")):
            patch.setattr(module, f"{budget}_SECONDS", 60.0)  # a slow host finds the same, later
        patch.setitem(ANSWER_SECONDS, JobType.TASK, SILENCE_SECONDS)
        return asyncio.run(all_of_them())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_legal_variant_passes(name: str, found: dict[str, Hunted]) -> None:
    assert found[name].broken == {}
    assert found[name].with_verdict(Verdict.NOT_TESTABLE) == {}
    assert found[name].exchanges > 80
    assert not found[name].smallest


@pytest.mark.parametrize("name", FLAWED)
def test_a_defect_that_a_worker_survives_comes_down_to_one_step(name: str, found: dict[str, Hunted]) -> None:
    assert found[name].broken.keys() == {FLAWED[name]}
    assert len(found[name].sequence(FLAWED[name]).steps) <= 1


def test_the_smallest_input_is_as_short_as_it_can_be(found: dict[str, Hunted]) -> None:
    (step,) = found["summary-in-code-points"].sequence("fuzz.summary_units").steps
    assert isinstance(step, Job)
    payload = parse(step.payload)
    assert isinstance(payload, dict)
    assert len(str(payload["input"])) <= 201


@pytest.mark.parametrize("name", DEADLY)
def test_a_death_is_blamed_on_what_was_died_of(name: str, found: dict[str, Hunted]) -> None:
    assert found[name].broken.keys() == {DEADLY[name]}
    assert len(found[name].sequence(DEADLY[name]).steps) == 1


def test_what_was_died_of_is_made_small(found: dict[str, Hunted]) -> None:
    assert found["planted"].broken.keys() == {"fuzz.mistyped"}
    (step,) = found["planted"].sequence("fuzz.mistyped").steps
    assert isinstance(step, Job)
    assert step.payload.count("[") == 5


@pytest.mark.parametrize(
    ("name", "checks", "steps"),
    [
        ("third-job-forgotten", {"fuzz.answered"}, 3),
        ("drops-the-second-job", {"fuzz.beside_another"}, 1),
        ("stuck-after-a-fault", {"fuzz.next_job", "fuzz.answered"}, 2),
    ],
)
def test_a_silence_is_shrunk_on_fresh_workers(
    name: str, checks: set[str], steps: int, found: dict[str, Hunted]
) -> None:
    (check,) = found[name].broken.keys() & checks
    assert len(found[name].sequence(check).steps) <= steps


def test_what_only_a_should_forbids_is_not_held_against_a_must(found: dict[str, Hunted]) -> None:
    assert found["drops-the-second-job"].broken.keys() == {"fuzz.beside_another"}


async def test_the_same_seed_sends_the_same_bytes() -> None:
    hunted = await asyncio.gather(*(hunt(REFERENCE, seed=seed) for seed in (4, 4, 5)))
    assert [entry.broken for entry in hunted] == [{}, {}, {}]
    assert hunted[0].digest == hunted[1].digest
    assert hunted[0].digest != hunted[2].digest


@pytest.mark.parametrize(("name", "verdict"), [("third-job-forgotten", "fail"), ("one-at-a-time", "pass")])
async def test_a_smallest_sequence_can_be_played_again(
    name: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWER_SECONDS, JobType.TASK, SILENCE_SECONDS)
    easy: JsonValue = {
        "job_type": "TASK",
        "payload": '{"task_type":"summarize","input":"0"}',
        "oddity": "plain",
        "fault": "",
    }
    data: JsonValue = {"together": False, "steps": [easy, easy, easy]}

    async def work(context: Context) -> Hunted:
        await fuzz.play_again(context, "fuzz.answered", data)
        return Hunted(context)

    again = await in_context(command_for(name), work)
    assert [(entry.check, entry.verdict) for entry in again.observations] == [("fuzz.answered", verdict)]
