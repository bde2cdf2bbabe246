"""The output hash, feature by feature of the canonical text. Source: SPEC.md, "Canonical text" (W-CAN).

Each clause is tried on an output that holds its feature, and on a twin that differs in nothing else. A hash
that is already wrong for the twin says nothing about the feature: then the twin's clause has failed, or,
where the hash fits what other serializers write, the clause that they break.
"""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.jobs import Answer
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience


class Feature(NamedTuple):
    """A task whose output holds a feature of the canonical text; `marks` are pieces of that text that show
    whether the feature is still there in what the worker sent."""

    check: str
    about: str
    task: TaskType
    text: str
    marks: tuple[str, ...] = ()
    twin: str = "plain"


PLAIN: Final = "plain words"
FEATURES: Final = (
    Feature("order", "members that do not stand in alphabetical order", TaskType.CLASSIFY, "good"),
    Feature(
        "order",
        "members named by integers",
        TaskType.EXTRACT_JSON,
        '{"b":"x","10":"y","9":"z","a":"w"}',
        ('"9":', '"10":'),
    ),
    Feature(
        "numbers",
        "a number below 1",
        TaskType.CLASSIFY,
        "good great amazing",
        ("0.9000000000000001",),
        "order",
    ),
    Feature("numbers", "a whole number", TaskType.EXTRACT_JSON, '{"n":1.0}', (":1}",), "order"),
    Feature(
        "numbers",
        "a large number",
        TaskType.EXTRACT_JSON,
        '{"n":123456789012345680000}',
        ("123456789012345680000",),
        "order",
    ),
    Feature(
        "numbers",
        "numbers with exponents",
        TaskType.EXTRACT_JSON,
        '{"n":[1e21,1e-7,2.5E+300]}',
        ("1e+21", "1e-7"),
        "order",
    ),
    Feature("numbers", "negative zero", TaskType.EXTRACT_JSON, '{"n":-0}', (":0}",), "order"),
    Feature(
        "escapes", "quotation marks and a backslash", TaskType.SUMMARIZE, 'say "yes" \\ no', ('\\"', "\\\\")
    ),
    Feature("escapes", "a tabulator and a line feed", TaskType.SUMMARIZE, "a\tb\nc", ("\\t", "\\n")),
    Feature(
        "escapes", "control characters", TaskType.SUMMARIZE, "a\x01b\x1fc\x0bd\be\ff\rg", ("\\u001f", "\\b")
    ),
    Feature(
        "raw", "slashes and the characters of HTML", TaskType.SUMMARIZE, "a/b <c> & d's", ("/", "<", "&")
    ),
    Feature(
        "raw", "U+007F, U+2028 and U+2029", TaskType.SUMMARIZE, "a\x7fb\u2028c\u2029d", ("\x7f", "\u2028")
    ),
    Feature("letters", "letters beyond ASCII", TaskType.SUMMARIZE, "Zoë 漢字 Привет", ("ë", "漢")),
    Feature(
        "letters",
        "characters of two code units",
        TaskType.SUMMARIZE,
        "\U0001f600 \U00020000",
        ("\U0001f600",),
    ),
    Feature("letters", "a letter with a combining accent", TaskType.SUMMARIZE, "e\u0301", ("e\u0301",)),
    Feature("surrogates", "a lone high surrogate", TaskType.SUMMARIZE, "left \ud83d alone", ("\\ud83d",)),
    Feature("surrogates", "a lone low surrogate", TaskType.SUMMARIZE, "left \ude00 alone", ("\\ude00",)),
)


