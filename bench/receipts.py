"""Receipts beside bare PyNaCl: `python -m bench.receipts`.

The baselines are `VerifyKey.verify` and `SigningKey.sign` over bytes that are ready, which is all the
cryptography there is. What comes on top is this project's: canonical text, base64, and the checks.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from dispatch_protocol.canonical import Json
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt, verify_receipt
from dispatch_protocol.signatures import read_signature, signature_fault
from dispatch_protocol.times import iso_time
from nacl.signing import SigningKey, VerifyKey

from bench.measure import Comparison, compare, cycle, report

_RECEIPTS = 64
_CALLS = 64


class Sample(NamedTuple):
    """One receipt in all the forms that the sides need."""

    job_id: str
    output_hash: str
    completed_at: str
    text: str
    signature: str
    receipt: Json
    message: bytes
    raw: bytes


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    comparisons = [*verifying(), *signing()]
    return 0 if report("Receipts, beside bare PyNaCl", comparisons) else 1


def verifying() -> list[Comparison]:
    """From the least that counts as verifying to the most, each beside VerifyKey.verify."""
    worker, samples = _samples()
    key = VerifyKey(worker.public_key)

    def bare(sample: Sample) -> None:
        key.verify(sample.message, sample.raw)

    def signature(sample: Sample) -> None:
        canonical = Json("", sample.receipt.value).canonical.encode("utf-8")
        raw = read_signature(sample.signature)
        assert raw is not None
        assert signature_fault(worker.public_key, canonical, raw) is None

    def whole(sample: Sample, receipt: Json | None = None) -> None:
        found = verify_receipt(
            receipt or Json(sample.text, sample.receipt.value),
            sample.signature,
            job_id=sample.job_id,
            pubkey=worker.pubkey_hex,
            output_hash=sample.output_hash,
        )
        assert found.verified

    def from_text(sample: Sample) -> None:
        whole(sample, Json.read(sample.text))

    baseline = _each(bare, samples)
    return [
        compare("signature over canonical text", _each(signature, samples), baseline, calls=_CALLS, bar=0.85),
        compare("verify_receipt, every check", _each(whole, samples), baseline, calls=_CALLS, bar=0.85),
        compare("read from text, then verify_receipt", _each(from_text, samples), baseline, calls=_CALLS),
    ]


def signing() -> list[Comparison]:
    """A receipt built, written, signed and spelled in base64, beside SigningKey.sign."""
    worker, samples = _samples()
    key = SigningKey(worker.seed)

    def bare(sample: Sample) -> None:
        key.sign(sample.message)

    def built(sample: Sample) -> None:
        text = receipt_text(sample.job_id, worker.pubkey_hex, sample.output_hash, sample.completed_at)
        sign_receipt(text, worker)

    sides = _each(built, samples), _each(bare, samples)
    return [compare("receipt built and signed", *sides, calls=_CALLS, bar=0.75)]


def _each(act: Callable[[Sample], None], samples: list[Sample]) -> Callable[[], object]:
    return cycle([partial(act, sample) for sample in samples])


def _samples() -> tuple[Identity, list[Sample]]:
    worker = Identity.from_seed(bytes(range(32)))
    return worker, [_sample(worker, number) for number in range(_RECEIPTS)]


def _sample(worker: Identity, number: int) -> Sample:
    job_id = f"5ba23c87-5f8c-46b6-a5e6-{number:012x}"
    output_hash = Json.of({"number": number}).hash
    completed_at = iso_time(1_770_638_466_237 + number)
    text = receipt_text(job_id, worker.pubkey_hex, output_hash, completed_at)
    raw = worker.sign(text.encode())
    signature = sign_receipt(text, worker)
    return Sample(job_id, output_hash, completed_at, text, signature, Json.read(text), text.encode(), raw)


if __name__ == "__main__":
    sys.exit(main())
