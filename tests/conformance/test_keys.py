"""What stands at WORKER_KEY_PATH is the worker's: whatever that is, it is looked at and never waited for."""

import os
from pathlib import Path

import pytest
from dispatch_conformance.clock import ControlClock
from dispatch_conformance.engine import run_scenario
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.scenarios import keys
from dispatch_conformance.scenarios.keys import MAX_BYTES, content_of
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict

from tests.conformance.small_workers import command


def test_the_content_of_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    assert content_of(path) is None
    path.write_bytes(b"{}")
    assert content_of(path) == b"{}"
    os.truncate(path, 2**40)
    assert len(content_of(path) or b"") == MAX_BYTES


def test_what_is_no_file_has_no_content(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "folder", "zero", "loop", "folder/none", "fifo/none"):
        assert content_of(tmp_path / name) is None


@pytest.mark.parametrize("scenario", [keys.foreign, keys.damaged])
@pytest.mark.parametrize("kind", ["a_fifo", "a_folder", "an_endless_file"])
async def test_a_key_file_that_is_replaced_by_something_else_is_told_as_that(
    tmp_path: Path, kind: str, scenario: Scenario
) -> None:
    async with ControlClock() as clock:
        run = await run_scenario(scenario, Settings(command=command(tmp_path, f"makes_{kind}")), clock)
    assert not run.error
    name = "unchanged" if scenario is keys.foreign else "damaged"
    told = [(entry.verdict, entry.actual) for entry in run.observations if entry.check == f"keys.{name}"]
    assert told == [(Verdict.FAIL, "no file any more" if name == "damaged" else "no key file any more")]
