"""The frames with which a worker answers an assignment.

Source: SPEC.md, "Assignments and answers", "Canonical text and output hash", "Receipts", "Signatures". Pure:
the time of completion comes in, and signing draws no randomness.
"""

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.codec import encode
from dispatch_protocol.errors import UsageError
from dispatch_protocol.messages import JobComplete, JobReject
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.signatures import Signer
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES


def completion(job_id: str, output: JsonValue, signer: Signer, wall_ms: int) -> str:
    """The job_complete of an output, with its receipt bundled and signed (W-RCP-1, W-CAN-2, W-SIG-2).

    `wall_ms` is the time of completion in milliseconds since 1970. Raises UsageError where the output cannot
    be sent: nested too deeply, or longer than a frame may be (W-FRM-3).
    """
    exact = Json.of(output)
    receipt = receipt_text(job_id, signer.pubkey_hex, exact.hash, iso_time(wall_ms))
    frame = encode(
        JobComplete(
            job_id=job_id,
            output=exact,
            output_hash=exact.hash,
            receipt=Json(receipt, None),
            receipt_signature=sign_receipt(receipt, signer),
        )
    )
    if _is_too_long(frame):
        raise UsageError(f"the output does not fit a frame of {MAX_FRAME_BYTES} bytes")
    return frame


def rejection(job_id: str, reason: str) -> str:
    """The job_reject of a job; the reason is one bounded sentence (W-JOB-9).

    Raises UsageError where even this is longer than a frame may be, as an id of escapes can make it.
    """
    frame = encode(JobReject(job_id=job_id, reason=reason))
    if _is_too_long(frame):
        raise UsageError(f"the job's id does not fit a frame of {MAX_FRAME_BYTES} bytes")
    return frame


def _is_too_long(frame: str) -> bool:
    return len(frame) * 4 > MAX_FRAME_BYTES and len(frame.encode("utf-8")) > MAX_FRAME_BYTES
