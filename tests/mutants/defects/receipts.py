"""Defects of receipts: W-RCP."""

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker


@defect("no-receipts", "W-RCP-1", "completes jobs without a receipt", "W-SIG-1")
class NoReceipts(Worker):
    def completion(self, job_id: str, output: Any) -> Message:
        whole = super().completion(job_id, output)
        return {name: value for name, value in whole.items() if not name.startswith("receipt")}


@defect("receipts-run-out", "W-RCP-1", "adds receipts to its first five jobs only", "W-SIG-1")
class ReceiptsRunOut(NoReceipts):
    def completion(self, job_id: str, output: Any) -> Message:
        return (
            super().completion(job_id, output)
            if len(self.seen) > 5
            else Worker.completion(self, job_id, output)
        )


@defect("receipt-as-text", "W-RCP-1", "sends the receipt as JSON text")
class ReceiptAsText(Worker):
    def completion(self, job_id: str, output: Any) -> Message:
        whole = super().completion(job_id, output)
        return whole | {"receipt": self.signed_text(whole["receipt"])}


@defect("receipt-of-first-job", "W-RCP-2", "puts the first job's id into every receipt")
class ReceiptOfFirstJob(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return super().receipt(next(iter(self.seen)), output_hash)


@defect("receipt-of-worker-id", "W-RCP-3", "names itself desktop-1 in receipts")
class ReceiptOfWorkerId(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return super().receipt(job_id, output_hash) | {"provider_pubkey": "desktop-1"}


@defect("receipt-of-the-last-output", "W-RCP-4", "puts the hash of the output before into a receipt")
class ReceiptOfTheLastOutput(Worker):
    last = "0" * 64

    def receipt(self, job_id: str, output_hash: str) -> Any:
        stale, self.last = self.last, output_hash
        return super().receipt(job_id, stale)


@defect("receipt-hash-prefixed", "W-RCP-4", "writes sha256: before the hash in the receipt")
class ReceiptHashPrefixed(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return super().receipt(job_id, f"sha256:{output_hash}")


@defect("time-in-seconds", "W-RCP-5", "gives the time without milliseconds")
class TimeInSeconds(Worker):
    def spelled_time(self, moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@defect("time-in-microseconds", "W-RCP-5", "gives the time with six digits")
class TimeInMicroseconds(Worker):
    def spelled_time(self, moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@defect("no-payment-ref", "W-RCP-6", "leaves payment_ref out")
class NoPaymentRef(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        whole = super().receipt(job_id, output_hash)
        return {name: value for name, value in whole.items() if name != "payment_ref"}


@defect("receipt-sorted", "W-RCP-7", "sorts the receipt's members")
class ReceiptSorted(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return dict(sorted(super().receipt(job_id, output_hash).items()))


@defect("receipt-with-version", "W-RCP-8", "adds its version to the receipt")
class ReceiptWithVersion(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return super().receipt(job_id, output_hash) | {"version": "1.2.0"}


@defect("time-as-number", "W-RCP-9", "gives the time in milliseconds since 1970")
class TimeAsNumber(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        return super().receipt(job_id, output_hash) | {"completed_at": self.now().timestamp() * 1000 // 1}


@defect("time-as-date", "W-RCP-9", "gives the time as text for people")
class TimeAsDate(Worker):
    def spelled_time(self, moment: datetime) -> str:
        return moment.strftime("on %A afternoon")


@defect("time-with-offset", "W-RCP-10", "gives the time with the offset of its zone", "W-RCP-5")
class TimeWithOffset(Worker):
    def spelled_time(self, moment: datetime) -> str:
        return moment.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="milliseconds")


@defect("time-without-zone", "W-RCP-10", "gives the time without a zone", "W-RCP-5")
class TimeWithoutZone(Worker):
    def spelled_time(self, moment: datetime) -> str:
        return moment.isoformat(timespec="milliseconds")[:23]


@defect("time-of-its-zone", "W-RCP-11", "gives the local time of its zone with a Z")
class TimeOfItsZone(Worker):
    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


@defect("time-of-its-start", "W-RCP-11", "gives the time of its last restart, a day ago")
class TimeOfItsStart(Worker):
    def now(self) -> datetime:
        return super().now() - timedelta(days=1)


@defect(
    "signature-in-receipt",
    "W-RCP-12",
    "puts the signature into the receipt as well",
    "W-RCP-1",
    "W-RCP-8",
    "W-SIG-2",
)
class SignatureInReceipt(Worker):
    def receipt(self, job_id: str, output_hash: str) -> Any:
        whole = super().receipt(job_id, output_hash)
        return whole | {"signature": self.signature(self.signed_text(whole))}


TOO_LATE = ("W-RCP-1", "W-ROB-15")
"""A receipt after its time counts as none, and follows messages that ask for nothing."""


@defect("receipt-too-late", "W-RCP-13", "submits the receipt six seconds after the answer", *TOO_LATE)
class ReceiptTooLate(Worker):
    async def complete(self, job_id: str, output: Any) -> None:
        whole = self.completion(job_id, output)
        receipt, signature = whole.pop("receipt"), whole.pop("receipt_signature")
        await self.send(whole)
        await asyncio.sleep(6)
        await self.send({"type": "receipt_submit", "receipt": receipt, "signature": signature})
