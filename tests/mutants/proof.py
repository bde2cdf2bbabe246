"""What proves an output: canonical text, hash, receipt, signature. Each step may be overridden."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from nacl.signing import SigningKey

from tests.mutants import ecmascript


class Proof:
    """How a worker completes a job."""

    seed: bytes
    pubkey: str

    def completion(self, job_id: str, output: Any) -> dict[str, Any]:
        """The members of a job_complete, receipt bundled."""
        output_hash = self.output_hash(output)
        receipt = self.receipt(job_id, output_hash)
        return {
            "type": "job_complete",
            "job_id": job_id,
            "output": output,
            "output_hash": self.stated_hash(output_hash),
            "receipt": receipt,
            "receipt_signature": self.signature(self.signed_text(receipt)),
        }

    def output_hash(self, output: Any) -> str:
        return sha256(self.hashed_text(output).encode("utf-8", "surrogatepass")).hexdigest()

    def stated_hash(self, output_hash: str) -> str:
        """The hash as job_complete states it."""
        return output_hash

    def hashed_text(self, output: Any) -> str:
        return ecmascript.write(output)

    def receipt(self, job_id: str, output_hash: str) -> Any:
        return {
            "job_id": job_id,
            "provider_pubkey": self.pubkey,
            "output_hash": output_hash,
            "completed_at": self.completed_at(),
            "payment_ref": None,
        }

    def completed_at(self) -> str:
        return self.spelled_time(self.now())

    def now(self) -> datetime:
        return datetime.now(UTC)

    def spelled_time(self, moment: datetime) -> str:
        return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"

    def signed_text(self, receipt: Any) -> str:
        return ecmascript.write(receipt)

    def signature(self, text: str) -> Any:
        return self.spelled(self.signed(text.encode()))

    def signed(self, data: bytes) -> bytes:
        return SigningKey(self.seed).sign(data).signature

    def spelled(self, signature: bytes) -> str:
        return b64encode(signature).decode()
