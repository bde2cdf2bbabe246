"""The shipped baselines, held to workers that have exactly the deviations of the deployed ones."""

import sys
from pathlib import Path

import pytest
from dispatch_conformance.baselines import load, shipped
from dispatch_conformance.catalogue import all_checks
from dispatch_conformance.cli import main

PROGRAMS = Path(__file__).parents[1] / "deployed" / "__main__.py"
SLOW = ("end_to_end", "replay", "hashes", "tasks.extract_json", "pairing.failing", "connecting.ws_url")
LEFT_OUT = {
    "command-line": SLOW,
    "simulator": (*SLOW, "jobs"),
    "kotlin": ("end_to_end", "keys", "pairing", "W-END", "llm", "tasks", "robustness"),  # as on a phone
}
"""What a test leaves out to be quick; a whole run comes to the same."""


def test_four_are_shipped_and_each_entry_says_why() -> None:
    assert shipped() == ("command-line", "desktop", "kotlin", "simulator")
    for name in shipped():
        baseline = load(name)
        assert baseline.entries
        assert baseline.seed is None
        assert all(entry.clause == all_checks()[entry.check] for entry in baseline.entries)
        text = (Path(sys.modules["dispatch_conformance.baselines"].__path__[0]) / f"{name}.toml").read_text(
            "utf-8"
        )
        assert "Derived from SPEC.md" in text
        assert max(map(len, text.splitlines())) <= 200


def test_the_command_line_worker_deviates_as_the_desktop_one_and_further() -> None:
    desktop, command_line = (
        {entry.check for entry in load(name).entries} for name in ("desktop", "command-line")
    )
    assert desktop < command_line


@pytest.mark.parametrize("name", ["command-line", "simulator", "kotlin"])
def test_such_a_worker_passes_with_its_baseline(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONUTF8", "1")  # node reads its environment so, whatever the locale
    worker = f"{sys.executable} {PROGRAMS} {name}"
    selection = [word for prefix in LEFT_OUT[name] for word in ("--exclude", prefix)]
    words = ["run", "--worker", worker, "--profile", "quick", "--no-fuzz", "--quiet", *selection]
    code = main([*words, "--baseline", name, "--level", "should"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert "known, accepted by the baseline" in told
