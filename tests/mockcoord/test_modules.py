"""The specification names the modules in which a rule has its code: there the clause is named in turn."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from dispatch_protocol.clauses import load

NAMED = sorted({name for section in load().sections for name in section.modules if "mockcoord" in name})


def test_the_specification_names_some() -> None:
    assert len(NAMED) > 10


@pytest.mark.parametrize("name", NAMED)
def test_a_named_module_exists(name: str) -> None:
    assert find_spec(name) is not None


CORE = "dispatch_mockcoord.core."
MENTION = re.compile(r"\bC-([A-Z]+)-(\d+)(?: to C-\1-(\d+))?")
ELSEWHERE = {
    "C-CON": {1, 2, 3, 4, 5},  # sockets and handshakes
    "C-RCP": {2, 3, 4, 5, 6, 7, 8, 9, 10, 11},  # what a receipt proves, and how it is shown
    "C-ERR": {1, 2, 3, 4, 6, 10},  # the form of frames
    "C-TRU": {1, 3, 9, 11},  # the form of requests and answers
    "C-DEMO": {1, 2, 6, 7},  # when, and whether
    "C-DUR": {1, 6, 7},  # the store
    "C-PAY": {1, 2, 3, 4, 5},  # the form of messages
    "C-MAT": {9},  # bonuses, of which there are none
    "C-JOB": {17},  # how a result is shown
}
"""The clauses that the core keeps by what it is built on or stands in, by their group."""


def named(module: str) -> set[str]:
    """The clauses that the text of this module names, each one of a span too."""
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    mentions = MENTION.findall(Path(found.origin).read_text(encoding="utf-8"))
    return {
        f"C-{group}-{number}"
        for group, first, last in mentions
        for number in range(int(first), int(last or first) + 1)
    }


@pytest.mark.parametrize("group", ["C-REG", "C-HBT", *ELSEWHERE])
def test_every_clause_that_the_core_keeps_is_found_in_two_steps(group: str) -> None:
    """From the clause to the modules that its section names, and there by its own name."""
    (section,) = [section for section in load().sections if section.id == group]
    in_core = set[str]().union(*(named(module) for module in section.modules if module.startswith(CORE)))
    elsewhere = {f"{group}-{number}" for number in ELSEWHERE.get(group, ())}
    assert {clause.id for clause in section.clauses} - elsewhere == {
        id for id in in_core if id.rpartition("-")[0] == group
    }


@pytest.mark.parametrize("name", [name for name in NAMED if name.startswith(CORE)])
def test_the_core_names_no_clause_that_there_is_not(name: str) -> None:
    assert named(name) <= {clause.id for section in load().sections for clause in section.clauses}
