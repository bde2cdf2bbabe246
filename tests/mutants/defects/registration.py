"""Defects of registration: W-REG."""

import asyncio
from base64 import b64encode
from pathlib import Path

from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

ANOTHER = ("W-HBT-2", "W-KEY-7")
"""What is registered is not the key of the key file, and no key that a heartbeat could carry."""

SAME = ("W-ID-1", "W-KEY-7")
"""What is registered is the same for every key file."""


@defect("heartbeat-first", "W-REG-1", "sends a heartbeat before it registers")
class HeartbeatFirst(Worker):
    async def introduce(self) -> None:
        await self.send(self.heartbeat())
        await super().introduce()


@defect("register-late", "W-REG-2", "loads its model for 11 seconds between connecting and registering")
class RegisterLate(Worker):
    async def introduce(self) -> None:
        await asyncio.sleep(11)
        await super().introduce()


@defect("key-with-prefix", "W-REG-3", "registers its key with 0x before it", *ANOTHER)
class KeyWithPrefix(Worker):
    def public_text(self, seed: bytes) -> str:
        return "0x" + super().public_text(seed)


@defect("key-in-base64", "W-REG-3", "registers its key in base64", *ANOTHER)
class KeyInBase64(Worker):
    def public_text(self, seed: bytes) -> str:
        return b64encode(bytes.fromhex(super().public_text(seed))).decode()


@defect("key-in-capitals", "W-REG-4", "registers its key in upper-case digits")
class KeyInCapitals(Worker):
    def public_text(self, seed: bytes) -> str:
        return super().public_text(seed).upper()


@defect("type-in-lower-case", "W-REG-5", "registers as desktop in lower case")
class TypeInLowerCase(Worker):
    provider_type = "desktop"


@defect("type-missing", "W-REG-5", "leaves the provider type out")
class TypeMissing(Worker):
    def registration(self) -> Message:
        return {name: value for name, value in super().registration().items() if name != "provider_type"}


@defect("capabilities-as-text", "W-REG-6", "sends its capabilities as text with commas")
class CapabilitiesAsText(Worker):
    capabilities = "LLM_INFER,TASK"


@defect("capabilities-as-tasks", "W-REG-6", "lists task types as capabilities")
class CapabilitiesAsTasks(Worker):
    capabilities = ("LLM_INFER", "summarize", "classify", "extract_json")


@defect("capabilities-empty", "W-REG-6", "declares no capability")
class CapabilitiesEmpty(Worker):
    capabilities = ()


@defect("price-as-number", "W-REG-7", "gives its pricing hint as a number")
class PriceAsNumber(Worker):
    def registration(self) -> Message:
        return super().registration() | {"pricing_hint": 0.01}


@defect("key-of-small-order", "W-REG-8", "registers the identity point as its key", *SAME)
class KeyOfSmallOrder(Worker):
    def public_text(self, seed: bytes) -> str:
        return "01" + "00" * 31


@defect("key-off-the-curve", "W-REG-8", "registers 32 bytes that are no point of the curve", "W-SIG-2", *SAME)
class KeyOffTheCurve(Worker):
    def public_text(self, seed: bytes) -> str:
        return "02" + "00" * 31


@defect("register-twice", "W-REG-9", "registers again as soon as it is registered")
class RegisterTwice(Worker):
    def on_registered(self) -> None:
        super().on_registered()
        self.start(self.introduce())


@defect("impatient-for-the-ack", "W-REG-10", "waits one second for its register_ack")
class ImpatientForTheAck(Worker):
    ack_seconds = 1.0


@defect("deaf-to-refusal", "W-REG-11", "goes on as if a refused registration had been accepted")
class DeafToRefusal(Worker):
    def on_refused(self, why: str) -> None:
        self.registered = True


@defect("key-per-connection", "W-ID-2", "makes a new key for every connection")
class KeyPerConnection(Worker):
    async def introduce(self) -> None:
        self.connections = getattr(self, "connections", 0) + 1
        if self.connections > 1:
            self.seed = bytes([self.connections]) * 32
            self.pubkey = self.public_text(self.seed)
        await super().introduce()


@defect("one-key-for-all", "W-ID-1", "ships with the key of its author's machine")
class OneKeyForAll(Worker):
    def seed_at(self, path: Path) -> bytes:
        if not path.exists():
            self.make_folder(path)
            self.write_key(path, b"the author's own private seed..."[:32])
        return super().seed_at(path)
