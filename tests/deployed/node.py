"""The deployed workers that run on node: desktop, command line, and the simulator of the phone."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from tests.mutants import ecmascript, http
from tests.mutants.defects.robustness import DiesOfNull
from tests.mutants.jobs import Message
from tests.mutants.model import Refusal

CANNED = {"text": "The model is not available.", "model": "stub-v1", "stub": True}
SHARED = ("good", "great", "excellent", "amazing", "love", "happy")
SHARED_BAD = ("bad", "terrible", "awful", "hate", "worst", "horrible")


class Node(DiesOfNull):
    """What all three have in common: null ends them, as an exception that nobody catches."""


class Desktop(Node):
    """The desktop worker: canned text for want of a model, deaf at first, and gone without a word."""

    silence_seconds = 10**9
    listening = False

    async def infer(self, prompt: str, limit: float) -> Any:
        try:
            answer = await self.ask(self.question(prompt, limit))
            if answer.status == 200 and "error" in ecmascript.read(answer.body):
                return {}
            return self.generated(self.read_reply(answer))
        except (OSError, ValueError, TypeError, RecursionError, Refusal):
            return CANNED

    def on_registered(self) -> None:
        self.start(self.beat())
        self.start(self.claim_and_listen())

    async def claim_and_listen(self) -> None:
        if self.settings.pairing_code:
            await self.claim()
        await asyncio.sleep(0.005)
        self.listening = True

    async def on_job_assign(self, message: Message) -> None:
        if self.listening:
            await super().on_job_assign(message)

    async def ask_for_trust(self) -> http.Answer:
        given = os.environ["COORDINATOR_URL"]
        path = "//v1/trust/claim" if given.endswith("/") else "/v1/trust/claim"
        return await http.post(self.settings.web, path, ecmascript.write(self.claim_body()), seconds=10)

    def mode(self) -> int:
        return 0o644

    def on_closed(self, code: int) -> None:
        self.say("Disconnected")
        self.status = 0

    def on_signal(self, life: "asyncio.Task[Any]") -> None:
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)


class CommandLine(Desktop):
    """The command-line worker: in addition shorter word lists, no word in blank input, one model only."""

    positive = (*SHARED, "best")
    negative = (*SHARED_BAD, "poor")

    def word_count(self, text: str) -> int:
        return super().word_count(text) if text.strip(self.blanks) else 0

    def question(self, prompt: str, limit: float) -> dict[str, Any]:
        return super().question(prompt, limit) | {"model": "llama3.2"}


class Simulator(Node):
    """The simulator of the phone: a key file of its own place, no pairing, the shared words alone."""

    provider_type = "SEEKER"
    capabilities = ("TASK",)
    ack_seconds = 10**9
    positive = SHARED
    negative = SHARED_BAD

    def seed_at(self, path: Path) -> bytes:
        return super().seed_at(Path("data/seeker-key.json"))

    def on_registered(self) -> None:
        self.start(self.beat())

    def decoded(self, frame: str | bytes) -> Any:
        if not self.registered and isinstance(frame, str):
            try:
                ecmascript.read(frame)
            except ValueError:
                raise SystemExit(1) from None
        return super().decoded(frame)

    def faulty(self, error: str) -> Any:
        return super().faulty("Missing task_type or input" if error.startswith("Unsupported") else error)
