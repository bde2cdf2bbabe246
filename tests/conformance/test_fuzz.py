"""Fuzzing: the smallest failing input, the same inputs for the same seed, and a judge that is sound."""

import asyncio
from collections.abc import Callable

import pytest
from dispatch_conformance.fuzz import own_judge as own
from dispatch_conformance.fuzz.search import Ask, Hunt
from dispatch_conformance.jobs import Answer, Kind
from dispatch_conformance.reference import CHECKS, decided, faults
from dispatch_protocol.canonical import Json, JsonValue, parse
from dispatch_protocol.clauses import clause
from dispatch_protocol.receipts import Verification
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import TaskType

SUMMARIZE, CLASSIFY, EXTRACT = TaskType.SUMMARIZE, TaskType.CLASSIFY, TaskType.EXTRACT_JSON
Worker = Callable[[TaskType, str], JsonValue]


def asker(worker: Worker, asked: list[tuple[TaskType, str]] | None = None) -> Ask:
    async def ask(task: TaskType, text: str) -> Answer:
        if asked is not None:
            asked.append((task, text))
        return Answer(kind=Kind.COMPLETE, after=0.0, marks=(), output=Json.of(worker(task, text)))

    return ask


async def hunt(worker: Worker, *, seed: int = 1, examples: int = 200, seconds: float = 60.0) -> Hunt:
    search = Hunt(asker(worker), asyncio.get_running_loop(), seed=seed, examples=examples, seconds=seconds)
    await asyncio.to_thread(search.run)
    return search


async def test_a_worker_that_equals_the_reference_is_found_without_fault() -> None:
    search = await hunt(run_task)
    assert not search.caught
    assert search.asked >= 150
    assert len(search.decided) >= 10


def counts_code_points(task: TaskType, text: str) -> JsonValue:
    output = run_task(task, text)
    if task is SUMMARIZE and len(text) > 200:
        output["summary"] = text[:200] + "..."
    return output


def splits_at_spaces(task: TaskType, text: str) -> JsonValue:
    output = run_task(task, text)
    if task is SUMMARIZE:
        output["word_count"] = len(text.split())
    return output


def knows_no_love(task: TaskType, text: str) -> JsonValue:
    return run_task(task, text.replace("love", "") or "x" if task is CLASSIFY else text)


@pytest.mark.parametrize(
    ("worker", "check", "smallest"),
    [
        (splits_at_spaces, "white_space", 3),
        (knows_no_love, "sentiment", 4),
    ],
)
async def test_the_smallest_failing_input_is_found(worker: Worker, check: str, smallest: int) -> None:
    search = await hunt(worker, examples=400)
    caught = {entry.fault.check: entry for entry in search.caught}
    assert check in caught
    job = parse(caught[check].job)
    assert isinstance(job, dict)
    assert len(str(job["input"])) <= smallest
    assert caught[check].fault.expected != caught[check].fault.actual


async def test_every_broken_check_is_caught_apart() -> None:
    def two_mistakes(task: TaskType, text: str) -> JsonValue:
        output = splits_at_spaces(task, text)
        return dict(reversed(output.items())) if task is EXTRACT and isinstance(output, dict) else output

    search = await hunt(two_mistakes, examples=400)
    caught = {entry.fault.check for entry in search.caught}
    assert {"extract_json_members", "white_space"} <= caught
    assert len(search.caught) == len(caught)


async def test_the_same_seed_gives_the_same_inputs_and_another_seed_others() -> None:
    courses = []
    for seed in (5, 5, 6):
        asked: list[tuple[TaskType, str]] = []
        loop = asyncio.get_running_loop()
        search = Hunt(asker(run_task, asked), loop, seed=seed, examples=50, seconds=60)
        await asyncio.to_thread(search.run)
        courses.append(asked)
    assert courses[0] == courses[1]
    assert courses[0] != courses[2]


async def test_the_budget_ends_a_search_and_keeps_what_was_caught() -> None:
    async def slow(task: TaskType, text: str) -> Answer:
        await asyncio.sleep(0.05)
        return await asker(lambda _task, _text: {"error": "no"})(task, text)

    search = Hunt(slow, asyncio.get_running_loop(), seed=1, examples=100_000, seconds=0.5)
    await asyncio.to_thread(search.run)
    assert search.caught
    assert search.asked < 30


async def test_a_stopped_search_ends() -> None:
    started = asyncio.Event()

    async def ask(task: TaskType, text: str) -> Answer:
        started.set()
        return await asker(run_task)(task, text)

    search = Hunt(ask, asyncio.get_running_loop(), seed=1, examples=1_000_000, seconds=600)
    running = asyncio.create_task(asyncio.to_thread(search.run))
    await started.wait()
    search.stop()
    await asyncio.wait_for(running, 60)


def test_the_judge_of_receipts_is_sound() -> None:
    own.examine(1, 100)


@pytest.mark.parametrize("accepts", [True, False])
def test_a_judge_that_accepts_or_refuses_everything_is_found_out(
    accepts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lax(Verification):
        @property
        def verified(self) -> bool:
            return accepts

    monkeypatch.setattr(own, "verify_receipt", lambda *_args, **_more: Lax((), ()))
    with pytest.raises(own.JudgeError):
        own.examine(1, 20)


@pytest.mark.parametrize(
    ("task", "text", "output", "check"),
    [
        (SUMMARIZE, "a b", {"summary": "a b", "word_count": 3}, "word_count"),
        (SUMMARIZE, "a\u2003b", {"summary": "a\u2003b", "word_count": 1}, "white_space"),
        (SUMMARIZE, "x" * 201, {"summary": "x" * 201, "word_count": 1}, "summary_long"),
        (SUMMARIZE, "ab", {"summary": "a", "word_count": 1}, "summary_short"),
        (SUMMARIZE, "\U0001f600", {"summary": "", "word_count": 1}, "summary_units"),
        (SUMMARIZE, "a", {"word_count": 1, "summary": "a"}, "summarize_members"),
        (SUMMARIZE, " ", {"summary": " ", "word_count": 0}, "blank_summary"),
        (CLASSIFY, "good", {"sentiment": "neutral", "confidence": 0.5}, "sentiment"),
        (CLASSIFY, "good", {"sentiment": "positive", "confidence": 1}, "confidence"),
        (CLASSIFY, "best", {"sentiment": "neutral", "confidence": 0.3}, "second_list"),
        (CLASSIFY, "good", None, "classify_members"),
        (CLASSIFY, "\t", {"sentiment": "positive", "confidence": 0.3}, "blank_others"),
        (EXTRACT, "{}", {"extracted": [], "count": 1}, "extracted"),
        (EXTRACT, "{}", {"extracted": [{}], "count": 0}, "count"),
        (EXTRACT, "{}", {"extracted": [{}]}, "extract_json_members"),
    ],
)
def test_a_wrong_output_breaks_the_check_of_its_kind(
    task: TaskType, text: str, output: JsonValue, check: str
) -> None:
    assert [fault.check for fault in faults(task, text, output)] == [check]
    assert check in decided(task, text)
    assert faults(task, text, run_task(task, text)) == ()
    assert clause(CHECKS[check]).capability == "TASK"
