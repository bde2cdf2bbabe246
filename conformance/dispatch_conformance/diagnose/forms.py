"""The bytes that a signature's text may stand for, and what had to be undone to get them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from dispatch_protocol.signatures import GROUP_ORDER, SIGNATURE_BYTES, has_stray_bits

from dispatch_conformance.diagnose.spelling import Reading, readings

SPELL: Final = "send the 64 bytes in standard base64 with padding: 88 characters, nothing else"
_DETACH: Final = "send the detached signature alone: the first 64 bytes of what crypto_sign gives"
_REDUCE: Final = "take S modulo the group's order, as RFC 8032 §5.1.6 says, and do not touch it afterwards"
_TURN: Final = "send R, then S, each as RFC 8032 encodes it"


class Form(NamedTuple):
    """64 bytes that may be the signature: the faults of the text they were got from, and what to do instead.

    `attached` is the message that came with them, None where none did.
    """

    data: bytes
    faults: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
    attached: bytes | None = None

    def bent(self, data: bytes, fault: str, mend: str) -> "Form":
        """The same with other bytes, got by undoing one more fault."""
        return self._replace(data=data, faults=(*self.faults, fault), mends=(*self.mends, mend))


def forms(signature: str) -> Iterator[Form]:
    """Every 64 bytes that a signature's text may stand for, the plainest first."""
    for reading in readings(signature):
        fault = _spelling_fault(reading, signature)
        form = Form(reading.data, (fault,), (SPELL,)) if fault else Form(reading.data)
        if len(reading.data) == SIGNATURE_BYTES:
            yield form
            yield from _turned(form)
        elif len(reading.data) > SIGNATURE_BYTES:
            for data, message, place in (
                (reading.data[:SIGNATURE_BYTES], reading.data[SIGNATURE_BYTES:], "behind"),
                (reading.data[-SIGNATURE_BYTES:], reading.data[:-SIGNATURE_BYTES], "before"),
            ):
                attached = form._replace(attached=message)
                yield attached.bent(data, f"it is in the attached form, with the message {place} it", _DETACH)


def _spelling_fault(reading: Reading, signature: str) -> str:
    if has_stray_bits(signature):
        return "the unused bits of its last base64 digit are not zero"
    return "" if reading.spelling == "base64" else f"it is written as {reading.spelling}"


def _turned(form: Form) -> Iterator[Form]:
    """S at or above the group's order brought below it; halves exchanged; bytes reversed."""
    scalar = int.from_bytes(form.data[32:], "little")
    if scalar >= GROUP_ORDER:
        reduced = form.data[:32] + (scalar % GROUP_ORDER).to_bytes(32, "little")
        yield form.bent(reduced, "its S is not below the group's order", _REDUCE)
    yield form.bent(form.data[32:] + form.data[:32], "S stands before R", _TURN)
    yield form.bent(form.data[::-1], "its bytes are reversed", _TURN)
