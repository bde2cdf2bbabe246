"""Fuzzing without a process: sequences and their data, the model, the search, the reduction."""

import asyncio
import contextlib
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from dispatch_conformance.fuzz import own_judge as own
from dispatch_conformance.fuzz.checks import CHECKS as SEQUENCE_CHECKS
from dispatch_conformance.fuzz.checks import culprit
from dispatch_conformance.fuzz.course import Course
from dispatch_conformance.fuzz.incident import investigate
from dispatch_conformance.fuzz.judge import examined
from dispatch_conformance.fuzz.menu import build, check_of, menu_for
from dispatch_conformance.fuzz.observe import lost_ping
from dispatch_conformance.fuzz.outcome import Outcome, Stray
from dispatch_conformance.fuzz.play import NoMoreRestarts
from dispatch_conformance.fuzz.reduce import Exhausted, Steps, reduced
from dispatch_conformance.fuzz.search import Hunt
from dispatch_conformance.fuzz.spelling import SUMMARIES, spell
from dispatch_conformance.fuzz.steps import (
    Job,
    Notice,
    Oddity,
    Ping,
    Sequence,
    as_data,
    from_data,
    in_words,
    step_by_step,
)
from dispatch_conformance.reference import CHECKS, decided, faults
from dispatch_conformance.transcript import Mark
from dispatch_protocol.canonical import JsonValue, parse, stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import UsageError
from dispatch_protocol.receipts import Verification
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import TaskType

from tests.conformance.fuzzed_workers import (
    EASY,
    Compute,
    Desk,
    checks_broken,
    given,
    outcome_of,
    rejected,
)
from tests.mutants import ecmascript
from tests.mutants.catalogue import DEFECTS

SUMMARIZE, CLASSIFY, EXTRACT = TaskType.SUMMARIZE, TaskType.CLASSIFY, TaskType.EXTRACT_JSON
BOTH = ("LLM_INFER", "TASK")
NULL = Notice("null", "null")
BYTES = Notice("binary", b"\x00\xff")
FAULTY = Job("TASK", '{"task_type":"summarize","input":5}', fault="mistyped")


def task(kind: TaskType, text: str, oddity: Oddity = Oddity.PLAIN) -> Job:
    return Job("TASK", stringify({"task_type": kind, "input": text}), oddity)


async def hunt(desk: Desk, *, seed: int = 1, examples: int = 60, seconds: float = 60.0) -> Hunt:
    course = Course(desk, asyncio.get_running_loop(), seconds)
    search = Hunt(course, ("TASK",), EASY, lambda _prompt: True, number=seed, examples=examples)
    await asyncio.to_thread(search.run)
    return search


def caught(search: Hunt) -> dict[str, Sequence]:
    return {entry.fault.check: entry.smallest for entry in search.caught}


def inputs(sequence: Sequence) -> list[str]:
    payloads = [parse(step.payload) for step in sequence.steps if isinstance(step, Job)]
    return [str(payload["input"]) for payload in payloads if isinstance(payload, dict)]


# What is sent.


def drawn(number: int, capabilities: tuple[str, ...] = BOTH) -> Sequence:
    random = Random(number)
    parts = [random.randbytes(random.randint(2, 18)) for _ in range(random.randint(0, 30))]
    return build(menu_for(capabilities), number % 2, [parts])


@pytest.mark.parametrize("number", range(50))
def test_a_sequence_survives_as_data(number: int) -> None:
    sequence = drawn(number)
    assert from_data(parse(stringify(as_data(sequence)))) == sequence
    assert in_words(sequence).isprintable()
    assert len(in_words(sequence)) < 2_500


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"together": 1, "steps": []},
        {"together": True, "steps": [{}]},
        {"together": True, "steps": [{"job_type": "TASK", "payload": "{}", "oddity": "green", "fault": ""}]},
        {"together": True, "steps": [{"ping": "?"}]},
    ],
)
def test_what_is_no_sequence_is_misuse(data: JsonValue) -> None:
    with pytest.raises(UsageError):
        from_data(data)


