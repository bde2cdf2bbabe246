"""A short run of the comparison, and proof that it would tell: of differences, and of a missing oracle."""

import random
from collections.abc import Sequence

import pytest
from dispatch_protocol.canonical import canonical_text
from dispatch_protocol.errors import JsonSyntaxError

from tests.differential import node
from tests.differential.__main__ import main
from tests.differential.documents import MAX_LEVELS, document
from tests.differential.literals import doubles
from tests.differential.node import NODE, Oracle, OracleError
from tests.differential.signatures import check_vectors, compare_signatures
from tests.differential.tally import Tally
from tests.differential.texts import check_depths, compare_documents, compare_doubles

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


class Mistaken(Oracle):
    """An oracle that is wrong about one text in a hundred, in one of three ways."""

    def __init__(self) -> None:
        self.asked = 0

    def answers(self, texts: Sequence[str]) -> list[str | None]:
        return [self._answer(text) for text in texts]

    def _answer(self, text: str) -> str | None:
        self.asked += 1
        try:
            right: str | None = canonical_text(text)
        except JsonSyntaxError:
            right = None
        if self.asked % 100:
            return right
        return "null " if right is None else (None if self.asked % 200 else right + " ")


@needs_node
def test_a_short_run_finds_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "3000", "--seed", "7"]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("\n0 differences\n")
    assert "3,000  doubles" in printed
    assert "118  edge vectors" in printed


def test_signatures_and_depths_need_no_node() -> None:
    tally = Tally()
    check_depths(tally)
    check_vectors(tally)
    compare_signatures(300, 3, tally)
    assert tally.differences == []
    assert tally.counts["signatures made by both"] == 300
    assert sum(count for name, count in tally.counts.items() if name.startswith("small order")) > 20


def test_it_fails_clearly_without_node(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node, "NODE", None)
    assert main(["--count", "10"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "nothing was shown: node is not installed: it is the oracle for canonical text\n",
    )


def test_every_difference_is_told() -> None:
    tally, oracle = Tally(), Mistaken()
    compare_documents(1000, 1, oracle, tally)
    assert len(tally.differences) == 20
    assert all(line.isascii() for line in tally.differences)
    tally = Tally()
    compare_doubles(100, 1, _Halving(), tally)
    assert len(tally.differences) == 50


class _Halving(Mistaken):
    """Wrong about every other number of a list."""

    def _answer(self, text: str) -> str | None:
        items = canonical_text(text)[1:-1].split(",")
        return f"[{','.join(item if index % 2 else '17' for index, item in enumerate(items))}]"


@needs_node
def test_a_failure_of_the_oracle_is_no_verdict() -> None:
    with Oracle() as oracle:
        assert oracle.answers(["[1.0]", "[", '"\ud800\\n"']) == ["[1]", None, '"\\ud800\\n"']
        with pytest.raises(OracleError, match="RangeError"):
            oracle.answers(["[" * 200_000 + "]" * 200_000])
        assert oracle.answers([]) == []
        oracle._process.kill()
        with pytest.raises(OracleError, match="went away"):
            oracle.answers(["1"])


def test_the_same_seed_gives_the_same_texts() -> None:
    first, second = random.Random("a"), random.Random("a")
    assert [document(first) for _ in range(200)] == [document(second) for _ in range(200)]
    assert list(doubles(50, first)) == list(doubles(50, second))


def test_the_texts_cover_what_they_are_meant_to() -> None:
    chance = random.Random("coverage")
    texts = [document(chance) for _ in range(4000)]
    everything = "\n".join(texts)
    for piece in ('"__proto__"', '"4294967295"', "1e400", "\\ud8", "\ud800", "\u2028", '"toJSON"', "-0"):
        assert piece in everything
    assert max(text.count("[") + text.count("{") for text in texts) >= MAX_LEVELS - 4
    accepted = 0
    for text in texts:
        try:
            canonical_text(text)
        except JsonSyntaxError:
            continue
        accepted += 1
    assert 2500 < accepted < 3600
