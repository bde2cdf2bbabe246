"""Canonical text and output hashes beside Python's own json: `python -m bench.canonical`.

The baseline is `json.loads` and `json.dumps` in its nearest setting, both in C. It writes other texts than
ECMAScript does (numbers, integer keys, lone surrogates), so no bar is set: the figures say what exactness
costs.
"""

import json
import random
import sys
from functools import partial
from hashlib import sha256
from typing import Final

from dispatch_protocol.canonical import canonical_text, hash_text, stringify
from dispatch_protocol.tasks import extract_json, summarize

from bench.measure import Comparison, compare, report

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def main() -> int:
    """Measure and print; no bar is set."""
    report("Canonical text, beside json.loads and json.dumps", list(both_ways()))
    report("Output hash of a value, beside sha256 of json.dumps", list(hashing()))
    return 0


def both_ways() -> list[Comparison]:
    """Parse and stringify, for each of the documents."""
    return [
        compare(
            f"{name}, {len(text):,} characters",
            partial(canonical_text, text),
            partial(_bare_text, text),
            calls=_calls(text),
        )
        for name, text in _DOCUMENTS.items()
    ]


def hashing() -> list[Comparison]:
    """The hash of a value that is parsed already."""
    return [
        compare(
            f"{name}, {len(text):,} characters",
            partial(_hash, json.loads(text)),
            partial(_bare_hash, json.loads(text)),
            calls=_calls(text),
        )
        for name, text in _DOCUMENTS.items()
    ]


def _bare_text(text: str) -> str:
    return _dumps(json.loads(text))


def _hash(value: object) -> str:
    return hash_text(stringify(value))  # type: ignore[arg-type]


def _bare_hash(value: object) -> str:
    return sha256(_dumps(value).encode()).hexdigest()


def _calls(text: str) -> int:
    return max(1, 20_000 // len(text))


def _large(kind: str) -> str:
    """Some 100,000 characters of one kind."""
    chance = random.Random(kind)
    if kind == "numbers":
        return json.dumps([chance.random() * 10 ** chance.randint(-9, 9) for _ in range(5_000)])
    if kind == "strings":
        return json.dumps([f"letter {number} é {chance.random()}" for number in range(2_800)])
    return json.dumps(
        [{"id": number, "name": f"n{number}", "tags": ["a", None, True]} for number in range(1_900)]
    )


_SENTENCE: Final = "Dispatch is a decentralized compute network. "
_DOCUMENTS: Final = {
    "output of summarize": stringify(summarize(_SENTENCE * 8)),
    "output of extract_json": stringify(extract_json('see {"port": 4010, "host": {"name": "a"}} ' * 5)),
    "numbers": _large("numbers"),
    "strings": _large("strings"),
    "objects": _large("objects"),
}


if __name__ == "__main__":
    sys.exit(main())