def test_the_menu_holds_every_kind_and_what_was_declared_alone() -> None:
    sequences = [drawn(number) for number in range(300)]
    steps = [step for sequence in sequences for step in sequence.steps]
    named = {name for step in steps for name in (getattr(step, "check", ""), getattr(step, "fault", ""))}
    assert {"null", "not_json", "no_type", "binary", "unknown_type", "mistyped", "unknown_job"} <= named
    assert named - {""} <= SEQUENCE_CHECKS.keys()
    assert {step.oddity for step in steps if isinstance(step, Job)} == set(Oddity)
    assert any(isinstance(step, Ping) for step in steps)
    for capability, other in (("TASK", "LLM_INFER"), ("LLM_INFER", "TASK")):
        alone = [step for number in range(100) for step in drawn(number, (capability,)).steps]
        types = {step.job_type for step in alone if isinstance(step, Job)}
        assert capability in types
        assert other not in types


@pytest.mark.parametrize(
    ("frame", "check"),
    [("null", "null"), ("[1]", "no_object"), ("0", "no_object"), ("{}", "no_type"), ("{", "not_json")],
)
def test_a_frame_decides_the_check_of_its_kind(frame: str, check: str) -> None:
    assert check_of(frame) == check


def test_spelling_is_simplest_for_nothing_and_reaches_every_code_point() -> None:
    assert spell(b"", SUMMARIES) == spell(b"\x00", SUMMARIES) == "0"
    assert spell(bytes((225, 0xF6, 0x00)), SUMMARIES) == "\U0001f600"
    assert spell(bytes((240, 201)), SUMMARIES) == "x" * 201
    assert len(spell(bytes((255, 20)), SUMMARIES)) == 210


# The model.


def test_a_flawless_outcome_has_no_fault() -> None:
    job = task(CLASSIFY, "good")
    outcome = outcome_of(given(job, run_task(CLASSIFY, "good")))
    assert checks_broken(outcome) == []
    assert {"sentiment", "confidence", "hash", "signature", "answered_once"} <= examined(outcome)


@pytest.mark.parametrize(("alone", "broken"), [(True, ["completes"]), (False, [])])
def test_a_task_may_be_rejected_beside_another_only(alone: bool, broken: list[str]) -> None:
    turned_away = replace(given(EASY, None, alone=alone), answers=(rejected(),), receipt=None)
    assert checks_broken(outcome_of(turned_away)) == broken
    assert turned_away.turned_away is not alone


@pytest.mark.parametrize("oddity", [Oddity.PLAIN, Oddity.TWICE])
def test_one_answer_for_each_time_a_job_was_assigned(oddity: Oddity) -> None:
    once = given(task(SUMMARIZE, "0", oddity), run_task(SUMMARIZE, "0"))
    answer = once.answers[0]
    assert checks_broken(outcome_of(once)) == []
    assert checks_broken(outcome_of(replace(once, answers=(answer,)))) == []
    assert checks_broken(outcome_of(replace(once, answers=(*once.answers, answer)))) == ["answered_once"]
    assert checks_broken(outcome_of(replace(once, answers=(*once.answers, rejected())))) == ["one_kind"]


def test_faulty_jobs_are_rejected_or_completed_with_an_error() -> None:
    good = given(FAULTY, {"error": "Unsupported job payload"})
    assert checks_broken(outcome_of(good)) == []
    assert checks_broken(outcome_of(replace(good, answers=(rejected(),), receipt=None))) == []
    assert checks_broken(outcome_of(given(FAULTY, {"summary": "5"}))) == ["form"]


def test_hash_and_receipt_are_judged_and_one_mistake_is_one_failure() -> None:
    good = given(EASY, run_task(SUMMARIZE, "0"))
    answer = good.answers[0]
    other = replace(answer, output_hash="0" * 64)
    assert checks_broken(outcome_of(replace(good, answers=(other,)))) == ["hash"]
    assert checks_broken(outcome_of(replace(good, answers=(replace(answer, output_hash="5A"),)))) == [
        "hash_form"
    ]
    assert checks_broken(outcome_of(replace(good, signature="AAAA"))) == ["signature_form"]
    assert checks_broken(outcome_of(replace(good, job_id="job-2"))) == ["receipt_job_id"]
    assert checks_broken(outcome_of(replace(good, receipt=None, signature=None))) == []


