"""Every clause that the rules can name is broken by a twin, so that no rule is there for show."""

import re
from importlib.resources import files

from dispatch_protocol.clauses import clause

from tests.protocol.golden.script import variants
from tests.protocol.test_rules_coordinator import ERRORS, SESSION
from tests.protocol.test_rules_worker import CHANGES

_CLAUSE = re.compile(r'"([WC]-[A-Z]+-[0-9]+)"')
_NAMING = ("messages.py", "receipts.py", "frames.py", "codec.py")
_WITHOUT_TWIN = {
    "C-HBT-4": "seen to hold where a worker is dropped; a drop without a close cannot be told from none",
    "W-ROB-15": "no frame is out of place for this reason alone; it has a test of its own",
}


def test_every_clause_that_can_be_named_has_a_twin() -> None:
    broken = {name.partition(" ")[0] for table in (CHANGES, SESSION, ERRORS, variants()) for name in table}

    assert _nameable() - broken == _WITHOUT_TWIN.keys()


def test_the_clauses_that_can_be_named_exist() -> None:
    assert all(clause(name).text for name in _nameable())


def _nameable() -> set[str]:
    """The clause ids that stand in the code of the rules and of what they call."""
    package = files("dispatch_protocol")
    modules = [*package.joinpath("rules").iterdir(), *(package.joinpath(name) for name in _NAMING)]
    return {
        name
        for module in modules
        if module.name.endswith(".py") and module.name != "spans.py"
        for name in _CLAUSE.findall(module.read_text(encoding="utf-8"))
    }
