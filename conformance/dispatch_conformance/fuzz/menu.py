"""Sequences from what Hypothesis draws: for each step one byte string.

Its first byte chooses what is sent, the second the circumstances, the rest the contents; zeros are the
simplest of each. What a worker did not declare is not on its menu, except as one of the faults that every
worker answers.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.parsing import parse
from dispatch_protocol.tasks import WHITE_SPACE
from dispatch_protocol.vocabulary import JobType, TaskType
from hypothesis import strategies as st

from dispatch_conformance.fuzz.checks import FAULTY
from dispatch_conformance.fuzz.spelling import OBJECTS, OPINIONS, SUMMARIES, spell, well_formed
from dispatch_conformance.fuzz.steps import Job, Notice, Oddity, Ping, Sequence, Step, easiest
from dispatch_conformance.scenarios.blows import BLOWS
from dispatch_conformance.scenarios.faulty import FAULTS, Fault

MOST_STEPS: Final = 48
"""The longest sequence that is drawn."""

_PARTS: Final = 3

Maker = Callable[[bytes, Oddity], Step]

_ALPHABETS: Final = {
    TaskType.SUMMARIZE: SUMMARIES,
    TaskType.CLASSIFY: OPINIONS,
    TaskType.EXTRACT_JSON: OBJECTS,
}
_FRAMES: Final = {
    check: tuple(frame for blow in BLOWS if blow.check == check for frame in blow.frames)
    for check in dict.fromkeys(blow.check for blow in BLOWS)
}
_WHOLE: Final = tuple(
    frame
    for check, frames in _FRAMES.items()
    for frame in frames
    if check != "not_json" and isinstance(frame, str) and frame.startswith("{")
)
_RARE: Final = (
    ("summary_long", TaskType.SUMMARIZE, "x" * 201),
    ("summary_units", TaskType.SUMMARIZE, "x" * 199 + "\U0001f600"),
    ("word_count", TaskType.SUMMARIZE, "a  b \t c"),
    ("white_space", TaskType.SUMMARIZE, "a\u3000b"),
    ("blank_summary", TaskType.SUMMARIZE, " "),
    ("blank_others", TaskType.CLASSIFY, " "),
    ("confidence", TaskType.CLASSIFY, "good great"),
    ("sentiment", TaskType.CLASSIFY, "bad terrible awful hate worst horrible"),
    ("substrings", TaskType.CLASSIFY, "goodness"),
    ("once", TaskType.CLASSIFY, "good good good"),
    ("case", TaskType.CLASSIFY, "GREAT"),
    ("doubles", TaskType.CLASSIFY, "good great love"),
    ("second_list", TaskType.CLASSIFY, "best"),
    ("extracted", TaskType.EXTRACT_JSON, '{"a":1} and {"b":2}'),
    ("skips_faults", TaskType.EXTRACT_JSON, '{"a":1} {b} {"c":2}'),
    ("depth", TaskType.EXTRACT_JSON, '{"a":{"b":{"c":1}}}'),
    ("strings", TaskType.EXTRACT_JSON, '{"a":"}"} {"b":1}'),
    ("repeated_names", TaskType.EXTRACT_JSON, '{"a":1,"b":2,"a":3}'),
)
_NAMED: Final = (Oddity.FRAGMENTS, Oddity.MEMBERS, Oddity.PAYLOAD_TYPE, Oddity.PRIVATE, Oddity.ID)
_ODDITIES: Final = (
    *((Oddity.PLAIN,) * 20),
    *((Oddity.FRAGMENTS,) * 3),
    *((Oddity.MEMBERS,) * 3),
    Oddity.TWICE,
    Oddity.PAYLOAD_TYPE,
    Oddity.PRIVATE,
    Oddity.ID,
)


def _task(task: TaskType, data: bytes, oddity: Oddity) -> Step:
    payload: dict[str, JsonValue] = {"task_type": task, "input": spell(data, _ALPHABETS[task])}
    return Job(JobType.TASK, stringify(payload), oddity)


def _prompt(data: bytes, oddity: Oddity) -> Step:
    payload: dict[str, JsonValue] = {"prompt": well_formed(spell(data, SUMMARIES))}
    return Job(JobType.LLM_INFER, stringify(payload), oddity)


def _faulty(offered: dict[str, list[Fault]], data: bytes, oddity: Oddity) -> Step:
    check = tuple(offered)[_number(data) % len(offered)]
    fault = offered[check][_number(data[1:]) % len(offered[check])]
    return Job(fault.job_type, stringify(fault.payload), _of_faulty(oddity), FAULTY[check])


def _blank(data: bytes, oddity: Oddity) -> Step:
    """A task whose input is white space alone."""
    task = tuple(TaskType)[_number(data) % len(TaskType)]
    payload: dict[str, JsonValue] = {
        "task_type": task,
        "input": "".join(WHITE_SPACE[byte % len(WHITE_SPACE)] for byte in data[:4]) or " ",
    }
    return Job(JobType.TASK, stringify(payload), oddity)


def _nested(data: bytes, oddity: Oddity) -> Step:
    """A task whose input is a value inside as many lists as the first byte says, up to 63."""
    value: JsonValue = spell(data[1:], SUMMARIES)
    for _ in range(1 + _number(data) % 63):
        value = [value]
    payload: dict[str, JsonValue] = {"task_type": TaskType.SUMMARIZE, "input": value}
    return Job(JobType.TASK, stringify(payload), _of_faulty(oddity), "mistyped")


def _of_faulty(oddity: Oddity) -> Oddity:
    """A faulty job is sent in fragments, or plainly: one circumstance beside its fault is enough."""
    return oddity if oddity is Oddity.FRAGMENTS else Oddity.PLAIN


def _blow(data: bytes, oddity: Oddity) -> Step:
    check = tuple(_FRAMES)[_number(data) % len(_FRAMES)]
    frame = _FRAMES[check][_number(data[1:]) % len(_FRAMES[check])]
    return Notice(check, frame, _of_notice(oddity, frame))


def _cut(data: bytes, oddity: Oddity) -> Step:
    """A message of the specification that breaks off."""
    whole = _WHOLE[_number(data) % len(_WHOLE)]
    frame = whole[: 1 + _number(data[1:]) % (len(whole) - 1)]
    return Notice("not_json", frame, _of_notice(oddity, frame))


def _text(data: bytes, oddity: Oddity) -> Step:
    """Any text: mostly not JSON, now and then a number, a list or an object without a type."""
    frame = well_formed(spell(data, OBJECTS))
    return Notice(check_of(frame), frame, _of_notice(oddity, frame))


def _unknown(data: bytes, oddity: Oddity) -> Step:
    """A message of a type that no specification names."""
    frame = stringify({"type": f"x-{spell(data, SUMMARIES)}", "job_id": None, "more": [{}]})
    return Notice("unknown_type", frame, _of_notice(oddity, frame))


def _bytes(data: bytes, _oddity: Oddity) -> Step:
    return Notice("binary", data)


def _ping(data: bytes, _oddity: Oddity) -> Step:
    return Ping(data[:125])


def _of_notice(oddity: Oddity, frame: str | bytes) -> Oddity:
    return oddity if oddity is Oddity.FRAGMENTS and len(frame) > 2 else Oddity.PLAIN


def _number(data: bytes) -> int:
    return data[0] if data else 0


def check_of(frame: str) -> str:
    """The check that a text without a known type decides, by what it is as JSON."""
    try:
        value = parse(frame)
    except JsonSyntaxError:
        return "not_json"
    if value is None:
        return "null"
    return "no_type" if isinstance(value, dict) else "no_object"


def menu_for(capabilities: tuple[str, ...]) -> tuple[Maker, ...]:
    """What a worker with these capabilities is sent; the more often a maker is listed, the more of it."""
    tasks, prompts = JobType.TASK in capabilities, JobType.LLM_INFER in capabilities
    makers: list[Maker] = []
    if tasks:
        for task, weight in zip(TaskType, (8, 7, 8), strict=True):
            makers += [partial(_task, task)] * weight
    if prompts:
        makers += [_prompt] * (1 if tasks else 12)
    makers += [partial(_faulty, _faults_for(capabilities))] * 4
    makers += [_blank, _nested] * tasks
    return (*makers, *([_blow] * 5), _cut, _text, _unknown, _bytes, _ping)


def staples(capabilities: tuple[str, ...]) -> dict[str, Step]:
    """For each check that chance may leave out, a step that decides it."""
    steps: dict[str, Step] = {check: Notice(check, frames[0]) for check, frames in _FRAMES.items()}
    for check, faults in _faults_for(capabilities).items():
        steps[FAULTY[check]] = Job(
            faults[0].job_type, stringify(faults[0].payload), Oddity.PLAIN, FAULTY[check]
        )
    if JobType.TASK in capabilities:
        for check, task, text in _RARE:
            steps[check] = Job(JobType.TASK, stringify({"task_type": task, "input": text}))
    if JobType.LLM_INFER in capabilities:
        steps["llm_text"] = easiest(JobType.LLM_INFER)
    for kind in (JobType.TASK, JobType.LLM_INFER):
        if kind in capabilities:
            steps |= {odd.value: replace(easiest(kind), oddity=odd) for odd in _NAMED}
    return steps | {"pongs": Ping(b"pong")}


def _faults_for(capabilities: tuple[str, ...]) -> dict[str, list[Fault]]:
    """The faulty jobs, by check, that a worker with these capabilities may be given."""
    undeclared = {str(kind) for kind in JobType} - set(capabilities)
    offered: dict[str, list[Fault]] = {}
    for fault in FAULTS:
        if fault.job_type not in undeclared:
            offered.setdefault(fault.check, []).append(fault)
    return offered


def build(menu: tuple[Maker, ...], spread: int, drawn: Iterable[list[bytes]]) -> Sequence:
    """The sequence of what was drawn. `spread` is 0 for one step after the other."""
    steps = (
        menu[data[0] % len(menu)](data[2:], _ODDITIES[data[1] % len(_ODDITIES)])
        for part in drawn
        for data in part
    )
    return Sequence(spread > 0, tuple(steps))


def sequences(menu: tuple[Maker, ...]) -> st.SearchStrategy[Sequence]:
    """Sequences of up to MOST_STEPS steps, most of them in one segment.

    They are drawn in parts, because lists come out short on average, whatever they may hold at most.
    """
    step = st.binary(min_size=2, max_size=18)
    part = st.lists(step, max_size=MOST_STEPS // _PARTS)
    parts = st.tuples(*([part] * _PARTS))
    return st.builds(partial(build, menu), st.integers(0, 7), parts)
