"""A badge: one line of a result as an SVG that needs no font, no style and no network of its own.

Only figures and words of the suite's stand in it, never a word of the worker's.
"""

from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from dispatch_conformance.report.conclusion import CONFORMANT, FAILED, UNDECIDED
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.stored import Stored
from dispatch_conformance.verdicts import Verdict

LABEL: Final = "dispatch"
"""What stands on the left."""

_GREEN, _RED, _AMBER, _GREY = "#1f7a3a", "#b3261e", "#8a5a00", "#57606a"
_LEFT: Final = "#444c56"
_HEIGHT: Final = 20
_PADDING: Final = 6
_SIZE: Final = 11
_FONTS: Final = "Verdana,DejaVu Sans,Geneva,sans-serif"

_WIDTHS: Final = {
    **dict.fromkeys("0123456789", 636),
    **dict(zip("abcdefghijkl", (601, 623, 521, 623, 596, 352, 623, 633, 274, 344, 592, 274), strict=True)),
    **dict(zip("mnopqrstuvwx", (973, 633, 607, 623, 623, 427, 521, 394, 633, 592, 818, 592), strict=True)),
    **{"y": 592, "z": 525},
    **{" ": 352, "/": 454, "(": 454, ")": 454, ",": 364},
}
"""How wide the letters of a badge are in Verdana, in thousandths of the font's size."""


class Words(NamedTuple):
    """What stands on the right, and on which colour; white on any of them has a contrast above 5:1."""

    text: str
    colour: str


def words(result: Stored) -> Words:
    """What a result comes to. Where less was asked, or failures are accepted, it never says `conformant`."""
    code, checks = result.summary.exit_code, result.checks
    passed = sum(check.verdict is Verdict.PASS for check in checks)
    known = sum(check.known is not None for check in checks)
    judged = passed + sum(check.verdict in BROKEN for check in checks)
    options = result.options
    if code == CONFORMANT:
        partly = options.only or options.exclude or options.only_levels
        word = "selection" if partly else "quick" if options.profile == "quick" else "conformant"
        if known:
            return Words(f"{passed}/{judged}, {known} known", _AMBER)
        return Words(f"{word} {passed}/{judged}", _GREEN)
    if code == FAILED:
        fatal = BROKEN if options.level == "SHOULD" else (Verdict.FAIL,)
        failed = sum(check.verdict in fatal and check.known is None for check in checks)
        return Words(f"{failed} failed" if failed else "baseline stale", _RED)
    return Words("undecided" if code == UNDECIDED else "nothing judged", _GREY)


def badge(result: Stored) -> str:
    """The text of the SVG."""
    text, colour = words(result)
    left, right = _width(LABEL) + 2 * _PADDING, _width(text) + 2 * _PADDING
    whole = f"{LABEL}: {text}"
    svg = Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "width": str(left + right), "height": str(_HEIGHT)},
        role="img",
        viewBox=f"0 0 {left + right} {_HEIGHT}",
    )
    svg.set("aria-label", whole)
    SubElement(svg, "title").text = whole
    for x, width, fill in ((0, left, _LEFT), (left, right, colour)):
        SubElement(svg, "rect", x=str(x), width=str(width), height=str(_HEIGHT), fill=fill)
    styled = {"font-family": _FONTS, "font-size": str(_SIZE), "fill": "#fff", "aria-hidden": "true"}
    group = SubElement(svg, "g", styled)
    for x, said in ((_PADDING, LABEL), (left + _PADDING, text)):
        # a font that is there in place of these is stretched to the width that was reckoned with
        place = {"x": str(x), "y": "14", "textLength": str(_width(said)), "lengthAdjust": "spacingAndGlyphs"}
        SubElement(group, "text", place).text = said
    return tostring(svg, encoding="unicode") + "\n"


def _width(text: str) -> int:
    """How wide a text is, in pixels."""
    return round(sum(_WIDTHS[letter] for letter in text) * _SIZE / 1000)
