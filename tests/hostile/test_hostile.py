"""A thousand hostile frames and requests against each program; `make hostile` sends a hundred thousand."""

import pytest

from tests.hostile import coordinator, worker
from tests.hostile.plan import plan


@pytest.mark.timeout(300)
async def test_the_coordinator_lives_through_hostile_peers() -> None:
    ledger, items = await coordinator.attack(1000, seed=1)
    assert ledger.passed, ledger.report("coordinator", 0)
    assert ledger.sent == len(items)


@pytest.mark.timeout(300)
async def test_the_worker_lives_through_a_hostile_coordinator() -> None:
    ledger, items = await worker.attack(1000, seed=1)
    assert ledger.passed, ledger.report("worker", 0)
    assert ledger.sent == len(items)


@pytest.mark.parametrize("lanes", [coordinator.LANES, worker.LANES])
def test_every_generator_has_its_share(lanes: dict[str, list[str]]) -> None:
    items = plan(10_000, 1, lanes)
    names = [(lane, name) for lane, generators in lanes.items() for name in generators]
    assert len(names) >= 30
    for lane, name in names:
        assert sum(item.lane == lane and item.generator == name for item in items) >= len(items) // 100
    assert sum(item.lane == "http" for item in items) >= len(items) // 5
    assert sum(item.lane == "break" for item in items) >= len(items) // 20
