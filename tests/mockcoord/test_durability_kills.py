"""Killed at random moments under load, started anew on its database: nothing that was answered is lost."""

from pathlib import Path

import pytest

from tests.mockcoord.kills import Kills
from tests.mockcoord.witness import Witness

KILLS = 6


async def test_nothing_that_was_answered_is_lost_to_kills(tmp_path: Path) -> None:
    """C-DUR-1 to C-DUR-5; `python -m tests.mockcoord.kills` does more of it."""
    witness = await Kills(tmp_path / "dispatch.db", seed=1).run(KILLS)
    assert witness.restarts == KILLS
    assert set(witness.finished) == set(witness.jobs)
    assert sum(answer["status"] == "completed" for answer in witness.finished.values()) > 10
    assert witness.claims


def completed(job_id: str, **changes: object) -> dict[str, object]:
    return {
        "id": job_id,
        "status": "completed",
        "result": {},
        "receipt": None,
        "completed_at": "T",
        **changes,
    }


def test_the_witness_contradicts() -> None:
    """Each of these would be a fault of the coordinator's."""
    witness = Witness()
    witness.committed("a", is_private=False, status=201)
    witness.assigned("a", 1)
    with pytest.raises(AssertionError, match="what another holds"):
        witness.assigned("a", 2)
    witness.answers("a", {"output": {}, "receipt": {"job_id": "a"}})
    with pytest.raises(AssertionError, match="what its worker sent"):
        witness.seen("a", completed("a", result={"other": 1}))
    witness.seen("a", completed("a"))
    for changed in ({"completed_at": "U"}, {"status": "failed", "result": {"error": "worker_disconnected"}}):
        with pytest.raises(AssertionError, match="stays as it is"):
            witness.seen("a", completed("a", **changed))
    with pytest.raises(AssertionError, match="was refused"):
        witness.refused(1, {"type": "error", "code": "JOB_NOT_ASSIGNED"})
    witness.committed("b", is_private=True, status=201)
    with pytest.raises(AssertionError, match="PRIVATE"):
        witness.assigned("b", 2)
