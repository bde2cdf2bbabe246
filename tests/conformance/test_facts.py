"""The command line that a report gives is one that the suite takes, and means the same run."""

import shlex
from pathlib import Path

import pytest
from dispatch_conformance.attach.attachment import Attachment
from dispatch_conformance.baseline import NO_BASELINE
from dispatch_conformance.cli import _parser
from dispatch_conformance.commands.attaching import attachment_of
from dispatch_conformance.commands.run import settings_of
from dispatch_conformance.report.facts import command_line, facts
from dispatch_conformance.settings import Settings
from dispatch_protocol.clauses import Level

from tests.conformance.varied_report import varied

PLAIN = Settings(command="node 'my worker.js' $(x)", seed=7)
FULL = Settings(
    command="w",
    seed=1,
    scale=2.5,
    jobs=3,
    only=("W-RCP", "tasks"),
    exclude=("fuzz",),
    only_levels=(Level.MUST, Level.SHOULD),
    quick=True,
    fuzz=False,
    level=Level.SHOULD,
    repeat_failures=2,
)
ELSEWHERE = Settings(
    command="",
    seed=2,
    attach=Attachment(
        host="::1",
        port=4011,
        advertised="https://worker.test:1",
        certificate=Path("chain.pem"),
        key=Path("key.pem"),
        expect=frozenset({"pairing", "llm"}),
        wait=5,
    ),
)
SAME = ("seed", "scale", "only", "exclude", "only_levels", "quick", "fuzz", "level", "repeat_failures")


@pytest.mark.parametrize("settings", [PLAIN, FULL, ELSEWHERE])
def test_the_command_line_means_the_same_run(settings: Settings) -> None:
    program, *words = shlex.split(command_line(settings, Path("out/report")))
    assert program == "dispatch-conformance"
    options = _parser().parse_args(words)
    assert options.out == "out/report"
    again = settings_of(options, NO_BASELINE, attachment_of(options))
    jobs = settings.jobs if settings.attach is None else again.jobs
    assert (again.command or "", again.attach, again.jobs) == (settings.command, settings.attach, jobs)
    for name in (
        "seed",
        "scale",
        "only",
        "exclude",
        "only_levels",
        "quick",
        "fuzz",
        "level",
        "repeat_failures",
    ):
        assert getattr(again, name) == getattr(settings, name), name


def test_a_baseline_is_named() -> None:
    words = shlex.split(command_line(Settings(command="w", baseline="desktop"), None))
    assert words[words.index("--baseline") + 1] == "desktop"
    assert "--out" not in words


def test_nothing_hidden_is_in_a_fact() -> None:
    assert all(value.isprintable() and len(value) < 7_000 for value in facts(varied()).values())