def test_prompts_and_texts_are_told_apart() -> None:
    job = Job("LLM_INFER", '{"prompt":"a b"}')
    assert checks_broken(outcome_of(given(job, {"text": "Echo: a b", "model": "m"}))) == []
    assert checks_broken(outcome_of(given(job, {"text": "Echo: a", "model": "m"}))) == ["llm_prompt"]
    assert checks_broken(outcome_of(given(job, {"error": "no"}))) == ["llm_completes"]


@pytest.mark.parametrize(
    ("kinds", "broken"),
    [
        (("job_complete",), ["unasked"]),
        (("heartbeat",), []),
        (("heartbeat", "heartbeat"), ["unprovoked"]),
        (("chatter",), ["unprovoked"]),
    ],
)
def test_frames_that_nothing_asked_for(kinds: tuple[str, ...], broken: list[str]) -> None:
    assert checks_broken(replace(outcome_of(), strays=strays_of(kinds))) == broken


@pytest.mark.parametrize(("beats", "seconds", "broken"), [(2, 9.0, 0), (3, 9.0, 1), (3, 17.0, 0)])
def test_heartbeats_go_on_while_a_long_sequence_lasts(beats: int, seconds: float, broken: int) -> None:
    outcome = replace(outcome_of(), strays=strays_of(("heartbeat",) * beats), seconds=seconds)
    assert checks_broken(outcome) == ["unprovoked"] * broken


def strays_of(kinds: tuple[str, ...]) -> tuple[Stray, ...]:
    return tuple(Stray(kind=kind, job_id="other", text="{}", mark=Mark("t", 1)) for kind in kinds)


def test_an_answer_under_an_altered_id_is_named_as_that() -> None:
    silent = replace(given(EASY, None), job_id="demo-7B0E", answers=(), receipt=None)
    stray = Stray(kind="job_complete", job_id="demo-7b0e", text="{}", mark=Mark("t", 1))
    assert checks_broken(replace(outcome_of(silent), strays=(stray,))) == ["ids"]


@pytest.mark.parametrize(
    ("sequence", "died", "check"),
    [
        (Sequence(False, (NULL,)), True, "null"),
        (Sequence(False, (NULL, BYTES, NULL)), True, "binary"),
        (Sequence(False, (EASY,)), True, "survives"),
        (Sequence(False, (EASY, EASY, EASY)), False, "answered"),
        (Sequence(True, (EASY,)), False, "beside_another"),
        (Sequence(False, (FAULTY, EASY)), False, "next_job"),
        (Sequence(False, (FAULTY,)), False, "mistyped"),
        (Sequence(False, (task(SUMMARIZE, "0", Oddity.FRAGMENTS),)), False, "fragments"),
        (Sequence(False, (EASY, Ping(b""))), True, "pongs"),
    ],
)
def test_a_smallest_sequence_names_its_culprit(sequence: Sequence, died: bool, check: str) -> None:
    assert culprit(sequence, died=died, complete=True) == check


def test_without_a_complete_reduction_nothing_but_a_should_is_named() -> None:
    assert culprit(Sequence(False, (NULL, EASY)), died=True, complete=False) == "survives"
    assert culprit(Sequence(False, (NULL, BYTES)), died=True, complete=False) == "binary"


# The search.


async def test_a_worker_that_equals_the_reference_is_found_without_fault() -> None:
    desk = Desk()
    search = await hunt(desk)
    assert not search.caught
    assert len(desk.seen) >= 40
    untested = {name for name in SEQUENCE_CHECKS if name.startswith(("llm", "prompt"))} | {"next_job"}
    assert SEQUENCE_CHECKS.keys() - search.decided <= untested | {"beside_another"}
    assert {"word_count", "sentiment", "extracted", "hash", "signature", "null", "mistyped"} <= search.decided


def splits_at_spaces(kind: TaskType, text: str) -> JsonValue:
    output = run_task(kind, text)
    if kind is SUMMARIZE:
        output["word_count"] = len(text.split())
    return output


