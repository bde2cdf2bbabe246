"""What a job asks of a worker, and the three computations of TASK jobs.

The tasks are pure functions whose canonical output is fixed byte for byte, with the semantics of
JavaScript: lengths in UTF-16 code units, ECMAScript white space, `toLowerCase`, IEEE doubles. All of them
take time linear in their input.

Source: SPEC.md, "Tasks", "Outputs of tasks" (clauses W-OUT) and "Faulty jobs" (W-BAD).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Final, TypeAlias

from dispatch_protocol.errors import JsonSyntaxError, UsageError, shown
from dispatch_protocol.parsing import JsonValue, join_surrogates, parse
from dispatch_protocol.vocabulary import JobType, TaskType

__all__ = [
    "DEFAULT_MAX_TOKENS",
    "DESKTOP_WORDS",
    "SHARED_WORDS",
    "SUMMARY_UNITS",
    "WHITE_SPACE",
    "Faulty",
    "LlmRequest",
    "TaskRequest",
    "classify",
    "extract_json",
    "read_payload",
    "run_task",
    "summarize",
]

SUMMARY_UNITS: Final = 200
"""The longest input, in UTF-16 code units, that is its own summary."""

WHITE_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""WhiteSpace and LineTerminator (ECMA-262 §12.2, §12.3): what `trim` removes and `\\s` matches. Python's own
notion differs: it has U+001C to U+001F and U+0085, and lacks U+FEFF."""

SHARED_WORDS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(("good", "great", "excellent", "amazing", "love", "happy"), 1)
    | dict.fromkeys(("bad", "terrible", "awful", "hate", "worst", "horrible"), -1)
)
"""The words that every deployed worker knows, and the score of each."""

DESKTOP_WORDS: Final[Mapping[str, int]] = MappingProxyType(
    dict(SHARED_WORDS)
    | dict.fromkeys(("best", "wonderful", "fantastic"), 1)
    | dict.fromkeys(("poor", "disappointing", "sad"), -1)
)
"""All words of `classify`: the shared ones and those of the desktop worker."""

DEFAULT_MAX_TOKENS: Final = 256
"""The token limit of an LLM_INFER job that names none."""

_BLANKS: Final = re.compile(f"[{WHITE_SPACE}]+")
_BRACE: Final = re.compile("[{}]")
_SAFE_INTEGER: Final = 2**53


def summarize(text: str) -> dict[str, JsonValue]:
    """The input's head and its number of words: `{"summary", "word_count"}`.

    The summary is the input itself up to SUMMARY_UNITS code units, else that many of them and `...`; a cut
    through a surrogate pair leaves its high half. Words are the pieces of the trimmed input between runs of
    white space, so that blank input counts one, as `"".split(/\\s+/)` does.
    """
    head = text[: SUMMARY_UNITS + 1].encode("utf-16-le", "surrogatepass")
    summary = text
    if len(head) > 2 * SUMMARY_UNITS:
        summary = head[: 2 * SUMMARY_UNITS].decode("utf-16-le", "surrogatepass") + "..."
    return {"summary": summary, "word_count": len(_BLANKS.findall(text.strip(WHITE_SPACE))) + 1}


def classify(text: str) -> dict[str, JsonValue]:
    """The sentiment of DESKTOP_WORDS: `{"sentiment", "confidence"}`, by the words that the input contains.

    A word counts once, wherever it stands, also inside another. The letters of the words are ASCII, and among
    other characters only U+0130 and U+212A have such letters in their lower case, in every version of
    Unicode: so Python's `lower` finds what `toLowerCase` finds (ECMA-262 §22.1.3.28).
    """
    lowered = text.lower()
    score = sum(weight for word, weight in DESKTOP_WORDS.items() if word in lowered)
    sentiment = "positive" if score > 0 else "negative" if score < 0 else "neutral"
    return {"sentiment": sentiment, "confidence": min(1.0, abs(score) * 0.2 + 0.3)}


def extract_json(text: str) -> dict[str, JsonValue]:
    """The JSON objects that stand in a text: `{"extracted", "count"}`, in their order.

    Candidates are the pieces of `_brace_spans`; those that JSON.parse refuses are left out, and those whose
    containers would be nested beyond the limit of the canonical text inside the output.
    """
    found = [value for start, end in _brace_spans(text) for value in _objects(text[start:end])]
    return {"extracted": found, "count": len(found)}


def _objects(piece: str) -> Iterator[JsonValue]:
    """The value of a piece, or nothing. It is read two levels down, as deep as the output will hold it."""
    try:
        wrapped = parse(f"[[{piece}]]")
    except JsonSyntaxError:
        return
    match wrapped:
        case [[value]]:  # anything else: the piece closes its own bracket, and is no JSON by itself
            yield value


