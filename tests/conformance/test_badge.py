"""`badge`: the right words, inert, as wide as its letters, and readable by all."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest
from dispatch_conformance.badge import _WIDTHS, badge, words
from dispatch_conformance.cli import main
from dispatch_conformance.report.results import results_json, stored
from dispatch_conformance.report.stored import Stored
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.clauses import Level

from tests.conformance.varied_report import HOSTILE, varied

SVG = "{http://www.w3.org/2000/svg}"
BASE = stored(varied())
GOOD = tuple(
    msgspec.structs.replace(check, verdict=Verdict.PASS, known=None)
    for check in BASE.checks
    if check.verdict in {Verdict.PASS, Verdict.FAIL, Verdict.WARN}
)


def result(code: int = 0, *, options: Any = None, **more: Any) -> Stored:
    changes: dict[str, Any] = {
        "checks": GOOD,
        "summary": msgspec.structs.replace(BASE.summary, exit_code=code),
    }
    chosen = msgspec.structs.replace(BASE.options, **(options or {}))
    return msgspec.structs.replace(BASE, **changes | more, options=chosen)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (result(), "conformant 4/4"),
        (result(options={"only": ("W-RCP",)}), "selection 4/4"),
        (result(options={"profile": "quick"}), "quick 4/4"),
        (result(checks=BASE.checks), "1/4, 1 known"),
        (result(1, checks=BASE.checks), "1 failed"),
        (result(1, checks=BASE.checks, options={"level": Level.SHOULD}), "2 failed"),
        (result(1), "baseline stale"),
        (result(2), "undecided"),
        (result(3), "nothing judged"),
    ],
)
def test_it_says_what_the_run_came_to(made: Stored, text: str) -> None:
    assert words(made).text == text
    svg = fromstring(badge(made))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == svg.findtext(f"{SVG}title") == f"dispatch: {text}"
    assert [entry.text for entry in svg.iter(f"{SVG}text")] == ["dispatch", text]


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_texts_have_the_width_that_is_kept_for_them(code: int) -> None:
    svg = fromstring(badge(result(code, checks=BASE.checks)))
    boxes = [*svg.iter(f"{SVG}rect")]
    texts = [*svg.iter(f"{SVG}text")]
    assert sum(int(box.get("width", "")) for box in boxes) == int(svg.get("width", ""))
    for box, text in zip(boxes, texts, strict=True):
        left, width = number(box, "x") if box.get("x") else 0, number(box, "width")
        start, length = number(text, "x"), number(text, "textLength")
        assert start - left == (left + width) - (start + length) == 6
        assert 5 < length / len(text.text or "") < 8.5


def number(element: Element, name: str) -> int:
    return int(element.get(name, ""))


def test_letters_are_as_wide_as_in_the_font() -> None:
    assert len(_WIDTHS) == 26 + 10 + 5
    assert _WIDTHS["m"] == max(_WIDTHS.values())
    assert _WIDTHS["i"] == _WIDTHS["l"] == min(_WIDTHS.values())


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_white_letters_can_be_read_on_every_colour(code: int) -> None:
    for made in (result(code), result(code, checks=BASE.checks)):
        for box in fromstring(badge(made)).iter(f"{SVG}rect"):
            assert 1.05 / (luminance(box.get("fill", "")) + 0.05) > 5


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 has it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nothing_of_a_worker_and_nothing_to_load_is_in_it() -> None:
    text = badge(BASE)
    assert text.isascii()
    assert HOSTILE[:20] not in text
    names = {element.tag for element in fromstring(text).iter()}
    assert names == {f"{SVG}{name}" for name in ("svg", "title", "rect", "g", "text")}
    assert text.count("http") == 1  # the namespace


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.json").write_text(results_json(varied()), "utf-8")
    target = tmp_path / "badge.svg"
    assert main(["badge", str(tmp_path), "--out", str(target)]) == 0
    assert fromstring(target.read_text("utf-8")).get("aria-label") == "dispatch: 1 failed"
    assert main(["badge", str(tmp_path), "--out", str(tmp_path / "no" / "badge.svg")]) == 2
    assert main(["badge", str(tmp_path / "none"), "--out", str(target)]) == 2
    assert "cannot be" in capsys.readouterr().err
