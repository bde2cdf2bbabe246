"""LLM_INFER: what reaches the model, what comes back, and what follows when none answers. Source: W-LLM."""

from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import shown
from dispatch_protocol.tasks import DEFAULT_MAX_TOKENS
from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.jobs import Answer, Assignment
from dispatch_conformance.ollama import (
    CUT_OFF,
    DEFAULT_MODEL,
    DROPPED,
    ERROR_IN_200,
    FAILING,
    GARBAGE,
    Asked,
    Mood,
)
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience

OWN_MODEL: Final = "conformance-model:7b"
SLOW_SECONDS: Final = 26.0
"""How long a slow model takes: longer than the gap that heartbeats may leave."""

PROMPTS: Final = (
    ("a plain prompt", "Why is the sky blue?"),
    ("white space around it", "  \n an indented prompt \t\n"),
    ("several lines", "first\nsecond\r\n\r\nthird"),
    ("quotation marks and backslashes", "She said \"C:\\new\" and 'left'"),
    ("letters beyond ASCII", "Zoë 漢字 Привет \U0001f600 e\u0301"),
    ("markup and templates", "<b>{{prompt}}</b> ${x} %s &amp; \\u0041"),
    ("a control character", "bell\x07 and null\x00"),
    ("a lone surrogate", "left \ud83d alone"),
    ("5,000 words", "word " * 5_000),
    ("white space only", " "),
)
TEXTS: Final = (
    ("white space around it", " \n The sky is blue. \n"),
    ("several lines", "one\n\ntwo\r\nthree"),
    ("letters beyond ASCII", "Zoë 漢字 \U0001f600"),
    ("escapes", 'a "quoted" \\ text\x07'),
    ("JSON", '{"error":"this is what the model wrote"}'),
    ("a lone surrogate", "left \ud83d alone"),
    ("20,000 characters", "0123456789" * 2_000),
)


_ELSEWHERE: Final = "OLLAMA_MODEL is not under the suite's control"

TWIN_SECONDS: Final = 20.0
"""How long the answer to a prompt that the model answers at once is awaited before its server fails."""

FAILURE_SECONDS: Final = 4.0
"""How long a job's answer is awaited before the model's server fails in the next way."""


class Failure(NamedTuple):
    """A way in which the model's server fails; a mood of None closes its port."""

    check: str
    about: str
    mood: Mood | None


FAILURES: Final = (
    Failure("http_error", "an HTTP error", FAILING),
    Failure("error_object", "status 200 with an error object", ERROR_IN_200),
    Failure("no_json", "status 200 with a body that is no JSON", GARBAGE),
    Failure("no_json", "an answer that breaks off", CUT_OFF),
    Failure("no_json", "a connection that closes without an answer", DROPPED),
    Failure("absent", "a closed port", None),
)


@scenario(
    "llm.prompts",
    {
        "completes": "W-LLM-1",
        "prompt": "W-LLM-2",
        "limit": "W-LLM-3",
        "default_limit": "W-LLM-4",
        "text": "W-LLM-5",
        "model": "W-LLM-6",
        "default_model": "W-LLM-7",
    },
    capability=JobType.LLM_INFER,
)
async def prompts(context: Context) -> None:
    """Prompts, limits and texts of every kind, on their way to the model and back."""
    await context.worker(variables={"OLLAMA_MODEL": None})
    patience = Patience(context.stage, 1, seconds=40.0)  # the last one may take sixty more
    for about, prompt in PROMPTS:
        asked, answer = await infer(context, patience, about, {"prompt": prompt, "max_tokens": 64})
        if asked is not None:
            message = f"a prompt with {about} does not reach the model unchanged"
            context.check("prompt").equal(prompt, asked.prompt, message, answer)
            judge_text(context, about, asked.prompt, answer)
    for limit in (1, 64, 300, 4096):
        asked, answer = await infer(
            context, patience, f"max_tokens {limit}", {"prompt": "Count.", "max_tokens": limit}
        )
        if asked is not None:
            message = f"the limit of {limit} tokens does not reach the model"
            context.check("limit").equal(limit, asked.member("options", "num_predict"), message, answer)
    asked, answer = await infer(
        context, patience, "no max_tokens", {"prompt": "Count.", "job_type": "LLM_INFER"}
    )
    if asked is not None:
        message = "without `max_tokens`, the model is asked for another limit"
        got = asked.member("options", "num_predict")
        context.check("default_limit").equal(DEFAULT_MAX_TOKENS, got, message, answer)
    if not context.controlled:
        context.check("default_model").not_testable(_ELSEWHERE)
    elif asked is not None:
        message = "without OLLAMA_MODEL, another model is asked"
        context.check("default_model").equal(DEFAULT_MODEL, asked.member("model"), message, answer)
    await replies(context, patience)
    await patience.receipts()


async def replies(context: Context, patience: Patience) -> None:
    """Texts of every kind, and a model that answers under another name than it was asked by."""
    for about, text in TEXTS:
        context.ollama.mood = Mood(text=text)
        _, answer = await infer(
            context, patience, f"a text with {about}", {"prompt": "Write.", "max_tokens": 64}
        )
        judge_output(context, "text", text, f"a text with {about} comes back changed", answer)
    context.ollama.mood = Mood(model="llama3.2:3b-instruct")
    _, answer = await infer(context, patience, "a model of another name", {"prompt": "Who are you?"})
    message = "the output does not name the model that the server named"
    judge_output(context, "model", "llama3.2:3b-instruct", message, answer)


