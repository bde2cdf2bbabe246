"""What is sent, in which order: every generator its share, shuffled by the seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple


class Item(NamedTuple):
    """One hostile act: its lane (`frame`, `break` or `http`), its generator, and its own seed."""

    lane: str
    generator: str
    seed: int


SHARES = {"frame": 75, "http": 20, "break": 5}
"""The lanes' shares, in percent: a fifth is HTTP, one in twenty breaks the connection."""


def plan(count: int, seed: int, generators: Mapping[str, Sequence[str]]) -> list[Item]:
    """`count` items: within its lane every generator comes equally often, give or take one."""
    random = Random(seed)
    items: list[Item] = []
    for lane, names in generators.items():
        share = count * SHARES[lane] // 100
        items += [
            Item(lane, names[i % len(names)], random.getrandbits(48)) for i in range(max(share, len(names)))
        ]
    random.shuffle(items)
    return items


def table(items: Sequence[Item]) -> str:
    """How often each generator comes, a line each."""
    counts = Counter((item.lane, item.generator) for item in items)
    return "\n".join(
        f"  {lane:<6} {name:<24} {number:>7}  {100 * number / len(items):5.2f} %"
        for (lane, name), number in sorted(counts.items())
    )