@scenario(
    "hashes.features",
    {
        "form": "W-CAN-1",
        "plain": "W-CAN-2",
        "compact": "W-CAN-3",
        "order": "W-CAN-4",
        "numbers": "W-CAN-5",
        "escapes": "W-CAN-6",
        "raw": "W-CAN-7",
        "letters": "W-CAN-8",
        "surrogates": "W-CAN-9",
    },
    capability=JobType.TASK,
)
async def features(context: Context) -> None:
    """A plain output first, then one output for each feature of the canonical text."""
    await context.worker()
    broken: dict[str, str] = {}
    patience = Patience(context.stage, 1)
    plain = await patience.run(JobType.TASK, {"task_type": TaskType.SUMMARIZE, "input": PLAIN})
    if not _judge_plain(context, plain):
        broken["plain"] = "the hash of a plain output is wrong already"
    twin = await patience.run(JobType.TASK, {"task_type": TaskType.EXTRACT_JSON, "input": '{"n":"x"}'})
    if not _fits(twin):
        broken["order"] = "the hash of an output of extract_json is wrong already"
    for feature in FEATURES:
        await _judge_feature(context, patience, feature, broken)
    await patience.receipts()


def _judge_plain(context: Context, answer: Answer) -> bool:
    """Form and value of a plain output's hash, and what else it could be the hash of."""
    stated, output = answer.output_hash, answer.output
    if output is None:
        for name in ("form", "plain", "compact"):
            context.check(name).not_testable(f"there is no output: {answer.in_words()}", answer)
        return False
    context.check("form").expect(
        _is_hash(stated),
        "`output_hash` is not 64 lower-case hexadecimal digits",
        expected=output.hash,
        actual="no string" if stated is None else stated,
        evidence=answer,
    )
    digits = _digits(stated)
    if digits == output.hash:
        context.check("plain").passed(answer)
        context.check("compact").passed(answer)
        return True
    for manner, write in SPACED.items():
        if digits == sha256(write(output.value).encode()).hexdigest():
            message = f"the hash is that of text {manner}"
            context.check("compact").failed(
                message, expected=output.canonical, actual=write(output.value), evidence=answer
            )
            context.check("plain").failed(message, expected=output.hash, actual=stated or "", evidence=answer)
            return False
    context.check("plain").failed(
        f"the hash of the canonical text {output.canonical} is another one",
        expected=output.hash,
        actual=stated or "no string",
        evidence=answer,
    )
    return False


async def _judge_feature(
    context: Context, patience: Patience, feature: Feature, broken: Mapping[str, str]
) -> None:
    check = context.check(feature.check)
    why = broken.get("plain") or (broken.get("order") if feature.twin == "order" else None)
    if why:
        check.not_testable(why)
        return
    answer = await patience.run(JobType.TASK, {"task_type": feature.task, "input": feature.text})
    output = answer.output
    if output is None or not all(mark in output.canonical for mark in feature.marks):
        check.not_testable(f"the output does not hold {feature.about}: {answer.in_words()}", answer)
        return
    check.expect(
        _fits(answer),
        f"the hash is wrong for an output with {feature.about}",
        expected=f"{output.hash}, the SHA-256 of {output.canonical}",
        actual=answer.output_hash or "no string",
        evidence=answer,
    )


def _fits(answer: Answer) -> bool:
    """Whether the hash is that of the output in the same message; its form is judged elsewhere."""
    return answer.output is not None and _digits(answer.output_hash) == answer.output.hash


def _digits(stated: str | None) -> str:
    """The digits of a hash, whatever stands before them and however they are written."""
    return (stated or "")[-64:].lower()


def _is_hash(stated: str | None) -> bool:
    return stated is not None and len(stated) == 64 and set(stated) <= set("0123456789abcdef")


def _spaced(**manner: object) -> Callable[[JsonValue], str]:
    return lambda value: json.dumps(value, ensure_ascii=False, **manner)  # type: ignore[arg-type]


SPACED: Final[Mapping[str, Callable[[JsonValue], str]]] = {
    "with a space behind commas and colons": _spaced(),
    "with a space behind colons": _spaced(separators=(",", ": ")),
    "indented by one space": _spaced(indent=1),
    "indented by two spaces": _spaced(indent=2),
    "indented by four spaces": _spaced(indent=4),
    "indented by tabulators": _spaced(indent="\t"),
    "with a line feed at its end": lambda value: Json.of(value).text + "\n",
    "indented by two spaces, with a line feed at its end": lambda value: _spaced(indent=2)(value) + "\n",
}
"""What serializers with white space write for a plain output."""
