"""Canonical text against node: documents, doubles, and depths that node cannot follow."""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Final

from dispatch_protocol.canonical import MAX_DEPTH, canonical_text, stringify
from dispatch_protocol.errors import JsonSyntaxError, shown
from dispatch_protocol.numbers import number_text
from dispatch_protocol.parsing import _blank, _expect_end, _scan_exact

from tests.differential.documents import document
from tests.differential.literals import doubles
from tests.differential.node import Oracle
from tests.differential.tally import Tally

_BATCH: Final = 500
_DEPTHS: Final = (2_001, 4_999, 5_001, 9_999, MAX_DEPTH)


def compare_documents(count: int, seed: int, oracle: Oracle, tally: Tally) -> None:
    """Random texts: accepted by both with the same canonical text, or refused by both."""
    chance = random.Random(f"documents {seed}")
    texts = (document(chance) for _ in range(count))
    while batch := list(islice(texts, _BATCH)):
        for text, expected in zip(batch, oracle.answers(batch), strict=True):
            found = _canonical(text)
            if found != expected:
                tally.differ(f"document {shown(text)}: {shown(found)}, node {shown(expected)}")
            exact = _canonical_by_exact_scanner(text)
            if exact != expected:
                tally.differ(f"document {shown(text)}, exact scanner: {shown(exact)}, node {shown(expected)}")
            tally.add("documents accepted by both" if expected is not None else "documents refused by both")


def compare_doubles(count: int, seed: int, oracle: Oracle, tally: Tally) -> None:
    """Random doubles: one literal to the same double, and the same text for it."""
    chance = random.Random(f"doubles {seed}")
    drawn = doubles(count, chance)
    while batch := list(islice(drawn, _BATCH)):
        document_ = f"[{','.join(literal for _, literal in batch)}]"
        (answer,) = oracle.answers([document_])
        expected = (answer or "").removeprefix("[").removesuffix("]").split(",")
        read = canonical_text(document_).removeprefix("[").removesuffix("]").split(",")
        for (number, literal), ours, theirs in zip(batch, read, expected, strict=True):
            tally.add("doubles")
            if not ours == theirs == number_text(number):
                tally.differ(f"double {literal}: {ours}, {number_text(number)}, node {theirs}")


def check_depths(tally: Tally) -> None:
    """Texts deeper than node can follow, whose canonical text is known from how they are built."""
    for text, expected in _deep_texts():
        tally.add("documents deeper than node follows")
        if _canonical(text) != expected:
            tally.differ(f"a document of {len(text)} characters, nested deeply: {shown(text, 40)}")


def _deep_texts() -> Iterator[tuple[str, str | None]]:
    for opening, core, closing in (("[", "", "]"), ('{"a":', "1", "}"), ("[7,", "{}", "]")):
        inside = 1 if core == "{}" else 0
        for levels in _DEPTHS:
            text = opening * (levels - inside) + core + closing * (levels - inside)
            yield text, text
            yield text[:-1], None
        yield opening * (MAX_DEPTH + 1 - inside) + core + closing * (MAX_DEPTH + 1 - inside), None


def _canonical(text: str) -> str | None:
    try:
        return canonical_text(text)
    except JsonSyntaxError:
        return None


def _canonical_by_exact_scanner(text: str) -> str | None:
    try:
        value, end = _scan_exact(text, _blank(text, 0))
        _expect_end(text, end)
    except JsonSyntaxError:
        return None
    return stringify(value)
