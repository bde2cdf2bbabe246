"""Fewer explanations for more evidence: what every failure has in common, and what no success rules out."""

from collections.abc import Iterable, Sequence
from itertools import chain

from dispatch_protocol.canonical import Json

from dispatch_conformance.diagnose import Certainty, Guess, narrowed
from dispatch_conformance.diagnose.outputs import PARTS
from dispatch_conformance.diagnose.renderings import Renderings
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.variations import variations


def common(explained: Sequence[tuple[Guess, ...]]) -> tuple[Guess, ...]:
    """What explains all of these cases; the first that has an explanation by itself where nothing does."""
    known = [entry for entry in explained if any(guess.name for guess in entry)]
    return narrowed(known) or next(iter(known or explained), ())


def not_ruled_out(guesses: tuple[Guess, ...], right: Iterable[Json]) -> tuple[Guess, ...]:
    """The guesses that leave every output alone whose hash was right; all, where that leaves no strong one.

    A serializer that would have changed such an output is not the one that the worker has. Where every strong
    guess would have, the worker's own serializer shares one habit with theirs: that is worth being told.
    """
    left = {guess.name for guess in guesses}
    for output in right:
        source = Source(output)
        canonical = output.canonical.encode("utf-8")
        for rendering in chain(Renderings(source).named(), variations(source)):
            if rendering.data != canonical:
                left.discard(rendering.name)
    kept = tuple(guess for guess in guesses if guess.name in left)
    if all(guess.certainty is Certainty.POSSIBLE for guess in kept):
        return guesses
    return narrowed([kept])


def members_of(task_type: str, member: str | None) -> tuple[str, ...]:
    """The members of a task's output that come from the same decisions as this one."""
    parts = (part.members for part in PARTS.get(task_type, ()))
    return next((members for members in parts if member in members), (member,) if member else ())
