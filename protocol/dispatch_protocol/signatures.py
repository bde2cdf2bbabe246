"""Strict ed25519 signatures (RFC 8032 §5.1.7) and their text on the wire (RFC 4648 §4).

Strict means: exactly 64 bytes, S below the group order, neither the key nor R of small order, no cofactor in
the equation. libsodium (through PyNaCl) holds all of these; what is decided here is the text, and the name of
the fault. The text is standard base64 with padding, 88 characters, and only the one text that encodes the 64
bytes: no white space, no URL-safe letters, no stray bits.
"""

from binascii import a2b_base64, b2a_base64
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from dispatch_protocol.errors import UsageError

SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32
GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""L, the order of the base point's group (RFC 8032 §5.1)."""

_TEXT_LENGTH: Final = 88
_PRIME: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _PRIME) % _PRIME
_SMALL_ORDER_Y: Final = frozenset(
    (
        0,
        1,
        2**255 - 20,  # p - 1
        2**255 - 19,  # p, a second spelling of 0
        2**255 - 18,  # p + 1, a second spelling of 1
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    )
)
"""The y coordinates of the eight points of small order, in every spelling that 255 bits allow."""


class SignatureFault(StrEnum):
    """Why a signature is not good, the most telling reason first."""

    KEY_LENGTH = "the public key has not 32 bytes"
    LENGTH = "the signature has not 64 bytes"
    KEY_SMALL_ORDER = "the public key has small order"
    S_TOO_LARGE = "S is not below the group order"
    R_SMALL_ORDER = "R has small order"
    NO_FIT = "the signature does not fit this text and key"


class Signer(Protocol):
    """Who can sign: holds a public key (64 lowercase hex) and signs bytes, giving 64 bytes."""

    @property
    def pubkey_hex(self) -> str:
        """The public key, 64 lowercase hexadecimal digits."""

    def sign(self, message: bytes) -> bytes:
        """The detached signature of the message, 64 bytes."""


def signature_text(signature: bytes) -> str:
    """The wire text of a signature: standard base64 with padding. Raises UsageError unless of 64 bytes."""
    if len(signature) != SIGNATURE_BYTES:
        raise UsageError(f"a signature has {SIGNATURE_BYTES} bytes, not {len(signature)}")
    return b2a_base64(signature, newline=False).decode("ascii")


def read_signature(text: str) -> bytes | None:
    """The 64 bytes of a signature's wire text; None for every other text, however close."""
    signature = _decoded(text)
    if signature is None or b2a_base64(signature, newline=False).decode("ascii") != text:
        return None
    return signature


def has_stray_bits(text: str) -> bool:
    """Whether a text is that of 64 bytes but for the unused bits of its last digit, which are not zero."""
    signature = _decoded(text)
    return signature is not None and signature_text(signature) != text


def _decoded(text: str) -> bytes | None:
    """The 64 bytes that a text of the right length and alphabet decodes to, whatever its unused bits."""
    if len(text) != _TEXT_LENGTH:
        return None
    try:
        signature = a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    return signature if len(signature) == SIGNATURE_BYTES else None


@lru_cache(maxsize=8)  # who judges a session live asks a moment before the coordinator does
def signature_fault(public_key: bytes, message: bytes, signature: bytes) -> SignatureFault | None:
    """Why the signature is not one of this message by this key; None where it is good.

    Covers keys and signatures of any length. Never raises.
    """
    if len(public_key) != KEY_BYTES:
        return SignatureFault.KEY_LENGTH
    if len(signature) != SIGNATURE_BYTES:
        return SignatureFault.LENGTH
    try:
        crypto_sign_open(signature + message, public_key)
    except (CryptoError, ValueError):
        return _named_fault(public_key, signature)
    return None


def key_fault(public_key: bytes) -> str | None:
    """Why 32 bytes are no usable public key; None where they encode a point that is not of small order."""
    if len(public_key) != KEY_BYTES:
        return "has not 32 bytes"
    if has_small_order(public_key):
        return "is a point of small order"
    return None if _is_on_curve(public_key) else "is no point of the curve"


def has_small_order(point: bytes) -> bool:
    """Whether 32 bytes encode a point of small order, under which one signature can fit every message."""
    return int.from_bytes(point, "little") & (2**255 - 1) in _SMALL_ORDER_Y


def _is_on_curve(point: bytes) -> bool:
    """Whether the y coordinate is reduced and has an x: x² = (y² - 1) / (d y² + 1) (RFC 8032 §5.1.3)."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    if y >= _PRIME:
        return False
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    return pow(square, (_PRIME - 1) // 2, _PRIME) in (0, 1)


def _named_fault(public_key: bytes, signature: bytes) -> SignatureFault:
    if has_small_order(public_key):
        return SignatureFault.KEY_SMALL_ORDER
    if int.from_bytes(signature[KEY_BYTES:], "little") >= GROUP_ORDER:
        return SignatureFault.S_TOO_LARGE
    if has_small_order(signature[:KEY_BYTES]):
        return SignatureFault.R_SMALL_ORDER
    return SignatureFault.NO_FIT
