"""The passive judge: every transcript, each clause by what was examined, time beside the control clock."""

import pytest
from dispatch_conformance.passive import ODDITIES, STRETCHED, PassiveJudge
from dispatch_conformance.transcript import Oddity, Transcript
from dispatch_conformance.unobserved import REGISTERS, STAYS
from dispatch_conformance.verdicts import Observation, Verdict
from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.recording import Opened, frame_event
from dispatch_protocol.vocabulary import Role

KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
REGISTER = f'{{"type":"register","provider_pubkey":"{KEY}","provider_type":"SEEKER","capabilities":["TASK"]}}'


def calm(_since: float, _until: float) -> float:
    return 0.0


def judged(
    transcript: Transcript, *texts: str, t: float = 0.1, blind: frozenset[str] = frozenset()
) -> PassiveJudge:
    judge = PassiveJudge(transcript, "area.scenario", blind)
    transcript.add(Opened(t=0.0, connection=1))
    for text in texts:
        transcript.add(frame_event(t, 1, Role.WORKER, text))
    return judge


def by_clause(observations: tuple[Observation, ...]) -> dict[str, Verdict]:
    return {entry.clause: entry.verdict for entry in observations}


def test_what_was_examined_and_held_has_passed_and_the_rest_is_not_mentioned() -> None:
    found = by_clause(judged(Transcript("a"), REGISTER).finish(calm))
    assert found["W-REG-1"] is Verdict.PASS
    assert "W-RCP-2" not in found
    assert set(found.values()) == {Verdict.PASS}


def test_a_breach_carries_the_event_that_shows_it() -> None:
    found = judged(Transcript("a"), "[1]").finish(calm)
    broken = next(entry for entry in found if entry.clause == "W-FRM-2")
    assert (broken.verdict, broken.check) == (Verdict.FAIL, "transcript.W-FRM-2")
    assert broken.evidence[0] == ("a", 1)


def test_a_blind_clause_is_not_judged() -> None:
    found = judged(Transcript("a"), "[1]", blind=frozenset({"W-FRM-2"})).finish(calm)
    assert "W-FRM-2" not in by_clause(found)


def test_a_late_frame_is_open_if_the_host_stalled() -> None:
    late = judged(Transcript("a"), REGISTER, t=10.5)
    assert by_clause(late.finish(calm))["W-REG-2"] is Verdict.FAIL
    late = judged(Transcript("a"), REGISTER, t=10.5)
    found = late.finish(lambda since, until: 3.0 if until - since == 10.0 else 0.0)
    assert by_clause(found)["W-REG-2"] is Verdict.INCONCLUSIVE
    assert by_clause(found)["W-REG-3"] is Verdict.PASS


@pytest.mark.parametrize(
    ("scale", "t", "verdict"),
    [
        (1.0, 10.5, Verdict.FAIL),
        (2.0, 10.5, Verdict.PASS),
        (2.0, 19.5, Verdict.PASS),
        (2.0, 20.5, Verdict.FAIL),
    ],
)
def test_a_run_that_stretches_its_patience_stretches_that_of_the_rules(
    scale: float, t: float, verdict: Verdict
) -> None:
    transcript = Transcript("a")
    judge = PassiveJudge(transcript, "area.scenario", frozenset(), scale)
    transcript.add(Opened(t=0.0, connection=1))
    transcript.add(frame_event(t, 1, Role.WORKER, REGISTER))
    assert by_clause(judge.finish(calm))["W-REG-2"] is verdict


def test_patience_forgives_nothing_but_lateness() -> None:
    transcript = Transcript("a")
    judge = PassiveJudge(transcript, "area.scenario", frozenset(), 100.0)
    transcript.add(Opened(t=0.0, connection=1))
    transcript.add(frame_event(0.1, 1, Role.WORKER, "[1]"))
    assert by_clause(judge.finish(calm))["W-FRM-2"] is Verdict.FAIL
    assert not STRETCHED & {"W-HBT-7", "W-RCP-11", "W-FRM-2"}


@pytest.mark.parametrize("kind", ODDITIES)
def test_an_oddity_of_a_link_breaks_its_clause(kind: str) -> None:
    transcript = Transcript("a")
    transcript.note(Oddity(kind, 1.0, 2, "detail"))
    found = PassiveJudge(transcript, "area.scenario", frozenset()).finish(calm)
    assert [(entry.clause, entry.verdict, entry.actual) for entry in found] == [
        (ODDITIES[kind][0], Verdict.FAIL, "detail")
    ]


def test_the_clauses_named_here_still_say_what_they_are_named_for() -> None:
    assert "text frame" in clause(ODDITIES["protocol"][0]).text
    assert "1,048,576" in clause(ODDITIES["too_large"][0]).text
    assert "send nothing" in clause(ODDITIES["flood"][0]).text
    assert "10 seconds" in clause(REGISTERS[1]).text
    assert "answer every assignment" in clause(STAYS[1]).text
    assert clause(REGISTERS[1]).level is clause(STAYS[1]).level is Level.MUST


def test_an_error_of_the_rules_is_raised_at_the_end_and_not_under_the_wire(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_self: object, _event: object) -> tuple[()]:
        raise ZeroDivisionError

    monkeypatch.setattr("dispatch_conformance.passive.Rules.feed", broken)
    judge = judged(Transcript("a"), REGISTER)
    with pytest.raises(ZeroDivisionError):
        judge.finish(calm)
