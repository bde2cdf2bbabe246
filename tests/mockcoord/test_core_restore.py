"""Going on from an earlier run, and what may never be imported by the core."""

import ast
from pathlib import Path

import dispatch_mockcoord.core
import msgspec
import pytest
from dispatch_mockcoord.core import coordinator
from dispatch_protocol.clauses import clause

from tests.mockcoord.driver import Driver


def test_pending_jobs_go_on_waiting_and_assigned_ones_fail() -> None:
    """C-DUR-2 to C-DUR-4."""
    before = Driver()
    before.join(1)
    held, waiting, later = before.commit(), before.commit(), before.commit()
    after = Driver()
    after.now += 20
    after.take(after.core.restore([before.jobs[id] for id in (later, held, waiting)], [], after.at))
    assert after.status(held) == "failed: worker_disconnected"
    after.wait(9)
    after.join(1)
    assert after.complete(1, held)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert after.held(1) == waiting
    after.wait(1)
    assert after.status(later) == "failed: no_eligible_worker"


def test_a_job_whose_window_closed_meanwhile_fails_at_once() -> None:
    before = Driver()
    job = before.commit()
    after = Driver()
    after.now += 3600
    after.take(after.core.restore([before.jobs[job]], [], after.at))
    after.wait(0)
    assert after.status(job) == "failed: no_eligible_worker"


def test_a_clock_that_was_set_back_keeps_the_window_at_its_length() -> None:
    before = Driver()
    before.now += 3600
    job = before.commit()
    after = Driver()
    after.take(after.core.restore([before.jobs[job]], [], after.at))
    after.wait(29.9)
    assert after.status(job) == "pending"
    after.wait(0.1)
    assert after.status(job) == "failed: no_eligible_worker"


def test_rejections_are_remembered() -> None:
    before = Driver()
    before.join(1)
    job = before.commit()
    before.reject(1, job)
    after = Driver()
    after.take(after.core.restore([msgspec.structs.replace(before.jobs[job])], [], after.at))
    after.join(1)
    assert after.held(1) is None
    after.join(2)
    assert after.held(2) == job


ALLOWED = {
    "bisect",
    "collections",
    "collections.abc",
    "dataclasses",
    "enum",
    "heapq",
    "itertools",
    "math",
    "typing",
    "msgspec",
}
MODULES = sorted(Path(str(dispatch_mockcoord.core.__file__)).parent.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_core_imports_nothing_but_the_protocol_and_itself(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module))
    foreign = {
        name
        for name in imported - ALLOWED
        if not name.startswith(("dispatch_protocol.", "dispatch_mockcoord.core"))
    }
    assert foreign == set()


def test_the_clauses_it_names_exist() -> None:
    for id in (coordinator.FIRST_FRAME, coordinator.USABLE_KEY, coordinator.OWN_KEY, coordinator.HELD_JOB):
        assert clause(id).role == "worker"
