"""The diagnosis of a wrong receipt signature: which text, by which key, in which form and spelling.

Every way of reading the signature's text is tried under every key over every candidate text; what verifies is
explained by all that had to be undone to make it verify.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import shown
from dispatch_protocol.signatures import SIGNATURE_BYTES, SignatureFault, read_signature, signature_fault
from nacl import bindings
from nacl.exceptions import CryptoError

from dispatch_conformance.diagnose.forms import SPELL, Form, forms
from dispatch_conformance.diagnose.guesses import Certainty, Guess, excerpt, ranked
from dispatch_conformance.diagnose.hashes import NO_TEXTS
from dispatch_conformance.diagnose.keyrings import REGISTERED, Key, keys_to_try
from dispatch_conformance.diagnose.renderings import Rendering
from dispatch_conformance.diagnose.signed import CANONICAL, SIGN_RECEIPT, canonical, likely_texts, rare_texts
from dispatch_conformance.diagnose.spelling import readings

_MOST_BYTES: Final = 16_777_216
_MOST_WORK: Final = 16_384
_BYTES_PER_WORK: Final = 8_192
_FRESH: Final = "make keys and signatures with an ed25519 library, not by hand"
_OTHER_SCHEMES: Final = {
    32: " 32 bytes are a digest or half a signature.",
    65: " 65 bytes look like a secp256k1 signature, as Ethereum's wallets make them: use ed25519.",
    70: " 70 bytes look like an ECDSA signature in DER: use ed25519.",
    71: " 71 bytes look like an ECDSA signature in DER: use ed25519.",
    72: " 72 bytes look like an ECDSA signature in DER: use ed25519.",
    256: " 256 bytes look like an RSA signature: use ed25519.",
}


def diagnose_signature(
    receipt: Json,
    signature: str,
    pubkey: str,
    *,
    output: Json | None = None,
    other_keys: Iterable[str] = (),
    texts: Mapping[str, str] = NO_TEXTS,
) -> tuple[Guess, ...]:
    """Why a signature is not this receipt's by the registered key: all that fits, the likeliest first.

    `pubkey` is the key as registered; `other_keys` are keys of other workers at hand, `texts` other texts
    that may have been signed, by what they are. Empty where the signature is strictly good. Covers any
    receipt and any text; bounded in time; never raises.
    """
    keys = keys_to_try(pubkey, receipt, other_keys)
    if _is_good(receipt, signature, keys):
        return ()
    tries = [*forms(signature)]
    found = [*_fitting(tries, keys, likely_texts(receipt, output, texts))]
    found = found or [*_prehashed(tries, keys, receipt)]
    found = found or [*_fitting(tries, keys, rare_texts(receipt))]
    return ranked(found) or (_nothing_fits(receipt, signature, tries, keys),)


def _is_good(receipt: Json, signature: str, keys: list[Key]) -> bool:
    raw = read_signature(signature)
    if raw is None or not keys or keys[0].what != REGISTERED:
        return False
    return signature_fault(keys[0].data, receipt.canonical.encode("utf-8"), raw) is None


def _grouped(texts: Iterable[Rendering]) -> dict[bytes, list[Rendering]]:
    """The candidates by their bytes, until they fill the memory that is allowed."""
    by_data: dict[bytes, list[Rendering]] = {}
    size = 0
    for rendering in texts:
        by_data.setdefault(rendering.data, []).append(rendering)
        size += len(rendering.data)
        if size > _MOST_BYTES:
            break
    return by_data


def _fitting(tries: list[Form], keys: list[Key], texts: Iterable[Rendering]) -> Iterator[Guess]:
    """A guess for every text that verifies under the first form and key that fit, within a bound of work."""
    by_data = _grouped(texts)
    work, found = 0, False
    for form, key in product(tries, keys):
        if found:  # what fits under a plainer form or key explains the rest
            return
        for message in [form.attached] if form.attached is not None else by_data:
            work += 1 + len(message) // _BYTES_PER_WORK
            if work > _MOST_WORK:
                return
            if signature_fault(key.data, message, form.data) is None:
                found = True
                for rendering in by_data.get(message) or [_unknown_message(message)]:
                    yield _explained(form, key, rendering)


def _unknown_message(message: bytes) -> Rendering:
    said = excerpt(message.decode("utf-8", "replace"), 0)
    what = f"the message {said}, which is no text of your receipt"
    return Rendering("attached-message", what, SIGN_RECEIPT, message)


def _explained(form: Form, key: Key, rendering: Rendering) -> Guess:
    """The guess that this text was signed by this key, and sent in this form."""
    faults, mends = [*form.faults], [*form.mends]
    if rendering.name != CANONICAL:
        faults.insert(0, f"it is one over {rendering.what}")
        mends.insert(0, rendering.mend or SIGN_RECEIPT)
    if key.what != REGISTERED:
        faults.append(f"it is one by {key.what}")
        mends.append(key.mend)
    certainty = Certainty.POSSIBLE if rendering.weak else Certainty.LIKELY
    said = f"Your signature verifies, but {'; '.join(faults)}."
    return Guess(said, certainty, "; ".join(dict.fromkeys(mends)), rendering.name)


def _prehashed(tries: list[Form], keys: list[Key], receipt: Json) -> Iterator[Guess]:
    """Ed25519ph (RFC 8032 §5.1), the variant that hashes the text first: another signature scheme."""
    for form, key in product(tries, keys):
        state = bindings.crypto_sign_ed25519ph_state()
        bindings.crypto_sign_ed25519ph_update(state, receipt.canonical.encode("utf-8"))
        try:
            bindings.crypto_sign_ed25519ph_final_verify(state, form.data, key.data)
        except (CryptoError, ValueError):
            continue
        mend = "use plain Ed25519, over the text itself"
        plain = form.bent(form.data, "it is one of Ed25519ph, which hashes the text first", mend)
        yield _explained(plain, key, canonical(receipt))


def _nothing_fits(receipt: Json, signature: str, tries: list[Form], keys: list[Key]) -> Guess:
    """What can be said of a signature that verifies nowhere."""
    lengths = {len(reading.data): reading.spelling for reading in readings(signature)}
    if not tries or (SIGNATURE_BYTES not in lengths and {*lengths} & {*_OTHER_SCHEMES}):
        return _not_64_bytes(signature, lengths)
    if not keys:
        return Guess(
            "The registered key is not 32 bytes: nothing verifies under it.", Certainty.UNKNOWN, _FRESH
        )
    fault = signature_fault(keys[0].data, receipt.canonical.encode("utf-8"), tries[0].data)
    if fault in (SignatureFault.KEY_SMALL_ORDER, SignatureFault.R_SMALL_ORDER):
        return Guess(
            f"Your signature cannot be good: {fault.value}.", Certainty.PROVED, _FRESH, fault.name.lower()
        )
    text = (
        f"Nothing that was tried verifies: {len(tries)} readings of the signature, {len(keys)} keys, the "
        "receipt as all modelled serializers write it, its parts, its digests, the messages around it. The "
        f"text to sign has {len(receipt.canonical)} characters and begins {excerpt(receipt.canonical, 0)}."
    )
    return Guess(
        text, Certainty.UNKNOWN, f"{SIGN_RECEIPT}, with the secret half of the key that you register"
    )


def _not_64_bytes(signature: str, lengths: dict[int, str]) -> Guess:
    """What a text is that reads as a signature in no spelling."""
    read = (
        ", ".join(f"{length} bytes in {spelling}" for length, spelling in lengths.items())
        or "no bytes at all"
    )
    scheme = next((_OTHER_SCHEMES[length] for length in lengths if length in _OTHER_SCHEMES), "")
    text = f"Your signature {shown(signature, 100)} is in no spelling 64 bytes: it reads as {read}.{scheme}"
    return Guess(text, Certainty.UNKNOWN, SPELL)
