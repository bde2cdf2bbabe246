"""The three tasks, member by member. Source: SPEC.md, "Outputs of tasks" (W-OUT)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import shown
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.jobs import Answer
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience
from dispatch_conformance.scenarios.questions import CLASSIFY, EXTRACT_JSON, NEEDS, SUMMARIZE, Question


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
    examination = Examination(context, task)
    patience = Patience(context.stage, 2)
    for question in questions:
        answer = await patience.run(JobType.TASK, {"task_type": task, "input": question.text})
        examination.judge(question, answer)
    await patience.receipts()


@dataclass(slots=True)
class Examination:
    """The checks of one task, and which of them have failed so far: what builds on these is not judged."""

    context: Context
    task: TaskType
    failed: set[str] = field(default_factory=set)

    def judge(self, question: Question, answer: Answer) -> None:
        """Judge one answer: that there is an output, its members, and each that the question decides."""
        if not answer.answered or (answer.completed and answer.output is None):
            for name in question.decides.values():
                self.context.check(name).not_testable(f"there is no output: {answer.in_words()}", answer)
            return
        expected = run_task(self.task, question.text)
        if not self._completed(question, expected, answer):
            return
        output = answer.output.value if answer.output is not None else None
        if "" not in question.decides:
            self._members(expected, output, answer)
        if self.task is TaskType.EXTRACT_JSON and isinstance(output, dict):
            self._count(output, answer)
        for member, name in question.decides.items():
            if self._builds_on_a_failure(name, answer):
                continue
            check = self.context.check(name)
            if not member:
                fits = check.equal(expected, output, f"for {question.about}, the output is wrong", answer)
            elif isinstance(output, dict) and member in output:
                message = f"for {question.about}, `{member}` is wrong"
                fits = check.equal(expected[member], output[member], message, answer)
            else:
                check.not_testable(f"the output has no member `{member}`", answer)
                fits = False
            self._keep(name, fits)

    def _completed(self, question: Question, expected: dict[str, JsonValue], answer: Answer) -> bool:
        """Whether it was completed. The refusal of blank input breaks a clause of its own."""
        blank = question.decides.get("", "")
        name = blank if blank.startswith("blank_") else f"completes_{self.task}"
        fits = answer.completed and not answer.refused
        if (name == blank and fits) or (not fits and self._builds_on_a_failure(name, answer)):
            return fits
        return self._keep(
            name,
            self.context.check(name).expect(
                fits,
                f"{self.task} of {question.about} was not completed",
                expected=f"job_complete with the output {shown(stringify(expected))}",
                actual=answer.in_words(),
                evidence=answer,
            ),
        )

    def _members(self, expected: dict[str, JsonValue], output: JsonValue, answer: Answer) -> None:
        """The output's members: these and no others, in this order."""
        name = f"{self.task}_members"
        fits = self.context.check(name).expect(
            isinstance(output, dict) and list(output) == list(expected),
            f"the output of {self.task} has other members, or the same in another order",
            expected=f"an object with the members {', '.join(expected)}",
            actual=f"the members {', '.join(output)}" if isinstance(output, dict) else stringify(output),
            evidence=answer,
        )
        self._keep(name, fits)

    def _count(self, output: dict[str, JsonValue], answer: Answer) -> None:
        """`count` is the length of the list beside it, whatever that holds."""
        extracted = output.get("extracted")
        if isinstance(extracted, list):
            message = "`count` is not the number of entries of the list beside it"
            self.context.check("count").equal(len(extracted), output.get("count"), message, answer)

    def _builds_on_a_failure(self, name: str, answer: Answer) -> bool:
        broken = self.failed.intersection(NEEDS.get(name, ()))
        if broken:
            why = f"it builds on {min(broken)}, which failed"
            self.context.check(name).not_testable(why, answer)
        return bool(broken)

    def _keep(self, name: str, fits: bool) -> bool:
        if not fits:
            self.failed.add(name)
        return fits
