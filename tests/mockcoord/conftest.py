"""A coordinator that runs for the length of one test, and is judged by the passive rules as it does."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.store import Store
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


@pytest.fixture(params=["memory", "file"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Makes an empty store of each kind, that keeps so much of finished jobs; closed when the test ends."""
    with ExitStack() as opened:
        made = 0

        def make(keep_jobs: int = 0, keep_bytes: int = 0) -> Store:
            nonlocal made
            made += 1
            path = str(tmp_path / f"made-{made}.db")
            in_memory = request.param == "memory"
            kept = (keep_jobs, keep_bytes)
            store: Store = MemoryStore(*kept) if in_memory else FileStore(path, *kept)
            return opened.enter_context(closing(store))

        yield make
