"""The scenarios and the clauses, held in step: none is forgotten, none invented, and every name fits."""

import re

from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.scenarios import PASSIVE, UNCHECKED
from dispatch_protocol.clauses import Level, clauses

from tests.mutants.catalogue import DEFECTS

WORKER = {clause.id: clause for clause in clauses() if clause.id.startswith("W-")}
UNTESTABLE = {clause.id for clause in WORKER.values() if not clause.testable}
CHECKED = {clause for entry in all_scenarios() for clause in entry.checks.values()}


def test_every_clause_of_workers_has_a_check_or_a_reason() -> None:
    assert WORKER.keys() - CHECKED - PASSIVE.keys() - UNCHECKED.keys() - UNTESTABLE == set()


def test_no_check_is_of_a_clause_that_does_not_bind_workers() -> None:
    assert (CHECKED | PASSIVE.keys() | UNCHECKED.keys()) - WORKER.keys() == set()


def test_only_permissions_go_unchecked() -> None:
    assert [clause for clause in UNCHECKED if WORKER[clause].level is not Level.MAY] == []
    assert UNCHECKED.keys() & (CHECKED | PASSIVE.keys()) == set()


def test_every_clause_that_is_checked_has_a_defect_that_breaks_it() -> None:
    broken = {mutant.clause for mutant in DEFECTS.values()}
    demanding = {clause for clause, entry in WORKER.items() if entry.level is not Level.MAY}
    assert demanding - UNTESTABLE - broken == set()


def test_passive_clauses_name_a_scenario_that_exists() -> None:
    names = {entry.name for entry in all_scenarios()}
    assert set(PASSIVE.values()) <= names


def test_ids_of_checks_are_well_formed_and_unique() -> None:
    ids = [check for entry in all_scenarios() for check in entry.check_ids()]
    assert len(ids) == len(set(ids))
    assert [check for check in ids if not re.fullmatch(r"[a-z_]+\.[a-z_0-9]+", check)] == []


def test_every_scenario_says_what_it_does() -> None:
    assert [entry.name for entry in all_scenarios() if not entry.about] == []