def _brace_spans(text: str) -> list[tuple[int, int]]:
    r"""The non-overlapping matches of `\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}`, left to right, as (start, end).

    The expression asks for an opening brace, any number of closed pairs one level below, and a closing
    brace. Between braces only `[^{}]*` fits, and each brace fits one alternative at most: so there is never
    a choice to take back, and a match begun at a brace fails in two ways only, at a brace that opens a third
    level, and at the end of the text. The search then goes on behind the brace where it began: the pairs
    closed until then are matches of their own, the second-level brace still open is the next place to begin,
    and the third-level brace stands one level below it. So each brace is looked at once.
    """
    spans: list[tuple[int, int]] = []
    pairs: list[tuple[int, int]] = []
    outer = inner = -1
    for brace in _BRACE.finditer(text):
        place = brace.start()
        if brace.group() == "{":
            if outer < 0:
                outer = place
            elif inner < 0:
                inner = place
            else:
                spans += pairs
                pairs.clear()
                outer, inner = inner, place
        elif inner >= 0:
            pairs.append((inner, place + 1))
            inner = -1
        elif outer >= 0:
            spans.append((outer, place + 1))
            pairs.clear()
            outer = -1
    return spans + pairs


_TASKS: Final[Mapping[str, Callable[[str], dict[str, JsonValue]]]] = MappingProxyType(
    {
        TaskType.SUMMARIZE: summarize,
        TaskType.CLASSIFY: classify,
        TaskType.EXTRACT_JSON: extract_json,
    }
)


def run_task(task_type: str, text: str) -> dict[str, JsonValue]:
    """The output of a TASK job. `read_payload` tells an unknown type from the peer; here it is a UsageError.

    Surrogates that meet are joined first, as they are one character in JavaScript.
    """
    task = _TASKS.get(task_type)
    if task is None:
        raise UsageError(f"there is no task {shown(task_type)}; use one of {', '.join(TaskType)}")
    return task(join_surrogates(text))


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """An LLM_INFER job: the prompt, and how many tokens the answer may have."""

    prompt: str
    max_tokens: int | float


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A TASK job: the computation and its input."""

    task_type: TaskType
    input: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """A job that no worker could do, and the output that says so."""

    output: JsonValue


Request: TypeAlias = LlmRequest | TaskRequest | Faulty

_UNSUPPORTED: Final = "Unsupported job payload"


def read_payload(job_type: str, payload: JsonValue) -> Request:
    """What a job asks for, or the output of a faulty one. Total: every value has an answer.

    A field that is missing, empty or of the wrong type makes the payload unsupported, and so does an unknown
    job type; an unknown task type is told by its name, but only beside a good input. The payload's own
    `job_type` is ignored, as is every field that is not named here.
    """
    fields = payload if isinstance(payload, dict) else {}
    if job_type == JobType.LLM_INFER:
        return _read_prompt(fields)
    if job_type == JobType.TASK:
        return _read_task(fields)
    return _faulty(_UNSUPPORTED)


def _read_prompt(fields: dict[str, JsonValue]) -> Request:
    """A prompt and its token limit.

    The limit may be absent or null, which means DEFAULT_MAX_TOKENS. Any finite number is handed on unchanged,
    zero, negatives and fractions too: what they mean is for the model's server to say. No number at all, or
    one beyond the range of doubles (which JSON cannot hand on), makes the payload unsupported: to put the
    default in its place would sign an answer to a question that nobody asked.
    """
    prompt, limit = fields.get("prompt"), fields.get("max_tokens")
    if not isinstance(prompt, str) or not prompt:
        return _faulty(_UNSUPPORTED)
    if limit is None:
        return LlmRequest(prompt, DEFAULT_MAX_TOKENS)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not isfinite(limit):
        return _faulty(_UNSUPPORTED)
    if isinstance(limit, float) and limit.is_integer() and abs(limit) < _SAFE_INTEGER:
        limit = int(limit)  # JSON has one kind of number: 64.0 is 64, whoever prints it next
    return LlmRequest(prompt, limit)


def _read_task(fields: dict[str, JsonValue]) -> Request:
    task_type, text = fields.get("task_type"), fields.get("input")
    if not isinstance(task_type, str) or not isinstance(text, str) or not task_type or not text:
        return _faulty(_UNSUPPORTED)
    if task_type not in _TASKS:
        return _faulty(f"Unknown task_type: {task_type}")
    return TaskRequest(TaskType(task_type), text)


def _faulty(error: str) -> Faulty:
    return Faulty({"error": error})
