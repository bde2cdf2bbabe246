"""Defects of frames: W-FRM."""

from websockets.asyncio.client import ClientConnection

from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

UNREAD = ("W-JOB-1", "W-JOB-12")
"""An answer that cannot be read is none: a job stays without one, and so does the job beside it."""


@defect("binary-frames", "W-FRM-1", "sends its messages as bytes")
class BinaryFrames(Worker):
    async def transmit(self, socket: ClientConnection, text: str) -> None:
        await socket.send(text.encode())


@defect("binary-answers", "W-FRM-1", "sends its answers as bytes", *UNREAD)
class BinaryAnswers(Worker):
    async def transmit(self, socket: ClientConnection, text: str) -> None:
        await socket.send(text.encode() if '"job_complete"' in text else text)


@defect("python-literals", "W-FRM-2", "writes None and single quotes", "W-HBT-1", *UNREAD)
class PythonLiterals(Worker):
    def encoded(self, message: Message) -> str:
        return super().encoded(message) if message["type"] == "register" else repr(message)


@defect("joined-messages", "W-FRM-2", "joins register and a heartbeat by a line feed in one frame")
class JoinedMessages(Worker):
    def encoded(self, message: Message) -> str:
        text = super().encoded(message)
        return f"{text}\n{super().encoded(self.heartbeat())}" if message["type"] == "register" else text


@defect("terminated-frames", "W-FRM-2", "ends every answer with a NUL character", *UNREAD)
class TerminatedFrames(Worker):
    def encoded(self, message: Message) -> str:
        text = super().encoded(message)
        return text + "\0" if message["type"] == "job_complete" else text


@defect("list-frames", "W-FRM-2", "wraps every answer in a list", *UNREAD)
class ListFrames(Worker):
    def encoded(self, message: Message) -> str:
        text = super().encoded(message)
        return f"[{text}]" if message["type"] == "job_complete" else text


@defect("frames-too-long", "W-FRM-3", "sends its log of more than 1 MiB along with an answer", *UNREAD)
class FramesTooLong(Worker):
    def completion(self, job_id: str, output: object) -> Message:
        return super().completion(job_id, output) | {"log": "." * 1_100_000}


@defect("camel-case-types", "W-FRM-4", "writes message types in camel case", *UNREAD)
class CamelCaseTypes(Worker):
    def completion(self, job_id: str, output: object) -> Message:
        return super().completion(job_id, output) | {"type": "jobComplete"}


@defect("own-message-types", "W-FRM-4", "announces itself with a message type of its own")
class OwnMessageTypes(Worker):
    async def introduce(self) -> None:
        await super().introduce()
        await self.send({"type": "status", "status": "ready"})
