"""Defects against what a coordinator sends: W-ROB. Most die, as of an exception that nobody catches."""

from typing import Any, ClassVar

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from tests.mutants import ecmascript
from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

KNOWN = {
    "register_ack": {"status", "worker_id", "error"},
    "heartbeat_ack": {"status"},
    "job_assign": {"job_id", "job_type", "payload", "policy", "privacy_class", "user_id"},
    "error": {"code", "message"},
    "payment_posted": {"job_ids", "tx_hash", "amount", "token", "network", "explorer_url"},
    "payment_failed": {"job_ids", "error", "token"},
    "feedback_posted": {"job_id", "tx_hash", "network", "explorer_url"},
    "feedback_failed": {"job_id", "error"},
}


class Fragile(Worker):
    """Dies of the messages and values that `breaks` picks."""

    def breaks(self, value: Any) -> bool:
        """Whether such a value ends the worker."""
        raise NotImplementedError

    def decoded(self, frame: str | bytes) -> Any:
        value = super().decoded(frame)
        if self.breaks(value):
            raise SystemExit(1)
        return value


@defect("dies-of-unknown-types", "W-ROB-1", "dies of a message type that it does not know")
class DiesOfUnknownTypes(Fragile):
    def breaks(self, value: Any) -> bool:
        kind = value.get("type") if isinstance(value, dict) else None
        return isinstance(kind, str) and kind not in KNOWN


@defect("dies-of-unknown-members", "W-ROB-2", "dies of a member that it does not know")
class DiesOfUnknownMembers(Fragile):
    def breaks(self, value: Any) -> bool:
        kind = value.get("type") if isinstance(value, dict) else None
        return isinstance(kind, str) and kind in KNOWN and bool(set(value) - KNOWN[kind] - {"type"})


@defect("dies-of-null", "W-ROB-3", "dies of null")
class DiesOfNull(Worker):
    def decoded(self, frame: str | bytes) -> Any:
        if isinstance(frame, str) and frame.strip() == "null":
            raise SystemExit(1)
        return super().decoded(frame)


@defect("dies-of-lists", "W-ROB-4", "dies of JSON that is no object")
class DiesOfLists(Fragile):
    def breaks(self, value: Any) -> bool:
        return value is not None and not isinstance(value, dict)


@defect("dies-of-no-json", "W-ROB-5", "dies of text that is not JSON")
class DiesOfNoJson(Worker):
    def decoded(self, frame: str | bytes) -> Any:
        try:
            return ecmascript.read(frame) if isinstance(frame, str) else None
        except ValueError:
            raise SystemExit(1) from None


@defect("dies-of-no-type", "W-ROB-6", "dies of an object without a type")
class DiesOfNoType(Fragile):
    def breaks(self, value: Any) -> bool:
        return isinstance(value, dict) and not isinstance(value.get("type"), str)


class DiesOf(Fragile):
    """Dies of one type of message."""

    kind = ""

    def breaks(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("type") == self.kind


@defect("dies-of-errors", "W-ROB-7", "dies of an error message")
class DiesOfErrors(DiesOf):
    kind = "error"


@defect("dies-of-a-second-ack", "W-ROB-8", "dies of a second register_ack")
class DiesOfASecondAck(Worker):
    async def on_register_ack(self, message: Message) -> None:
        if self.registered:
            raise SystemExit(1)
        await super().on_register_ack(message)


@defect("dies-without-token", "W-ROB-9", "dies of a payment without a token")
class DiesWithoutToken(Fragile):
    def breaks(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("type") == "payment_posted" and "token" not in value


@defect("dies-of-payment-failures", "W-ROB-10", "dies of payment_failed")
class DiesOfPaymentFailures(DiesOf):
    kind = "payment_failed"


@defect("dies-of-feedback", "W-ROB-11", "dies of feedback_posted")
class DiesOfFeedback(DiesOf):
    kind = "feedback_posted"


@defect("dies-of-unasked-acks", "W-ROB-12", "dies of a heartbeat_ack that it did not ask for")
class DiesOfUnaskedAcks(Fragile):
    beats = 0

    def heartbeat(self) -> Message:
        self.beats += 1
        return super().heartbeat()

    def breaks(self, value: Any) -> bool:
        if not isinstance(value, dict) or value.get("type") != "heartbeat_ack":
            return False
        self.beats -= 1
        return self.beats < 0


@defect("deaf-to-fragments", "W-ROB-13", "takes every fragment for a message", "W-JOB-1")
class DeafToFragments(Worker):
    async def receive(self, socket: ClientConnection) -> str | bytes:
        parts = [part async for part in socket.recv_streaming()]
        return parts[0] if isinstance(parts[0], bytes) else str(parts[0])


@defect("no-pongs", "W-ROB-14", "does not answer pings")
class NoPongs(Worker):
    async def open_socket(self) -> ClientConnection:
        socket = await super().open_socket()
        send = socket.protocol.send_frame

        def send_but_pongs(frame: Frame) -> None:
            if frame.opcode is not Opcode.PONG:
                send(frame)

        socket.protocol.send_frame = send_but_pongs  # type: ignore[method-assign]
        return socket


@defect("answers-everything", "W-ROB-15", "answers every notice with a heartbeat", "W-HBT-7")
class AnswersEverything(Worker):
    async def on_other(self, message: Message) -> None:
        await self.send(self.heartbeat())


@defect("dies-of-bytes", "W-ROB-16", "dies of a binary message")
class DiesOfBytes(Worker):
    def decoded(self, frame: str | bytes) -> Any:
        if isinstance(frame, bytes):
            raise SystemExit(1)
        return super().decoded(frame)


@defect("dies-of-missing-members", "W-ROB-17", "dies of a known message without its members")
class DiesOfMissingMembers(Fragile):
    needs: ClassVar = {
        "job_assign": "job_id",
        "error": "message",
        "feedback_posted": "job_id",
        "payment_failed": "error",
    }

    def breaks(self, value: Any) -> bool:
        kind = value.get("type") if isinstance(value, dict) else None
        return isinstance(kind, str) and self.needs.get(kind, "type") not in value


@defect("dies-of-long-messages", "W-ROB-18", "dies of a message of more than 64 KiB")
class DiesOfLongMessages(Worker):
    async def on_frame(self, frame: str | bytes) -> None:
        if len(frame) > 65_536:
            raise SystemExit(1)
        await super().on_frame(frame)