@scenario(
    "llm.failures",
    {
        "own_model": "W-LLM-7",
        "absent": "W-LLM-8",
        "http_error": "W-LLM-9",
        "error_object": "W-LLM-10",
        "no_json": "W-LLM-11",
    },
    capability=JobType.LLM_INFER,
    limit=200.0,
)
async def failures(context: Context) -> None:
    """A model server that fails in every way; a job without an answer keeps its time while others come."""
    await context.worker(variables={"OLLAMA_MODEL": OWN_MODEL})
    twin = await context.stage.run(
        JobType.LLM_INFER, {"prompt": "before", "max_tokens": 16}, timeout=TWIN_SECONDS
    )
    asked = context.ollama.generations
    if not context.controlled:
        context.check("own_model").not_testable(_ELSEWHERE)
    elif asked:
        message = "another model is asked than OLLAMA_MODEL names"
        context.check("own_model").equal(OWN_MODEL, asked[-1].member("model"), message, twin)
    if not twin.completed or twin.refused:
        for failure in FAILURES:
            why = "the worker does not complete an LLM_INFER job that the model answers"
            context.check(failure.check).not_testable(why, twin)
        return
    given: list[tuple[Failure, Assignment]] = []
    for failure in FAILURES:
        if failure.mood is None and not context.controlled:
            context.check(failure.check).not_testable("the model's port is the coordinator's, and stays open")
            continue
        if failure.mood is None:
            await context.ollama.refuse()
        else:
            context.ollama.mood = failure.mood
        assignment = await context.stage.assign(JobType.LLM_INFER, {"prompt": "Why?", "max_tokens": 16})
        given.append((failure, assignment))
        await assignment.answer(FAILURE_SECONDS)
    for failure, assignment in given:
        answer = await assignment.answer(max(0.0, assignment.left(context.stage.transcript.now)))
        context.check(failure.check).expect(
            not answer.completed or answer.refused,
            f"the worker completes a job although the model's server gives {failure.about}",
            expected="a job_reject, or an output with an `error`",
            actual=answer.in_words(),
            evidence=answer,
        )


@scenario(
    "llm.slow",
    {"slow_model": "W-LLM-12"},
    capability=JobType.LLM_INFER,
    seconds=SLOW_SECONDS + 3,
    waits=True,
)
async def slow(context: Context) -> None:
    """A model that takes 26 seconds, beside which heartbeats go on."""
    await context.worker()
    context.ollama.mood = Mood(delay=SLOW_SECONDS)
    answer = await context.stage.run(JobType.LLM_INFER, {"prompt": "Take your time.", "max_tokens": 64})
    if answer.completed:
        judge_output(
            context, "slow_model", "Echo: Take your time.", "the slow answer is lost", answer, member="text"
        )
        return
    context.check("slow_model").failed(
        f"the worker gives up on a model that takes {SLOW_SECONDS:.0f} s",
        expected="the model's answer, which comes within 30 s",
        actual=answer.in_words(),
        evidence=answer,
    )


async def infer(
    context: Context, patience: Patience, about: str, payload: dict[str, JsonValue]
) -> tuple[Asked | None, Answer]:
    """Give the worker a prompt; the last request for text that this led to, and the answer."""
    before = len(context.ollama.generations)
    answer = await patience.run(JobType.LLM_INFER, payload)
    asked = context.ollama.generations[before:]
    if not answer.answered:
        why = f"an LLM_INFER job with {about} is not answered: {answer.reason}"
        context.check("completes").not_testable(why, answer)
        return (asked[-1] if asked else None), answer
    context.check("completes").expect(
        answer.completed and not answer.refused and bool(asked),
        f"an LLM_INFER job with {about} is not completed with the model's answer",
        expected="a request to the model, and a job_complete with its text",
        actual=shown(answer.in_words()) if asked else "the model was not asked",
        evidence=answer,
    )
    return (asked[-1] if asked else None), answer


def judge_text(context: Context, about: str, prompt: JsonValue, answer: Answer) -> None:
    """The echo of the prompt that the model got comes back unchanged, whatever that prompt was."""
    if isinstance(prompt, str):
        message = f"the model's text, which has {about}, comes back changed"
        judge_output(context, "text", f"Echo: {prompt}", message, answer)


def judge_output(
    context: Context, check: str, expected: str, message: str, answer: Answer, *, member: str = ""
) -> None:
    """Hold a member of an output (named like the check, unless given) against what it should be."""
    name = member or check
    output = answer.output.value if answer.output is not None else None
    if not answer.completed or answer.refused:
        context.check(check).not_testable(f"the job was not completed: {shown(answer.in_words())}", answer)
    elif not isinstance(output, dict):
        context.check(check).failed(
            "the output is no object",
            expected="an object with `text` and `model`",
            actual=answer.in_words(),
            evidence=answer,
        )
    else:
        context.check(check).equal(expected, output.get(name), message, answer)
