"""An output of a task held against the reference, fault by fault: which clause it breaks, and how.

Used where the inputs are not chosen by hand (fuzzing, replay), so that the clause must be found from input
and output: that of the mistake which explains both, or else the one that speaks of the member in general.
Source: SPEC.md, "Outputs of tasks" (W-OUT).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.parsing import join_surrogates
from dispatch_protocol.tasks import DESKTOP_WORDS, SHARED_WORDS, SUMMARY_UNITS, WHITE_SPACE, run_task
from dispatch_protocol.vocabulary import TaskType

from dispatch_conformance.diagnose.guesses import listed
from dispatch_conformance.diagnose.suspects import Suspects

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "completes": "W-OUT-1",
        "summarize_members": "W-OUT-2",
        "summary_short": "W-OUT-3",
        "summary_long": "W-OUT-4",
        "summary_units": "W-OUT-5",
        "word_count": "W-OUT-6",
        "white_space": "W-OUT-7",
        "blank_summary": "W-OUT-8",
        "classify_members": "W-OUT-9",
        "sentiment": "W-OUT-10",
        "substrings": "W-OUT-11",
        "once": "W-OUT-12",
        "case": "W-OUT-13",
        "confidence": "W-OUT-14",
        "doubles": "W-OUT-15",
        "second_list": "W-OUT-16",
        "extract_json_members": "W-OUT-17",
        "extracted": "W-OUT-18",
        "skips_faults": "W-OUT-19",
        "depth": "W-OUT-20",
        "strings": "W-OUT-21",
        "repeated_names": "W-OUT-22",
        "count": "W-OUT-23",
        "blank_others": "W-OUT-24",
    }
)
"""The checks that a comparison can decide, and their clauses."""

SPECIAL: Final[Mapping[TaskType, tuple[str, ...]]] = MappingProxyType(
    {
        TaskType.SUMMARIZE: (),
        TaskType.CLASSIFY: ("substrings", "once", "case", "doubles"),
        TaskType.EXTRACT_JSON: ("skips_faults", "depth", "strings", "repeated_names"),
    }
)
"""The checks of each task that an input decides only if a mistake would show in it (see `held_to`)."""

_CHECK_OF: Final = {clause: check for check, clause in CHECKS.items()}
_NOT_ASKED: Final = {"second_list": {"W-OUT-10", "W-OUT-14"}, "summary_short": {"W-OUT-4"}}
"""Clauses that do not speak of the inputs for which a check stands."""

_PLAIN_SPACE: Final = frozenset(" \t\n\r")
_ODD_SPACE: Final = (frozenset(WHITE_SPACE) | frozenset("\x1c\x1d\x1e\x1f\x85\u180e\u200b")) - _PLAIN_SPACE
_SECOND_WORDS: Final = tuple(word for word in DESKTOP_WORDS if word not in SHARED_WORDS)


class Fault(NamedTuple):
    """One member of an output that is not the reference's: the check's name, and both sides as JSON.

    `also` are the other checks of which it may be a fault just as well.
    """

    check: str
    message: str
    expected: str
    actual: str
    also: tuple[str, ...] = ()


def decided(task: TaskType, text: str) -> tuple[str, ...]:
    """The checks that an input of a task decides, whatever comes back; not the special ones."""
    if not text.strip(WHITE_SPACE):
        return ("blank_summary",) if task is TaskType.SUMMARIZE else ("blank_others",)
    match task:
        case TaskType.SUMMARIZE:
            return "summarize_members", _summary_check(text), _words_check(text)
        case TaskType.CLASSIFY if _has_second_words(text):
            return "classify_members", "second_list"
        case TaskType.CLASSIFY:
            return "classify_members", "sentiment", "confidence"
        case _:
            return "extract_json_members", "extracted", "count"


def held_to(suspects: Suspects) -> set[str]:
    """The checks that a worker's right answers have passed, as a mistake would have shown in them."""
    return {_CHECK_OF[clause] for clause in suspects.held_to}


def faults(
    task: TaskType, text: str, output: JsonValue, suspects: Suspects | None = None
) -> tuple[Fault, ...]:
    """How an output differs from the reference's for this input; empty if it does not.

    `suspects` are the mistakes that the worker's other answers leave open; all, where nothing is known.
    """
    expected = run_task(task, text)
    if stringify(output) == stringify(expected):
        return ()
    names = decided(task, text)
    if names[0].startswith("blank"):
        return (_fault(names[0], f"{task} of blank input", expected, output),)
    if not isinstance(output, dict) or list(output) != list(expected):
        return (_fault(names[0], f"the output of {task} has other members", expected, output),)
    checks = names[1:] if len(names) > 2 else names[1:] * 2
    found: dict[str | frozenset[str], Fault] = {}
    entries = output.get("extracted")
    if task is TaskType.EXTRACT_JSON and isinstance(entries, list):
        expected["count"] = len(entries)  # the clause asks for the length of the list beside it
    for own, member in zip(checks, expected, strict=True):
        if stringify(output[member]) != stringify(expected[member]):
            broken = (suspects or Suspects()).broken(task, text, output, member)
            may_be = frozenset(_CHECK_OF[law] for law in broken - _NOT_ASKED.get(own, set()))
            check = min(may_be) if len(may_be) == 1 else own
            also = tuple(sorted(may_be - {check}))
            message = f"`{member}` of {task} is wrong{_fits_as_well(also)}"
            fault = _fault(check, message, expected[member], output[member])
            found.setdefault(may_be or own, fault._replace(also=also))
    return tuple(found.values())


def _fits_as_well(checks: tuple[str, ...]) -> str:
    laws = [CHECKS[check] for check in checks]
    return f" (it fits a breach of {listed(laws)} as well)" if laws else ""


def _fault(check: str, message: str, expected: JsonValue, actual: JsonValue) -> Fault:
    return Fault(check, message, stringify(expected), stringify(actual))


def _summary_check(text: str) -> str:
    joined = join_surrogates(text)
    if any(ord(letter) > 0xFFFF or 0xD800 <= ord(letter) < 0xE000 for letter in joined):
        return "summary_units"
    return "summary_short" if len(joined) <= SUMMARY_UNITS else "summary_long"


def _words_check(text: str) -> str:
    return "white_space" if _ODD_SPACE.intersection(text) else "word_count"


def _has_second_words(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _SECOND_WORDS)
