"""The specification names the modules in which a rule has its code: those of the coordinator exist."""

from importlib.util import find_spec

import pytest
from dispatch_protocol.clauses import load

NAMED = sorted({name for section in load().sections for name in section.modules if "mockcoord" in name})


def test_the_specification_names_some() -> None:
    assert len(NAMED) > 10


@pytest.mark.parametrize("name", NAMED)
def test_a_named_module_exists(name: str) -> None:
    assert find_spec(name) is not None
