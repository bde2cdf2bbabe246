"""Under which keys a wrong signature is tried: the registered one, and those that are mistaken for it."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import shown
from dispatch_protocol.signatures import KEY_BYTES
from nacl.signing import SigningKey

from dispatch_conformance.diagnose.spelling import readings

REGISTERED: Final = "the registered key"
_SIGN_WITH_IT: Final = "sign with the secret key whose public half you register"
_MOST_OTHERS: Final = 16


class Key(NamedTuple):
    """A public key to try: its 32 bytes, whose it is in words, and what to do if it fits."""

    data: bytes
    what: str
    mend: str = ""


def keys_to_try(pubkey: str, receipt: Json, other_keys: Iterable[str]) -> list[Key]:
    """The keys, the registered one first, each once. Texts that are no keys are left out."""
    by_data: dict[bytes, Key] = {}
    for key in _keys(pubkey, receipt, other_keys):
        if len(key.data) == KEY_BYTES:
            by_data.setdefault(key.data, key)
    return [*by_data.values()]


def _keys(pubkey: str, receipt: Json, other_keys: Iterable[str]) -> Iterator[Key]:
    registered = [reading.data for reading in readings(pubkey) if len(reading.data) == KEY_BYTES]
    for data in registered:
        yield Key(data, REGISTERED)
    for data in registered:
        mend = "register the public half, make a new key, and never send a secret one again"
        yield Key(
            bytes(SigningKey(data).verify_key), "the key whose SECRET SEED you registered as public", mend
        )
        yield Key(data[::-1], "the registered key with its bytes reversed", "do not reverse the key's bytes")
    named = receipt.value.get("provider_pubkey") if isinstance(receipt.value, dict) else None
    if isinstance(named, str):
        for reading in readings(named):
            what = f"the key that the receipt names, {shown(named, 64)}, which is not the registered one"
            yield Key(reading.data, what, "register and name the same key")
    for _, text in zip(range(_MOST_OTHERS), other_keys, strict=False):
        for reading in readings(text):
            yield Key(reading.data, f"another worker's key, {shown(text, 64)}", _SIGN_WITH_IT)
