"""LLM_INFER through Ollama's HTTP interface. Each step is a method, to be overridden."""

from typing import Any

from tests.mutants import ecmascript, http
from tests.mutants.settings import Settings


class Refusal(Exception):
    """A job that cannot be done; the text is the reason given to the coordinator."""


class Model:
    """How a worker gets its text."""

    settings: Settings

    async def infer(self, prompt: str, limit: float) -> Any:
        """The output of an LLM_INFER job. Raises Refusal where no model answered."""
        try:
            answer = await self.ask(self.question(prompt, limit))
            reply = self.read_reply(answer)
        except (OSError, ValueError, RecursionError) as error:
            raise Refusal(f"no answer from the model: {error}") from None
        return self.generated(reply)

    async def ask(self, question: dict[str, Any]) -> http.Answer:
        return await http.post(
            self.settings.ollama, "/api/generate", ecmascript.write(question), seconds=self.model_seconds()
        )

    def model_seconds(self) -> float:
        return 50.0

    def question(self, prompt: str, limit: float) -> dict[str, Any]:
        return {
            "model": self.settings.model,
            "prompt": prompt,
            "stream": False,
            "options": {"num_predict": limit},
        }

    def read_reply(self, answer: http.Answer) -> dict[str, Any]:
        """The members of the model's reply. Raises ValueError where it is none."""
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        reply = ecmascript.read(answer.body)
        if not isinstance(reply, dict) or "error" in reply or not isinstance(reply.get("response"), str):
            raise ValueError("the reply has no response")
        return reply

    def generated(self, reply: dict[str, Any]) -> Any:
        return {"text": reply["response"], "model": reply.get("model", self.settings.model)}
