"""The three tasks, member by member. Source: SPEC.md, "Outputs of tasks" (W-OUT)."""

from collections.abc import Iterable

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import shown
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.checks import Check
from dispatch_conformance.jobs import Answer
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience
from dispatch_conformance.scenarios.questions import CLASSIFY, EXTRACT_JSON, NEEDS, SUMMARIZE, Question

LACKING = "the output has no member of this name, or is no object"


@scenario(
    "tasks.summarize",
    {
        "completes_summarize": "W-OUT-1",
        "summarize_members": "W-OUT-2",
        "summary_short": "W-OUT-3",
        "summary_long": "W-OUT-4",
        "summary_units": "W-OUT-5",
        "word_count": "W-OUT-6",
        "white_space": "W-OUT-7",
        "blank_summary": "W-OUT-8",
    },
    capability=JobType.TASK,
)
async def summarize(context: Context) -> None:
    """Inputs around the limit of 200 code units, surrogates, every kind of white space."""
    await ask(context, TaskType.SUMMARIZE, SUMMARIZE)


@scenario(
    "tasks.classify",
    {
        "completes_classify": "W-OUT-1",
        "classify_members": "W-OUT-9",
        "sentiment": "W-OUT-10",
        "substrings": "W-OUT-11",
        "once": "W-OUT-12",
        "case": "W-OUT-13",
        "confidence": "W-OUT-14",
        "doubles": "W-OUT-15",
        "second_list": "W-OUT-16",
        "blank_classify": "W-OUT-24",
    },
    capability=JobType.TASK,
)
async def classify(context: Context) -> None:
    """Every word of both lists, substrings, repetitions, capitals, and each confidence."""
    await ask(context, TaskType.CLASSIFY, CLASSIFY)


@scenario(
    "tasks.extract_json",
    {
        "completes_extract_json": "W-OUT-1",
        "extract_json_members": "W-OUT-17",
        "extracted": "W-OUT-18",
        "skips_faults": "W-OUT-19",
        "depth": "W-OUT-20",
        "strings": "W-OUT-21",
        "repeated_names": "W-OUT-22",
        "count": "W-OUT-23",
        "blank_extract": "W-OUT-24",
    },
    capability=JobType.TASK,
)
async def extract_json(context: Context) -> None:
    """Objects flat and nested, pieces that do not parse, braces in strings, repeated names."""
    await ask(context, TaskType.EXTRACT_JSON, EXTRACT_JSON)


async def ask(context: Context, task: TaskType, questions: Iterable[Question]) -> None:
    """Give the worker every question, one after the other, and judge what comes back."""
    await context.worker()
    failed: set[str] = set()
    patience = Patience(context.stage, 2)
    for question in questions:
        answer = await patience.run(JobType.TASK, {"task_type": task, "input": question.text})
        if not _completed(context, task, question, answer):
            continue
        expected = run_task(task, question.text)
        output = answer.output.value if answer.output is not None else None
        if not question.decides.get(""):
            _judge_members(context, task, question, expected, answer)
        if task is TaskType.EXTRACT_JSON:
            _judge_count(context, output, answer)
        for member, name in question.decides.items():
            if broken := failed.intersection(NEEDS.get(name, ())):
                context.check(name).not_testable(f"it builds on {min(broken)}, which failed", answer)
            elif not _judge(context.check(name), question, member, expected, answer):
                failed.add(name)


def _completed(context: Context, task: TaskType, question: Question, answer: Answer) -> bool:
    """Whether there is an output to judge. Blank input is judged apart: a refusal breaks its own clause."""
    blank = question.decides.get("")
    check = context.check(blank if blank in _BLANK else f"completes_{task}")
    if not answer.answered:
        check.not_testable(f"{task} of {question.about} is not answered: {answer.reason}", answer)
        return False
    fits = answer.completed and not answer.refused
    if fits and blank in _BLANK:
        return True
    return check.expect(
        fits,
        f"{task} of {question.about} was not completed",
        expected=f"job_complete with the output {shown(stringify(run_task(task, question.text)))}",
        actual=answer.in_words(),
        evidence=answer,
    )


_BLANK = ("blank_summary", "blank_classify", "blank_extract")


def _judge_members(
    context: Context, task: TaskType, question: Question, expected: dict[str, JsonValue], answer: Answer
) -> None:
    """The output's members: these and no others, in this order."""
    output = answer.output.value if answer.output is not None else None
    context.check(f"{task}_members").expect(
        isinstance(output, dict) and list(output) == list(expected),
        f"the output of {task} has other members, or the same in another order",
        expected=f"an object with the members {', '.join(expected)}",
        actual=f"the members {', '.join(output)}" if isinstance(output, dict) else stringify(output),
        evidence=answer,
    )


def _judge_count(context: Context, output: JsonValue, answer: Answer) -> None:
    """`count` is the length of the list beside it, whatever that holds."""
    extracted = output.get("extracted") if isinstance(output, dict) else None
    if isinstance(output, dict) and isinstance(extracted, list):
        message = "`count` is not the number of entries of the list beside it"
        context.check("count").equal(len(extracted), output.get("count"), message, answer)


def _judge(
    check: Check, question: Question, member: str, expected: dict[str, JsonValue], answer: Answer
) -> bool:
    """Hold one member of an output, or all of it, against the reference; whether it fits."""
    output = answer.output.value if answer.output is not None else None
    if not member:
        return check.equal(expected, output, f"for {question.about}, the output is wrong", answer)
    if not isinstance(output, dict) or member not in output:
        check.not_testable(LACKING, answer)
        return False
    message = f"for {question.about}, `{member}` is wrong"
    return check.equal(expected[member], output[member], message, answer)
