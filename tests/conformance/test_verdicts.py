"""Verdicts: the worst counts, the level decides, and nothing that was not seen is a pass."""

import pytest
from dispatch_conformance.checks import MAX_TEXT, Check, marks_of
from dispatch_conformance.transcript import Mark
from dispatch_conformance.verdicts import Observation, Verdict, fold, fold_all, verdict_at
from dispatch_protocol.canonical import Json
from dispatch_protocol.clauses import Level
from dispatch_protocol.vocabulary import ProviderType

MUST, SHOULD, MAY = "W-OUT-3", "W-OUT-8", "W-REG-13"


def observed(
    verdict: Verdict, clause: str = MUST, message: str = "", check: str = "area.check", event: int = 0
) -> Observation:
    return Observation(
        check=check,
        clause=clause,
        verdict=verdict,
        scenario="area.scenario",
        message=message,
        evidence=(Mark("area.scenario", event),),
    )


@pytest.mark.parametrize(
    ("clause", "level", "verdict"),
    [
        (MUST, Level.MUST, Verdict.FAIL),
        (SHOULD, Level.SHOULD, Verdict.WARN),
        (MAY, Level.MAY, Verdict.PASS),
    ],
)
def test_the_level_decides_what_a_breach_is(clause: str, level: Level, verdict: Verdict) -> None:
    result = fold([observed(Verdict.FAIL, clause)], ProviderType.DESKTOP)
    assert (result.level, result.verdict) == (level, verdict)


@pytest.mark.parametrize(
    ("provider_type", "verdict"),
    [(ProviderType.DESKTOP, Verdict.FAIL), (ProviderType.SEEKER, Verdict.WARN), (None, Verdict.WARN)],
)
def test_the_key_file_binds_a_phone_less(provider_type: ProviderType | None, verdict: Verdict) -> None:
    assert fold([observed(Verdict.FAIL, "W-KEY-1")], provider_type).verdict is verdict


def test_the_worst_observation_counts_and_the_first_of_them_keeps_its_evidence() -> None:
    result = fold(
        [
            observed(Verdict.PASS),
            observed(Verdict.FAIL, message="first", event=5),
            observed(Verdict.FAIL, message="second", event=6),
            observed(Verdict.INCONCLUSIVE),
        ],
        None,
    )
    assert (result.verdict, result.message, result.evidence[0].event) == (Verdict.FAIL, "first", 5)
    assert (result.observations, result.against) == (4, 2)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.PASS, Verdict.NOT_TESTABLE], Verdict.NOT_TESTABLE),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], Verdict.PASS),
        ([Verdict.NOT_APPLICABLE], Verdict.NOT_APPLICABLE),
    ],
)
def test_what_could_not_be_seen_is_not_lost_in_passes(verdicts: list[Verdict], expected: Verdict) -> None:
    for order in (verdicts, verdicts[::-1]):
        assert fold([observed(verdict) for verdict in order], None).verdict is expected


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.FAIL])
def test_only_a_breach_depends_on_the_level(verdict: Verdict) -> None:
    assert all(verdict_at(level, verdict) is verdict for level in Level)


def test_results_stand_in_the_order_of_the_clauses() -> None:
    results = fold_all(
        [
            observed(Verdict.PASS, "W-OUT-10", check="a.b"),
            observed(Verdict.PASS, "W-OUT-9", check="z.z"),
            observed(Verdict.PASS, "W-OUT-10", check="a.a"),
            observed(Verdict.FAIL, "W-OUT-10", check="a.b"),
        ],
        None,
    )
    assert [result.id for result in results] == ["z.z", "a.a", "a.b"]
    assert results[2].verdict is Verdict.FAIL


class Pad:
    """A check whose observations are kept, beside a clock that stalled for so long."""

    def __init__(self, stall: float = 0.0) -> None:
        self.kept: list[Observation] = []
        self.check = Check("area.check", MUST, "area.scenario", self.kept.append, lambda _since: stall)


def test_equal_compares_canonical_texts_and_shows_them() -> None:
    pad = Pad()
    assert pad.check.equal({"a": 1.0}, {"a": 1}, "differs")
    assert not pad.check.equal("\ud83d", "x", "differs")
    assert pad.kept[0].verdict is Verdict.PASS
    assert (pad.kept[1].expected, pad.kept[1].actual) == ('"\\ud83d"', '"x"')


def test_an_observation_keeps_no_text_without_bound() -> None:
    pad = Pad()
    long = "x" * (MAX_TEXT + 1)
    pad.check.failed(long, expected=Json.of(long), actual=long)
    pad.check.failed("", expected=[long])
    texts = [text for entry in pad.kept for text in (entry.message, entry.expected, entry.actual) if text]
    assert [len(text) for text in texts] == [MAX_TEXT] * 4


def test_a_breach_that_only_time_shows_is_open_beside_a_stall() -> None:
    stalled, calm = Pad(2.0), Pad()
    for pad in (stalled, calm):
        pad.check.failed("too late", since=0.0)
    assert stalled.kept[0].verdict is Verdict.INCONCLUSIVE
    assert "2.0 s" in stalled.kept[0].message
    assert calm.kept[0].verdict is Verdict.FAIL
    stalled.check.failed("wrong bytes")
    assert stalled.kept[1].verdict is Verdict.FAIL


def test_evidence_is_taken_from_anything_that_has_a_place_each_once() -> None:
    mark = Mark("t", 1)

    class Single:
        mark = Mark("t", 2)

    class Several:
        marks = (Mark("t", 3), mark)

    assert marks_of([mark, Single(), (Several(), mark)]) == (mark, Mark("t", 2), Mark("t", 3))
    assert marks_of(()) == ()
