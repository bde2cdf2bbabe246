"""What a worker may have signed in place of its receipt's canonical text.

Other texts of the whole receipt come from the serializers; here are the parts of it, digests of it, and the
messages around it. Every candidate is a Rendering: bytes, and what they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256, sha512
from itertools import chain
from typing import Final

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.receipts import MEMBERS

from dispatch_conformance.diagnose.guesses import listed
from dispatch_conformance.diagnose.keccak import keccak_256
from dispatch_conformance.diagnose.renderings import Rendering, Renderings
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.variations import as_sent, variations

SIGN_RECEIPT: Final = (
    "sign the canonical text of the receipt, in the member order in which you send it, as UTF-8"
)
CANONICAL: Final = "canonical"
"""The name of the rendering that is right."""

_SEPARATORS: Final = ("", ":", "|", ".", ",", "-", "\n", " ")
_DIGESTED: Final = ("python-json-default", "python-json-sorted", "python-json-compact-sorted", "js-pretty-2")
_SLOW_BYTES: Final = 8_192


def canonical(receipt: Json) -> Rendering:
    """What should have been signed."""
    return Rendering(CANONICAL, "the canonical text of your receipt", "", receipt.canonical.encode("utf-8"))


def likely_texts(receipt: Json, output: Json | None, texts: Mapping[str, str]) -> Iterator[Rendering]:
    """Every candidate but combinations of switches, the canonical text first, the text as sent last."""
    source = Source(receipt)
    right, sent, named = canonical(receipt), as_sent(source), [*Renderings(source).named()]
    digested = [right, *(entry for entry in named if entry.name in _DIGESTED), sent]
    given = (
        Rendering(what, what, SIGN_RECEIPT, text.encode("utf-8", "replace")) for what, text in texts.items()
    )
    seen: set[bytes] = set()
    yield from _unseen([right], seen)
    yield from _unseen(_parts(receipt.value), seen)
    yield from (entry for entry in named if entry.data != right.data)
    others = chain(_around(receipt, output), given, variations(source))
    yield from _unseen(others, seen)
    yield from _unseen(chain.from_iterable(map(_digests, _unseen(digested, set()))), seen)
    if sent.data != right.data:
        yield sent


def _unseen(entries: Iterable[Rendering], seen: set[bytes]) -> Iterator[Rendering]:
    """The entries whose bytes are not among those seen, which they join."""
    for entry in entries:
        if entry.data not in seen:
            seen.add(entry.data)
            yield entry


def rare_texts(receipt: Json) -> Iterator[Rendering]:
    """The receipt under every combination of the models' switches."""
    return Renderings(Source(receipt)).combined()


def _digests(entry: Rendering) -> Iterator[Rendering]:
    """Digests of a text: ed25519 hashes by itself, so none should be signed."""
    digest = sha256(entry.data)
    rows = [
        ("sha256", "the SHA-256 (32 bytes)", digest.digest()),
        ("sha256-hex", "the SHA-256 in hex", digest.hexdigest().encode("ascii")),
        ("sha256-json-hex", "the SHA-256 as a JSON string", f'"{digest.hexdigest()}"'.encode("ascii")),
        ("sha256-twice", "the SHA-256 of the SHA-256", sha256(digest.digest()).digest()),
        ("sha512", "the SHA-512 (64 bytes)", sha512(entry.data).digest()),
        ("sha512-hex", "the SHA-512 in hex", sha512(entry.data).hexdigest().encode("ascii")),
    ]
    if len(entry.data) <= _SLOW_BYTES:
        rows.append(("keccak-256", "the Keccak-256 (32 bytes)", keccak_256(entry.data)))
    for name, what, data in rows:
        yield Rendering(f"{name}-of-{entry.name}", f"{what} of {entry.what}", SIGN_RECEIPT, data)


def _parts(receipt: JsonValue) -> Iterator[Rendering]:
    """The receipt with members missing, and its values without JSON around them."""
    if not isinstance(receipt, dict):
        return
    known: dict[str, JsonValue] = {name: receipt[name] for name in MEMBERS if name in receipt}
    yield _members("four-members", {name: item for name, item in known.items() if name != "payment_ref"})
    yield _members("known-members", known)
    yield _members("five-members", {name: receipt.get(name) for name in MEMBERS})
    for left_out in known:
        kept = {name: item for name, item in receipt.items() if name != left_out}
        yield _members(f"without-{left_out}", kept)
    for width in range(1, len(known)):
        yield _members(f"first-{width}-members", dict(list(known.items())[:width]))
    yield from _output_hash(receipt.get("output_hash"))
    yield from _joined({name: item for name, item in known.items() if item is None or isinstance(item, str)})


def _members(name: str, members: dict[str, JsonValue]) -> Rendering:
    what = f"a receipt of {listed(members) or 'no members'} only"
    mend = f"{SIGN_RECEIPT}: with all its members"
    return Rendering(name, what, mend, stringify(members).encode("utf-8"))


def _output_hash(value: JsonValue) -> Iterator[Rendering]:
    if not isinstance(value, str):
        return
    yield Rendering(
        "output-hash", "the output hash alone (as text)", SIGN_RECEIPT, value.encode("utf-8", "replace")
    )
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        return
    yield Rendering("output-hash-bytes", "the output hash alone (its 32 bytes)", SIGN_RECEIPT, raw)


def _joined(known: dict[str, str | None]) -> Iterator[Rendering]:
    """Values put behind one another: the first two, three, four, all; key and hash; job and hash."""
    widths = [list(known)[:width] for width in range(2, len(known) + 1)]
    pairs = [["job_id", "output_hash"], ["output_hash", "job_id"], ["job_id", "output_hash", "completed_at"]]
    for names in (*widths, *(pair for pair in pairs if all(name in known for name in pair))):
        for empty in ("", "null"):
            values = [known[name] or empty for name in names]
            for separator in _SEPARATORS:
                data = separator.join(values).encode("utf-8", "replace")
                what = f"the values of {listed(names)}, joined by {separator!r}"
                yield Rendering(f"joined-{'-'.join(names)}", what, SIGN_RECEIPT, data)


def _around(receipt: Json, output: Json | None) -> Iterator[Rendering]:
    """The messages that the receipt travels in, and the output."""
    members = receipt.value if isinstance(receipt.value, dict) else {}
    if output is not None:
        yield Rendering(
            "output", "the output's canonical text", SIGN_RECEIPT, output.canonical.encode("utf-8")
        )
        yield Rendering(
            "output-digest", "the SHA-256 of the output", SIGN_RECEIPT, bytes.fromhex(output.hash)
        )
        yield Rendering(
            "true-hash", "the right output hash (as text)", SIGN_RECEIPT, output.hash.encode("ascii")
        )
    job_id, output_hash = (stringify(members.get(name)) for name in ("job_id", "output_hash"))
    result = "" if output is None else f',"output":{output.canonical}'
    # put together from texts: one level more around a value at the limit of depth would be refused
    head = f'{{"type":"job_complete","job_id":{job_id}{result},"output_hash":{output_hash}'
    for name, what, text in (
        ("job-complete-bare", "a job_complete message without its receipt", f"{head}}}"),
        (
            "job-complete",
            "a job_complete message without its signature",
            f'{head},"receipt":{receipt.canonical}}}',
        ),
        (
            "receipt-submit",
            "a receipt_submit message without its signature",
            f'{{"type":"receipt_submit","receipt":{receipt.canonical}}}',
        ),
    ):
        yield Rendering(name, what, SIGN_RECEIPT, text.encode("utf-8"))
