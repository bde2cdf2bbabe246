"""A coordinator that runs for the length of one test, and is judged by the passive rules as it does."""

from collections.abc import AsyncIterator

import pytest
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import Role

from tests.mockcoord.client import settings

GRACE = "C-JOB-21"
"""The grace for new workers, a SHOULD that these tests do without."""


@pytest.fixture
async def running() -> AsyncIterator[MockCoordinator]:
    """Whatever a test does to it, it breaks no clause that a transcript can show."""
    findings: list[Finding] = []
    coordinator = MockCoordinator(settings())
    rules = Rules(roles=frozenset({Role.COORDINATOR}))
    coordinator.tap(lambda event: findings.extend(rules.feed(event)))
    async with coordinator:
        yield coordinator
        ended = coordinator.switchboard.elapsed()
    findings += rules.finish(ended)
    assert [finding for finding in findings if finding.clause != GRACE] == []
