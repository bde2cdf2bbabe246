"""Lines on their way out: where they go, and what a stream that takes none costs."""

import io
import sys

import pytest
from dispatch_protocol.vocabulary import ProviderType
from dispatch_worker.effects import Level, Log
from dispatch_worker.log import Printer


class Gone(io.StringIO):
    """A stream that takes nothing any more."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault

    def write(self, _text: str) -> int:
        raise self.fault


@pytest.mark.parametrize(
    ("level", "printed"),
    [
        (Level.DETAIL, ("", "")),
        (Level.INFO, ("[Desktop Worker] x\n", "")),
        (Level.WARNING, ("", "[Desktop Worker] x\n")),
        (Level.ERROR, ("", "[Desktop Worker] x\n")),
    ],
)
def test_each_level_has_its_stream(
    level: Level, printed: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Printer(ProviderType.DESKTOP, verbose=False).show(Log("x", level))
    assert capsys.readouterr() == printed


def test_details_show_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(ProviderType.SEEKER, verbose=True).show(Log("x", Level.DETAIL))
    assert capsys.readouterr() == ("[Seeker Worker] x\n", "")


@pytest.mark.parametrize(
    "fault", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")]
)
def test_a_reader_that_went_away_costs_the_line_alone(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Gone(fault))
    Printer(ProviderType.DESKTOP, verbose=False).show(Log("x"))
