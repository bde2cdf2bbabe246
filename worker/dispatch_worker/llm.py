"""Who answers LLM_INFER jobs: Ollama, a canned text, or nobody. Source: SPEC.md, "LLM_INFER".

An answer is completed only if a model gave it (W-LLM-8 to W-LLM-11): whatever else comes back is a reason to
give the job back. The canned text comes only where the operator asked for it by name.
"""

from typing import Final, Protocol

from dispatch_protocol.canonical import parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, TransportError, shown
from dispatch_protocol.tasks import LlmRequest

from dispatch_worker.config import Settings
from dispatch_worker.effects import Generated, Inference, NotGenerated
from dispatch_worker.post import Answer, Poster

MAX_ANSWER_BYTES: Final = 4_194_304
"""The longest answer of Ollama that is read; a frame holds a quarter of it, the rest is Ollama's context."""

STUB_TEXT: Final = "This text was not generated: the worker was started with its stub instead of a model."
_SUCCESS: Final = range(200, 300)


class Model(Protocol):
    """Answers prompts."""

    async def generate(self, request: LlmRequest) -> Inference:
        """One answer, or why there is none. Raises nothing; may be cancelled."""

    async def close(self) -> None:
        """Let go of what was opened."""


class Ollama:
    """A model behind Ollama's HTTP API: one POST to /api/generate, not streamed."""

    def __init__(self, url: str, model: str) -> None:
        self._poster = Poster(url, MAX_ANSWER_BYTES)
        self._model = model

    async def generate(self, request: LlmRequest) -> Inference:
        """Ask for one answer; the caller bounds the time by cancelling."""
        try:
            answer = await self._poster.post(ollama_request(self._model, request))
        except TransportError as error:
            return NotGenerated(f"Ollama gave no answer: {error}")
        return read_answer(answer, self._model)

    async def close(self) -> None:
        """Close the connections to Ollama."""
        await self._poster.close()


class Stub:
    """No model: a text that says so, and an output that is marked."""

    async def generate(self, request: LlmRequest) -> Inference:
        """The canned answer, whatever was asked."""
        return Generated({"text": STUB_TEXT, "model": "stub-v1", "stub": True})

    async def close(self) -> None:
        """Nothing was opened."""


class NoModel:
    """No model: every job is given back."""

    async def generate(self, request: LlmRequest) -> Inference:
        """The refusal."""
        return NotGenerated("this worker runs without a language model")

    async def close(self) -> None:
        """Nothing was opened."""


def model_of(settings: Settings) -> Model:
    """The model that the settings ask for."""
    match settings.llm:
        case "ollama":
            return Ollama(settings.generate_url, settings.model)
        case "stub":
            return Stub()
        case "none":
            return NoModel()


def ollama_request(model: str, request: LlmRequest) -> str:
    """The body of a request: prompt and limit unchanged (W-LLM-2, W-LLM-3), lone surrogates as escapes."""
    return stringify(
        {
            "model": model,
            "prompt": request.prompt,
            "stream": False,
            "options": {"num_predict": request.max_tokens},
        }
    )


def read_answer(answer: Answer, model: str) -> Inference:
    """Ollama's answer as a job's output, `{"text", "model"}`; `model` stands in where it names none."""
    try:
        body = parse(answer.body)
    except JsonSyntaxError as error:
        body = None
        fault = f"an answer that is no JSON ({shown(error.reason)})"
    else:
        fault = "no text in its `response`"
    fields = body if isinstance(body, dict) else {}
    if "error" in fields:
        return NotGenerated(f"Ollama answered {answer.status}: {shown(fields['error'])}")
    if answer.status not in _SUCCESS:
        return NotGenerated(f"Ollama answered {answer.status}")
    text, name = fields.get("response"), fields.get("model")
    if not isinstance(text, str):
        return NotGenerated(f"Ollama gave {fault}")
    if fields.get("done") is False:
        return NotGenerated("Ollama gave a part of its answer only")
    return Generated({"text": text, "model": name if isinstance(name, str) else model})
