"""Progress: a line on a terminal's stderr, nothing anywhere else; and reports for every terminal."""

import io
import re
import sys
from dataclasses import replace

import pytest
from dispatch_conformance.commands.attaching import Steps
from dispatch_conformance.report.model import make_report
from dispatch_conformance.report.progress import Progress
from dispatch_conformance.report.terminal import Terminal
from dispatch_conformance.scenario import scenario
from dispatch_conformance.verdicts import Verdict

from tests.conformance.test_report import EMPTY, SETTINGS, nothing, observed, outcome


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def ended(progress: Progress, *verdicts: Verdict) -> None:
    progress.ended(outcome(*map(observed, verdicts)).runs[0])


def test_the_line_tells_how_far_it_is() -> None:
    progress = Progress(4)
    for name in ("a.b", "c.d", "e.f", "g.h"):
        progress.began(scenario(name, {})(nothing))
    assert re.fullmatch(r"·{20}  0/4  \d+ s  a\.b, c\.d, e\.f and 1 more", progress.line())
    progress.began(EMPTY)
    ended(progress, Verdict.FAIL, Verdict.PASS)
    ended(progress, Verdict.FAIL)
    assert re.fullmatch(
        r"━{6}·{14}  2/6  \d+ s  1 check failed  a\.b, c\.d, e\.f and 1 more", progress.line()
    )


def test_what_is_known_is_no_failure_of_the_line() -> None:
    progress = Progress(1, known=["area.one"])
    ended(progress, Verdict.FAIL)
    assert "failed" not in progress.line()


@pytest.mark.parametrize(
    ("stream", "quiet", "shows"), [(Screen, False, True), (Screen, True, False), (io.StringIO, False, False)]
)
def test_only_a_terminal_sees_the_line(
    stream: type[io.StringIO], quiet: bool, shows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = stream()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(2, quiet=quiet) as progress:
        ended(progress, Verdict.PASS)
    assert ("1/2" in screen.getvalue()) is shows
    if not shows:
        assert screen.getvalue() == ""


def test_a_terminal_that_knows_ascii_only_sees_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = io.BytesIO()
    screen = io.TextIOWrapper(file, encoding="ascii", write_through=True)
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(2) as progress:
        ended(progress, Verdict.PASS)
    assert b"==========..........  1/2" in file.getvalue()


def printed(monkeypatch: pytest.MonkeyPatch, quiet: bool = False, **variables: str) -> str:
    """A report as a terminal with these variables shows it."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    passed = replace(observed(Verdict.PASS), check="area.two")
    report = make_report(SETTINGS, outcome(observed(message="words " * 60), passed), [EMPTY])
    Terminal(quiet=quiet).end(report)
    return screen.getvalue()


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = printed(monkeypatch, TERM="xterm-256color")
    plain = printed(monkeypatch, TERM="xterm-256color", NO_COLOR="1")
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")
    assert colour.search(coloured)
    assert not colour.search(plain)
    assert "\x1b" not in printed(monkeypatch, TERM="dumb")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_prose_fits_a_narrow_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, TERM="xterm", NO_COLOR="1", COLUMNS=str(columns))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert [line for line in plain.splitlines() if "words words" in line]
    for line in plain.splitlines():
        if line.startswith(("  found", "  clause", "            words", "pass")):
            assert len(line) <= columns


def test_the_conclusion_is_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, TERM="dumb").splitlines()
    assert lines[-1] == "not conformant: 1 check failed (exit 1, seed 7)"
    assert any(line.startswith("pass  area: two") for line in lines)
    quiet = printed(monkeypatch, quiet=True, TERM="dumb").splitlines()
    assert quiet[-1] == lines[-1]
    assert "FAIL  area.one  W-OUT-3 MUST" in quiet
    assert not [line for line in quiet if line.startswith("pass")]


def test_the_steps_of_an_attached_run_are_named_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for screen, quiet, told in (
        (Screen(), False, "[1/1] area.scenario\n[1/1] area.scenario\n"),
        (Screen(), True, ""),
        (io.StringIO(), False, ""),
    ):
        monkeypatch.setattr(sys, "stderr", screen)
        steps = Steps(1, quiet=quiet)
        for _ in range(2):  # a repetition is no further one
            steps.began(EMPTY)
        assert screen.getvalue() == told
