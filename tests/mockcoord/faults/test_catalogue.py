"""The catalogue: complete, readable, and true to the specification."""

import pytest
from dispatch_mockcoord.faults.catalogue import AIMS, CATALOGUE, aims_of, fault_of, given_to, kind_of
from dispatch_mockcoord.faults.kinds import Kind, Stage
from dispatch_mockcoord.faults.plan import Fault
from dispatch_protocol.clauses import load
from dispatch_protocol.errors import UsageError
from dispatch_protocol.messages import MESSAGES
from dispatch_protocol.vocabulary import Role

KINDS = list(CATALOGUE.values())
CLAUSES = {clause.id for section in load().sections for clause in section.clauses}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_entry(kind: Kind) -> None:
    """One sentence each, clauses that exist, options whose defaults are within their own bounds."""
    assert kind.name == kind.name.lower()
    for sentence in (kind.does, kind.peer):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0
    assert kind.clauses
    assert set(kind.clauses) <= CLAUSES
    names = [option.name for option in kind.options]
    assert len(set(names)) == len(names)
    assert not set(names) & {aim.name for aim in AIMS}
    for option in kind.options:
        assert option.read(option.default) == option.default
        assert option.meaning
        assert option.allowed
    assert bool(kind.message) is (kind.stage is Stage.FRAME)
    assert kind.message in {*MESSAGES[Role.COORDINATOR], "*", ""}


def test_every_fault_that_was_promised_is_there() -> None:
    assert set(CATALOGUE) >= {
        *("refuse_register", "drop_register", "close", "half_open", "slow_reader", "demo_traffic"),
        *("lose", "delay", "duplicate", "wrong_assign", "malformed", "binary", "fragment", "giant"),
        "unknown_type",
    }


def test_aims_that_make_no_sense_are_not_offered() -> None:
    offered = {kind.name: {aim.name for aim in aims_of(kind)} for kind in KINDS}
    assert offered["demo_traffic"] == set()
    assert "message" not in offered["wrong_assign"]
    assert offered["refuse_register"] == {"rate", "count", "in_a_row", "worker"}
    assert offered["lose"] == {aim.name for aim in AIMS}


def test_a_fault_is_checked_and_told_back() -> None:
    fault = fault_of("delay", {"seconds": "2", "rate": "0.5", "count": 3, "worker": "SEEKER"})
    assert fault == Fault("delay", rate=0.5, count=3, worker="SEEKER", options={"seconds": 2.0})
    assert given_to(fault) == {"seconds": 2.0, "rate": 0.5, "count": 3, "worker": "SEEKER"}
    assert fault_of("delay", dict(given_to(fault))) == fault


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UsageError, match="did you mean half_open"):
        kind_of("halfopen")
    with pytest.raises(UsageError, match="no option of close is called second; did you mean seconds"):
        fault_of("close", {"second": 1})
    with pytest.raises(UsageError, match=r"no option of lose is called xyz; known: rate, count"):
        fault_of("lose", {"xyz": 1})
