"""The catalogue: every scenario found, every clause known, selections that take what they name."""

import pytest
from dispatch_conformance.catalogue import all_scenarios, chosen, reported, touches
from dispatch_conformance.scenarios import PASSIVE
from dispatch_conformance.settings import Settings
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import UsageError
from dispatch_protocol.vocabulary import Role


def names(**options: object) -> set[str]:
    return {entry.name for entry in chosen(Settings(command="w", **options))}  # type: ignore[arg-type]


def test_every_check_names_a_clause_that_binds_workers() -> None:
    for entry in all_scenarios():
        assert "." in entry.name
        for check, law in entry.check_ids().items():
            assert clause(law).role is Role.WORKER, check


def test_a_check_of_one_name_has_one_clause() -> None:
    laws: dict[str, str] = {}
    for entry in all_scenarios():
        for check, law in entry.check_ids().items():
            assert laws.setdefault(check, law) == law, check


def test_every_scenario_says_what_it_does() -> None:
    assert all(entry.about for entry in all_scenarios())


def test_those_beside_the_areas_are_found() -> None:
    assert {"fuzz.sequences", "fuzz.receipts", "replay.recorded"} <= names()


def test_the_quick_profile_leaves_out_what_waits() -> None:
    quick = chosen(Settings(command="w", quick=True))
    assert quick
    assert not [entry.name for entry in quick if entry.waits]


def test_without_fuzz_there_is_none() -> None:
    assert not {name for name in names(fuzz=False) if name.startswith("fuzz.")}


def test_a_selection_takes_scenarios_checks_and_clauses_by_their_beginning() -> None:
    assert names(only=("fuzz.sequences",)) == {"fuzz.sequences"}
    assert names(only=("replay.llm_text",)) == {"replay.recorded"}
    by_clause = names(only=("W-OUT-6",))
    assert {"fuzz.sequences", "replay.recorded"} <= by_clause
    assert all(touches(entry, "W-OUT-6") for entry in all_scenarios() if entry.name in by_clause)


@pytest.mark.parametrize("law", PASSIVE)
def test_a_clause_that_only_frames_show_leads_to_a_scenario(law: str) -> None:
    assert PASSIVE[law] in names(only=(law,))


def test_an_empty_selection_is_misuse() -> None:
    with pytest.raises(UsageError, match="no scenario fits"):
        names(only=("nothing",))


@pytest.mark.parametrize(
    ("check", "law", "only", "kept"),
    [
        ("tasks.a", "W-OUT-3", (), True),
        ("tasks.a", "W-OUT-3", ("W-OUT",), True),
        ("tasks.a", "W-OUT-3", ("W-REG",), False),
        ("transcript.W-REG-1", "W-REG-1", ("W-OUT",), False),
        ("transcript.W-REG-1", "W-REG-1", ("tasks",), True),
        ("life.stays", "W-JOB-1", ("tasks.a",), True),
        ("other.a", "W-OUT-3", ("tasks",), False),
    ],
)
def test_a_report_keeps_what_was_asked_for(check: str, law: str, only: tuple[str, ...], kept: bool) -> None:
    assert reported(check, law, only) is kept
