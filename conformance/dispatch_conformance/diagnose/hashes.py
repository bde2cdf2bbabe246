"""The diagnosis of a wrong output hash: which text was hashed, how, and in which spelling.

The search goes from the plain to the odd and ends at the first stage where something fits: the right digest
misspelled; another text under SHA-256 (named serializers, other mistakes, the text as sent); another hash
function; at last every combination of the models' switches.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import shown

from dispatch_conformance.diagnose.digests import sha256, wrong_digests
from dispatch_conformance.diagnose.guesses import Certainty, Guess, excerpt, first_difference, ranked
from dispatch_conformance.diagnose.renderings import Rendering, Renderings
from dispatch_conformance.diagnose.serializers import SERIALIZERS, recipe, table
from dispatch_conformance.diagnose.spelling import Reading, readings
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.variations import as_sent, variations

NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})
_SPELL: Final = "write the hash as 64 lower-case hex digits, and nothing else"
_SHA256: Final = "take SHA-256, once, over the UTF-8 of the canonical text"
_LEAST_DIGITS: Final = 8


def diagnose_hash(output: Json, claimed: str, *, texts: Mapping[str, str] = NO_TEXTS) -> tuple[Guess, ...]:
    """Why a worker's hash of `output` is `claimed`: all that fits, the likeliest first.

    `texts` are other texts at hand that may have been hashed instead, by what they are ("the job's input").
    Empty where the hash is right. Covers any output and any text; bounded in time; never raises.
    """
    if claimed == output.hash:
        return ()
    source = Source(output)
    candidates = [reading for reading in readings(claimed) if reading.data]
    stages: tuple[Callable[[], Iterator[Guess]], ...] = (
        lambda: _misspelled(output, claimed, candidates),
        lambda: _other_texts(source, candidates, texts),
        lambda: _other_digests(source, candidates),
        lambda: _combinations(source, candidates),
    )
    found = next(filter(None, (ranked(stage()) for stage in stages)), ())
    return found or (_nothing_fits(source, claimed),)


def _misspelled(output: Json, claimed: str, candidates: list[Reading]) -> Iterator[Guess]:
    """The right digest in another spelling, or a part of it."""
    for reading in candidates:
        if reading.data.hex() == output.hash:
            text = f"Your hash is the right one, but written as {reading.spelling}: {shown(claimed, 100)}."
            yield Guess(text, Certainty.PROVED, _SPELL, "spelling")
        elif len(reading.data) * 2 >= _LEAST_DIGITS and output.hash.startswith(reading.data.hex()):
            text = f"Your hash is the right one, cut after {len(reading.data)} of 32 bytes."
            yield Guess(text, Certainty.PROVED, _SPELL, "cut")


def _other_texts(source: Source, candidates: list[Reading], texts: Mapping[str, str]) -> Iterator[Guess]:
    """Other bytes under SHA-256."""
    given = (_given(what, text) for what, text in texts.items())
    renderings = chain(Renderings(source).named(), given, variations(source), [as_sent(source)])
    yield from _fitting(source, renderings, candidates)
    yield from _tabled(source, candidates)


def _given(what: str, text: str) -> Rendering:
    mend = "hash the canonical text of the output"
    return Rendering(what, what, mend, text.encode("utf-8", "surrogatepass"))


def _combinations(source: Source, candidates: list[Reading]) -> Iterator[Guess]:
    """The simplest combination of switches that fits: the others are the same bytes in other words."""
    yield from _fitting(source, Renderings(source).combined(), candidates, first_only=True)


def _fitting(
    source: Source, renderings: Iterable[Rendering], candidates: list[Reading], first_only: bool = False
) -> Iterator[Guess]:
    """A guess for every rendering whose SHA-256 is among the candidates."""
    digests = {reading.data: reading for reading in candidates}
    for rendering in renderings:
        reading = digests.get(sha256(rendering.data))
        if reading is not None:
            yield _explained(source, rendering, reading)
            if first_only:
                return


def _explained(source: Source, rendering: Rendering, reading: Reading) -> Guess:
    text = f"Your hash is that of {rendering.what}{_as_written(reading)}.{_where(source, rendering)}"
    certainty = Certainty.POSSIBLE if rendering.weak else Certainty.LIKELY
    return Guess(text, certainty, rendering.mend, rendering.name)


def _as_written(reading: Reading) -> str:
    return "" if reading.spelling == "hex" else f", and it is written as {reading.spelling}"


def _where(source: Source, rendering: Rendering) -> str:
    """Where the text that was hashed leaves the canonical one."""
    try:
        text = rendering.data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    place = first_difference(source.canonical, text)
    expected, actual = excerpt(source.canonical, place), excerpt(text, place)
    return f" At character {place} it has {actual} where the canonical text has {expected}."


def _tabled(source: Source, candidates: list[Reading]) -> Iterator[Guess]:
    """What the vectors' table says of this very value: it knows the quirks that no model has."""
    hashes = {reading.data.hex() for reading in candidates}
    cases = (case for case in table()["cases"] if case["canonical"] == source.canonical)
    for entry in (entry for case in cases for entry in case["serializations"]):
        name = entry["serializer"]
        if entry.get("sha256") in hashes and name != "source-text":
            row = table()["serializers"][name]
            text = f"Your hash is that of the text of {name} ({row['how']}): {row['hint']}."
            yield Guess(text, Certainty.LIKELY, recipe(name), name)


def _other_digests(source: Source, candidates: list[Reading]) -> Iterator[Guess]:
    """Another hash function, over the canonical text or the likeliest other texts."""
    canonical = Rendering("canonical", "the canonical text", "", source.canonical.encode("utf-8"))
    others = (rendering for rendering in Renderings(source).named() if rendering.name in _HASHED_OTHERWISE)
    texts = {rendering.data: rendering for rendering in (as_sent(source), *others, canonical)}
    for rendering in reversed(texts.values()):
        for reading in candidates:
            for digest in wrong_digests(reading.data, rendering.data):
                text = f"Your hash is {digest.what} of {rendering.what}{_as_written(reading)}."
                yield Guess(text, Certainty.LIKELY, _SHA256, digest.name)


_HASHED_OTHERWISE: Final = frozenset(
    ("python-json-default", "python-json-compact", "go-encoding-json", "js-pretty-2")
)


def _nothing_fits(source: Source, claimed: str) -> Guess:
    modelled = f"{len(SERIALIZERS)} serializers and their combinations"
    tried = (
        modelled if Renderings(source).is_modelled else "no serializers (the value is too large or too deep)"
    )
    text = (
        f"Nothing that was tried hashes to {shown(claimed, 100)}: {tried}, the text as you sent it, other "
        "encodings, wrappings and orders, single members, other hashes and spellings. The canonical "
        f"text has {len(source.canonical)} characters and begins {excerpt(source.canonical, 0)}."
    )
    mend = "print the text that you hash, and compare it with the canonical text of the output that you send"
    return Guess(text, Certainty.UNKNOWN, mend)
