"""Hash functions that may stand where SHA-256 should, and hashes of hashes: one row, one mistake."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from dispatch_conformance.diagnose.keccak import keccak_256

_SLOW_BYTES: Final = 8_192


class Digest(NamedTuple):
    """One way from bytes to a digest: its name, in words what it is, its length in bytes, the function.

    `most` is the longest data, in bytes, for which the function is fast enough; None for any.
    """

    name: str
    what: str
    size: int
    compute: Callable[[bytes], bytes]
    most: int | None = None

    def fits(self, digest: bytes, data: bytes) -> bool:
        """Whether `digest` is that of `data`; never where `data` is longer than this row's function bears."""
        if len(digest) != self.size or (self.most is not None and len(data) > self.most):
            return False
        return self.compute(data) == digest


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256."""
    return hashlib.sha256(data).digest()


def _twice(data: bytes) -> bytes:
    return sha256(sha256(data))


def _of_hex(data: bytes) -> bytes:
    return sha256(hashlib.sha256(data).hexdigest().encode("ascii"))


def _of_json_hex(data: bytes) -> bytes:
    return sha256(f'"{hashlib.sha256(data).hexdigest()}"'.encode("ascii"))


def _reversed(data: bytes) -> bytes:
    return sha256(data)[::-1]


def _blake2b(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


WRONG_DIGESTS: Final = (
    Digest("sha256-twice", "the SHA-256 of the SHA-256", 32, _twice),
    Digest("sha256-of-hex", "the SHA-256 of the SHA-256 in hex", 32, _of_hex),
    Digest("sha256-of-json-hex", "the SHA-256 of the SHA-256 as a JSON string", 32, _of_json_hex),
    Digest("sha256-reversed", "the SHA-256, its bytes reversed,", 32, _reversed),
    Digest("keccak-256", "the Keccak-256 (Ethereum's hash)", 32, keccak_256, _SLOW_BYTES),
    Digest("sha3-256", "the SHA3-256", 32, lambda data: hashlib.sha3_256(data).digest()),
    Digest("blake2b-256", "the BLAKE2b-256", 32, _blake2b),
    Digest("blake2s", "the BLAKE2s", 32, lambda data: hashlib.blake2s(data).digest()),
    Digest("sha512", "the SHA-512", 64, lambda data: hashlib.sha512(data).digest()),
    Digest(
        "sha512-cut", "the first half of the SHA-512", 32, lambda data: hashlib.sha512(data).digest()[:32]
    ),
    Digest("sha384", "the SHA-384", 48, lambda data: hashlib.sha384(data).digest()),
    Digest("sha1", "the SHA-1", 20, lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    Digest("md5", "the MD5", 16, lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
)
"""Every wrong digest, the likeliest first."""


def wrong_digests(digest: bytes, data: bytes) -> Iterator[Digest]:
    """The rows under which `digest` is that of `data`."""
    return (row for row in WRONG_DIGESTS if row.fits(digest, data))
