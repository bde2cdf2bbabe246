"""Defects of LLM_INFER: W-LLM."""

from typing import Any

from tests.mutants import ecmascript, http
from tests.mutants.model import Refusal
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

CANNED = {"text": "This is a placeholder answer.", "model": "stub-v1", "stub": True}


@defect("no-model-at-all", "W-LLM-1", "declares LLM_INFER and rejects every prompt")
class NoModelAtAll(Worker):
    async def infer(self, prompt: str, limit: float) -> Any:
        raise Refusal("no model is installed")


@defect("prompt-with-preamble", "W-LLM-2", "puts a system text before the prompt")
class PromptWithPreamble(Worker):
    def question(self, prompt: str, limit: float) -> dict[str, Any]:
        return super().question(f"You are a helpful assistant.\n\n{prompt}", limit)


@defect("prompt-trimmed", "W-LLM-2", "trims the prompt")
class PromptTrimmed(Worker):
    def question(self, prompt: str, limit: float) -> dict[str, Any]:
        return super().question(prompt.strip(), limit)


@defect("limit-not-sent", "W-LLM-3", "always asks for 256 tokens")
class LimitNotSent(Worker):
    def token_limit(self, limit: float | None) -> float:
        return 256.0


@defect("limit-at-most-512", "W-LLM-3", "lowers the limit to 512 tokens")
class LimitAtMost512(Worker):
    def token_limit(self, limit: float | None) -> float:
        return min(super().token_limit(limit), 512.0)


@defect("no-default-limit", "W-LLM-4", "asks for 128 tokens where the job has no limit")
class NoDefaultLimit(Worker):
    def token_limit(self, limit: float | None) -> float:
        return 128.0 if limit is None else limit


@defect("text-trimmed", "W-LLM-5", "trims the model's text")
class TextTrimmed(Worker):
    def generated(self, reply: dict[str, Any]) -> Any:
        return super().generated(reply) | {"text": reply["response"].strip()}


@defect("text-first-line", "W-LLM-5", "keeps the first line of the model's text only")
class TextFirstLine(Worker):
    def generated(self, reply: dict[str, Any]) -> Any:
        return super().generated(reply) | {"text": reply["response"].split("\n")[0]}


@defect("model-by-heart", "W-LLM-6", "names the model it asked for, and not the one that answered")
class ModelByHeart(Worker):
    def generated(self, reply: dict[str, Any]) -> Any:
        return super().generated(reply) | {"model": self.settings.model}


@defect("model-hard-wired", "W-LLM-7", "asks for mistral whatever it is told")
class ModelHardWired(Worker):
    def question(self, prompt: str, limit: float) -> dict[str, Any]:
        return super().question(prompt, limit) | {"model": "mistral"}


@defect("canned-when-absent", "W-LLM-8", "completes with a canned text when the model is not there")
class CannedWhenAbsent(Worker):
    async def infer(self, prompt: str, limit: float) -> Any:
        try:
            answer = await self.ask(self.question(prompt, limit))
        except ConnectionRefusedError:
            return CANNED
        except (OSError, ValueError) as error:
            raise Refusal(str(error)) from None
        return self.read_out(answer)

    def read_out(self, answer: http.Answer) -> Any:
        try:
            return self.generated(self.read_reply(answer))
        except ValueError as error:
            raise Refusal(str(error)) from None


@defect("canned-on-http-errors", "W-LLM-9", "completes with a canned text when the model's server fails")
class CannedOnHttpErrors(Worker):
    def read_reply(self, answer: http.Answer) -> dict[str, Any]:
        if answer.status != 200:
            return {"response": CANNED["text"], "model": "stub-v1"}
        return super().read_reply(answer)


@defect("nothing-on-error-object", "W-LLM-10", "completes with {} when the model's server answers an error")
class NothingOnErrorObject(Worker):
    def read_reply(self, answer: http.Answer) -> dict[str, Any]:
        reply = ecmascript.read(answer.body)
        return reply if "error" in reply and answer.status == 200 else super().read_reply(answer)

    def generated(self, reply: dict[str, Any]) -> Any:
        return {} if "error" in reply else super().generated(reply)


@defect("raw-body-as-text", "W-LLM-11", "takes an answer that is no JSON for the model's text")
class RawBodyAsText(Worker):
    def read_reply(self, answer: http.Answer) -> dict[str, Any]:
        try:
            return super().read_reply(answer)
        except ValueError:
            if answer.status != 200 or '"error"' in answer.body:
                raise
            return {"response": answer.body, "model": self.settings.model}


@defect("impatient-with-the-model", "W-LLM-12", "gives up on the model after ten seconds")
class ImpatientWithTheModel(Worker):
    def model_seconds(self) -> float:
        return 10.0
