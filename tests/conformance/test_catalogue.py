"""The catalogue: every scenario found, every check by its id, every clause known."""

import pytest
from dispatch_conformance.catalogue import all_checks, all_scenarios, shown_by
from dispatch_conformance.scenarios import PASSIVE
from dispatch_protocol.clauses import clause
from dispatch_protocol.vocabulary import Role


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
    found = {entry.name for entry in all_scenarios()}
    assert {"fuzz.sequences", "fuzz.receipts", "replay.recorded"} <= found


def test_every_check_has_its_clause_by_its_id() -> None:
    checks = all_checks()
    assert checks["transcript.W-RCP-1"] == "W-RCP-1"
    assert checks["life.stays"] == "W-JOB-1"
    assert all(checks[check] == law for entry in all_scenarios() for check, law in entry.check_ids().items())


@pytest.mark.parametrize("law", PASSIVE)
def test_a_clause_that_only_frames_show_leads_to_a_scenario(law: str) -> None:
    shown = [entry.name for entry in all_scenarios() if f"transcript.{law}" in shown_by(entry)]
    assert shown == [PASSIVE[law]]
