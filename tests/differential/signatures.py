"""Strict ed25519 against OpenSSL: signing, verifying, and what only the strict one refuses.

OpenSSL takes keys and R of small order; there the strict verdict is "no" whatever it says. Everywhere else
the two must agree. The edge vectors are held to both: the strict verdict, and what they record of OpenSSL.
"""

import json
import random
from hashlib import sha512
from importlib.resources import files
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from dispatch_protocol.keys import Identity
from dispatch_protocol.signatures import GROUP_ORDER, has_small_order, signature_fault

from tests.differential.tally import Tally

_PRIME: Final = 2**255 - 19
_SMALL: Final = [0, 1, _PRIME - 1, _PRIME, _PRIME + 1]


class Signed(NamedTuple):
    """What a verifier is given."""

    key: bytes
    message: bytes
    signature: bytes


def compare_signatures(count: int, seed: int, tally: Tally) -> None:
    """Random keys and messages: the same keys and signatures; a good and an altered one verified by both."""
    chance = random.Random(f"signatures {seed}")
    for _ in range(count):
        identity = Identity.from_seed(chance.randbytes(32))
        message = chance.randbytes(chance.choice([0, 1, 31, 64, 320, 1_000]))
        other = Ed25519PrivateKey.from_private_bytes(identity.seed)
        signed = Signed(identity.public_key, message, identity.sign(message))
        tally.add("signatures made by both")
        if (other.public_key().public_bytes_raw(), other.sign(message)) != (signed.key, signed.signature):
            tally.differ(f"signature with seed {identity.seed.hex()} of {message.hex()}")
        if not _strict(signed):
            tally.differ(f"a good signature is refused: {signed}")
        _compare("good signatures verified by both", signed, tally)
        _compare("altered signatures verified by both", _altered(signed, identity, chance), tally)


def check_vectors(tally: Tally) -> None:
    """The edge vectors: valid where, and only where, they say so; OpenSSL as they recorded it."""
    text = (files("dispatch_protocol") / "vectors" / "ed25519-edge.json").read_text("utf-8")
    for case in json.loads(text)["cases"]:
        signed = Signed(
            *(bytes.fromhex(case[f"{part}_hex"]) for part in ("public_key", "message", "signature"))
        )
        tally.add("edge vectors")
        if _strict(signed) is not (case["expected"] == "valid"):
            tally.differ(f"edge vector {case['id']}: expected {case['expected']}")
        if _openssl(signed) is not case["verdicts"]["openssl"]:
            tally.differ(f"edge vector {case['id']}: OpenSSL disagrees with what is recorded of it")


def _compare(name: str, signed: Signed, tally: Tally) -> None:
    ours, theirs = _strict(signed), _openssl(signed)
    if has_small_order(signed.key) or has_small_order(signed.signature[:32]):
        tally.add(f"small order, refused by design where OpenSSL says {'yes' if theirs else 'no'}")
        if ours:
            tally.differ(f"small order is accepted: {signed}")
        return
    tally.add(name)
    if ours is not theirs:
        tally.differ(f"{signed}: {ours}, OpenSSL {theirs}")


def _altered(signed: Signed, identity: Identity, chance: random.Random) -> Signed:
    """One property changed: a bit, the range of S, the length, the key, R or key of small order."""
    key, message, signature = signed
    kind = chance.randrange(10)
    if kind == 0:
        return signed._replace(signature=_flipped(signature, chance))
    if kind == 1:
        return signed._replace(key=_flipped(key, chance))
    if kind == 2:
        return signed._replace(message=_flipped(message, chance) if message else b"\0")
    if kind == 3:
        multiple = chance.randint(1, 15) * GROUP_ORDER + int.from_bytes(signature[32:], "little")
        return signed._replace(signature=signature[:32] + (multiple % 2**256).to_bytes(32, "little"))
    if kind == 4:
        return signed._replace(
            signature=chance.choice([signature[:-1], signature + b"\0", b"", signature[:32]])
        )
    if kind == 5:
        return signed._replace(signature=chance.randbytes(64))
    if kind == 6:
        return signed._replace(key=Identity.from_seed(chance.randbytes(32)).public_key)
    if kind == 7:
        return signed._replace(key=chance.choice([key[:-1], key + b"\0", b"", chance.randbytes(32)]))
    if kind == 8:
        return signed._replace(signature=_with_small_r(identity, message))
    return Signed(_small_point(chance), message, _small_point(chance) + bytes(32))


def _flipped(octets: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(len(octets) * 8)
    return bytes(octet ^ (1 << bit % 8 if index == bit // 8 else 0) for index, octet in enumerate(octets))


def _with_small_r(identity: Identity, message: bytes) -> bytes:
    """A signature whose R is the identity: S = k·a fits the equation (RFC 8032 §5.1.7), and hides nothing."""
    clamped = bytearray(sha512(identity.seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    r = (1).to_bytes(32, "little")
    k = int.from_bytes(sha512(r + identity.public_key + message).digest(), "little")
    s = k * int.from_bytes(clamped, "little") % GROUP_ORDER
    return r + s.to_bytes(32, "little")


def _small_point(chance: random.Random) -> bytes:
    return (chance.choice(_SMALL) | chance.getrandbits(1) << 255).to_bytes(32, "little")


def _strict(signed: Signed) -> bool:
    return signature_fault(*signed) is None


def _openssl(signed: Signed) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(signed.key).verify(signed.signature, signed.message)
    except (InvalidSignature, ValueError):
        return False
    return True