def counts_code_points(kind: TaskType, text: str) -> JsonValue:
    output = run_task(kind, text)
    if kind is SUMMARIZE:
        output["summary"] = text if len(text) <= 200 else text[:200] + "..."
    return output


def knows_no_love(kind: TaskType, text: str) -> JsonValue:
    return run_task(kind, text.replace("love", "") or "x" if kind is CLASSIFY else text)


@pytest.mark.parametrize(
    ("worker", "check", "smallest"),
    [
        (splits_at_spaces, "white_space", 3),
        (counts_code_points, "summary_units", 201),
        (knows_no_love, "sentiment", 4),
    ],
)
async def test_the_smallest_failing_input_is_found(worker: Compute, check: str, smallest: int) -> None:
    search = await hunt(Desk(worker), examples=120)
    sequence = caught(search)[check]
    assert len(sequence.steps) == 1
    assert not sequence.together
    assert len(inputs(sequence)[0]) <= smallest
    entry = next(entry for entry in search.caught if entry.fault.check == check)
    assert entry.fault.expected != entry.fault.actual


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("whole-words-only", "substrings"),
        ("counts-repetitions", "once"),
        ("case-matters", "case"),
        ("confidence-rounded", "doubles"),
        ("extract-stops-at-faults", "skips_faults"),
        ("extract-flat-only", "depth"),
        ("extract-skips-strings", "strings"),
        ("extract-first-duplicate", "repeated_names"),
        ("summary-trimmed", "summary_short"),
        ("extract-first-only", "extracted"),
    ],
)
async def test_a_mistake_is_charged_by_its_own_clause_alone(name: str, check: str) -> None:
    mutant = object.__new__(DEFECTS[name].program)
    search = await hunt(Desk(lambda kind, text: parse(ecmascript.write(mutant.compute(kind, text)))))
    assert caught(search).keys() == {check}
    assert CHECKS[check] == DEFECTS[name].clause


async def test_every_broken_check_is_caught_apart_and_once() -> None:
    def two_mistakes(kind: TaskType, text: str) -> JsonValue:
        output = splits_at_spaces(kind, text)
        return dict(reversed(output.items())) if kind is EXTRACT and isinstance(output, dict) else output

    search = await hunt(Desk(two_mistakes), examples=120)
    assert {"extract_json_members", "white_space"} <= caught(search).keys()
    assert len(search.caught) == len(caught(search))


async def test_a_circumstance_is_blamed_where_the_plain_job_does_well() -> None:
    class TrustsPayload(Desk):
        def output(self, job: Job) -> JsonValue:
            return {"error": "unknown"} if job.oddity is Oddity.PAYLOAD_TYPE else super().output(job)

    search = await hunt(TrustsPayload(), examples=120)
    assert caught(search).keys() == {"payload_type"}


async def test_the_same_seed_gives_the_same_sequences_and_another_seed_others() -> None:
    courses = []
    for seed in (5, 5, 6):
        desk = Desk()
        await hunt(desk, seed=seed, examples=30)
        courses.append(desk.seen)
    assert courses[0] == courses[1]
    assert courses[0] != courses[2]


class Slow(Desk):
    async def play(self, sequence: Sequence, *, closing: bool = True, stall: float = 1.5) -> Outcome:
        await asyncio.sleep(0.05)
        return await super().play(sequence, closing=closing, stall=stall)


async def test_the_budget_ends_a_search_and_keeps_what_was_caught() -> None:
    desk = Slow(lambda _task, _text: {"error": "no"})
    search = await hunt(desk, examples=100_000, seconds=0.5)
    assert search.caught
    assert len(desk.seen) < 200


async def test_a_stopped_search_ends() -> None:
    desk = Slow()
    course = Course(desk, asyncio.get_running_loop(), 600)
    search = Hunt(course, BOTH, EASY, lambda _prompt: True, number=1, examples=1_000_000)
    running = asyncio.create_task(asyncio.to_thread(search.run))
    while not desk.seen:
        await asyncio.sleep(0.01)
    course.stop()
    await asyncio.wait_for(running, 60)


# What Hypothesis cannot shrink.


