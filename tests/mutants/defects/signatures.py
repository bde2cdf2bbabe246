"""Defects of signatures: W-SIG."""

import json
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256, sha512
from typing import Any

from nacl import bindings
from nacl.signing import SigningKey

from tests.mutants import ecmascript
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes([1, *bytes(31)])
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@defect("signature-missing", "W-SIG-1", "leaves the signature out")
class SignatureMissing(Worker):
    def signature(self, text: str) -> Any:
        return None


@defect("signature-in-hex", "W-SIG-1", "writes the signature in hex")
class SignatureInHex(Worker):
    def spelled(self, signature: bytes) -> str:
        return signature.hex()


@defect("signature-for-urls", "W-SIG-1", "writes the signature in the alphabet for URLs")
class SignatureForUrls(Worker):
    def spelled(self, signature: bytes) -> str:
        return urlsafe_b64encode(signature).decode()


@defect("signature-unpadded", "W-SIG-1", "leaves the padding out")
class SignatureUnpadded(Worker):
    def spelled(self, signature: bytes) -> str:
        return b64encode(signature).decode().rstrip("=")


@defect("signature-attached", "W-SIG-1", "sends signature and message in one, as crypto_sign gives them")
class SignatureAttached(Worker):
    def signed(self, data: bytes) -> bytes:
        return bytes(SigningKey(self.seed).sign(data))


@defect("signature-over-sorted", "W-SIG-2", "signs the receipt with sorted members")
class SignatureOverSorted(Worker):
    def signed_text(self, receipt: Any) -> str:
        return json.dumps(receipt, sort_keys=True, separators=(",", ":"))


@defect("signature-over-spaced", "W-SIG-2", "signs the receipt with Python's separators")
class SignatureOverSpaced(Worker):
    def signed_text(self, receipt: Any) -> str:
        return json.dumps(receipt)


@defect("signature-over-the-hash", "W-SIG-2", "signs the output hash alone")
class SignatureOverTheHash(Worker):
    def signed_text(self, receipt: Any) -> str:
        return str(receipt["output_hash"])


@defect("signature-over-a-digest", "W-SIG-2", "signs the digest of the receipt")
class SignatureOverADigest(Worker):
    def signed(self, data: bytes) -> bytes:
        return super().signed(sha256(data).digest())


@defect("signature-by-another", "W-SIG-2", "signs with a key that it did not register")
class SignatureByAnother(Worker):
    def signed(self, data: bytes) -> bytes:
        return SigningKey(sha256(self.seed).digest()).sign(data).signature


@defect("signature-without-payment", "W-SIG-2", "signs the four members without payment_ref")
class SignatureWithoutPayment(Worker):
    def signed_text(self, receipt: Any) -> str:
        return ecmascript.write({name: value for name, value in receipt.items() if name != "payment_ref"})


@defect("signature-with-stray-bits", "W-SIG-3", "sets unused bits in the last digit")
class SignatureWithStrayBits(Worker):
    def spelled(self, signature: bytes) -> str:
        text = b64encode(signature).decode()
        return text[:-3] + DIGITS[DIGITS.index(text[-3]) + 1] + "=="


@defect("signature-above-the-order", "W-SIG-4", "adds the group's order to S")
class SignatureAboveTheOrder(Worker):
    def signed(self, data: bytes) -> bytes:
        honest = super().signed(data)
        return honest[:32] + (int.from_bytes(honest[32:], "little") + GROUP_ORDER).to_bytes(32, "little")


@defect("signature-with-identity", "W-SIG-5", "has the identity point for its R")
class SignatureWithIdentity(Worker):
    def signed(self, data: bytes) -> bytes:
        stretched = bytearray(sha512(self.seed).digest()[:32])
        stretched[0] &= 248
        stretched[31] = stretched[31] & 127 | 64
        secret = bindings.crypto_core_ed25519_scalar_reduce(bytes(stretched) + bytes(32))
        challenge = bindings.crypto_core_ed25519_scalar_reduce(
            sha512(IDENTITY + bytes(SigningKey(self.seed).verify_key) + data).digest()
        )
        return IDENTITY + bindings.crypto_core_ed25519_scalar_mul(challenge, secret)