class Counting:
    """A trial on a worker that fails at its n-th job, or at a step; `tries` are as many as it allows."""

    def __init__(self, *, nth: int = 0, poison: tuple[object, ...] = (), tries: int = 1000) -> None:
        self.nth, self.poison, self.tries = nth, poison, tries

    def __call__(self, steps: Steps, together: bool, fresh: bool) -> int | None:
        self.tries -= 1
        if self.tries < 0:
            raise Exhausted
        needed = list(self.poison)
        for place, step in enumerate(steps):
            jobs = place + 1  # a step that asks for nothing is followed by an easy job
            if needed and step == needed[0]:
                needed.pop(0)
            if jobs == self.nth or (self.poison and not needed):
                return place
        return None


LONG: Steps = (task(CLASSIFY, "good"), NULL, Ping(b"x"), task(EXTRACT, "{}"), BYTES, FAULTY, EASY, NULL)


def test_a_third_job_comes_down_to_three_easy_ones() -> None:
    found = reduced(LONG, [], Counting(nth=3), EASY)
    assert found == ((EASY, EASY, EASY), False, True)


def test_a_poisonous_step_comes_down_to_itself() -> None:
    assert reduced(LONG, [], Counting(poison=(BYTES,)), EASY) == ((BYTES,), False, True)


def test_two_steps_that_are_needed_both_stay() -> None:
    assert reduced(LONG, [], Counting(poison=(NULL, FAULTY)), EASY) == ((NULL, FAULTY), False, True)


def test_what_depends_on_the_past_is_found_in_it() -> None:
    past = [(EASY,), (NULL, EASY), (EASY,), (EASY,)]
    assert reduced((BYTES,), past, Counting(poison=(NULL, BYTES)), EASY) == ((NULL, BYTES), False, True)


def test_what_does_not_fail_again_comes_down_to_nothing() -> None:
    assert reduced(LONG, [(EASY,)], Counting(nth=100), EASY) is None


def test_a_reduction_without_tries_left_says_so() -> None:
    found = reduced(LONG, [], Counting(nth=3, tries=2), EASY)
    assert found is not None
    assert not found.complete
    assert reduced(LONG, [], Counting(nth=3, tries=0), EASY) is None


def test_that_contents_could_not_be_made_simpler_leaves_no_doubt_of_the_step() -> None:
    long = Notice("not_json", "this is not JSON")
    for tries in range(3, 30):
        found = reduced((EASY, long), [], Counting(poison=(long,), tries=tries), EASY)
        assert found is not None
        assert found.complete or len(found.steps) > 1
        assert not found.complete or len(found.steps) == 1
    assert culprit(Sequence(False, (long,)), died=True, complete=True) == "not_json"


class Dead:
    """A course on which no try can be made any more."""

    def aside(self, _seconds: float) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def fresh(self) -> None:
        raise NoMoreRestarts


@pytest.mark.parametrize(
    ("steps", "check", "confirmed"), [((NULL, BYTES), "binary", False), ((NULL,), "survives", True)]
)
def test_a_death_that_cannot_be_narrowed_down_is_no_warning(
    steps: Steps, check: str, confirmed: bool
) -> None:
    course: Any = Dead()
    outcome = replace(outcome_of(), sequence=Sequence(False, steps), ended="the worker ended")
    found = investigate(course, outcome, [], EASY)
    assert found is not None
    assert (found.fault.check, found.confirmed) == (check, confirmed)


def test_a_probe_follows_what_asks_for_nothing() -> None:
    laid, places = step_by_step(Sequence(False, (NULL, FAULTY, Ping(b""))), EASY)
    assert laid.steps == (NULL, EASY, FAULTY, Ping(b""), EASY)
    assert places == (0, 0, 1, 2, 2, 2)


# The suite's own judge, and the reference.


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
        (EXTRACT, "{}", {"extracted": [], "count": 0}, "extracted"),
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


def test_only_a_ping_that_was_sent_is_owed_a_pong() -> None:
    link: Any = SimpleNamespace(pongs=[b"a"])
    assert lost_ping(link, [], 0) is None
    assert lost_ping(link, [b"b"], 0) == b"b"
    assert lost_ping(link, [b"b", b"a"], 0) is None
    assert lost_ping(link, [b"a"], 1) == b"a"
