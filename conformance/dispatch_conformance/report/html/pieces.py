"""The small pieces that the parts of the page share: badges, links, commands."""

from typing import Final
from xml.etree.ElementTree import Element

from dispatch_conformance.report.html.elements import element
from dispatch_conformance.report.html.standing import Standing
from dispatch_conformance.report.html.values import shortened
from dispatch_conformance.report.plain import visible

SIGNS: Final = {
    Standing.FAIL: "✕",
    Standing.WARN: "!",
    Standing.INCONCLUSIVE: "?",
    Standing.NOT_TESTABLE: "○",
    Standing.KNOWN: "≈",
    Standing.PASS: "✓",
    Standing.NOT_APPLICABLE: "–",
}
"""The sign of each standing: colour is never the only one."""


def sign(state: Standing) -> Element:
    """The sign alone, beside words that say the same."""
    return element("span", SIGNS[state], class_="sign", aria_hidden="true")


def badge(state: Standing) -> Element:
    """Sign and word."""
    return element("span", sign(state), " ", state.words, class_=f"badge {state}")


def flag(text: str) -> Element:
    """A label beside a badge."""
    return element("span", text, class_="flag")


def link(clause: str) -> Element:
    """A link to a clause's entry on this page."""
    return element("a", clause, href=f"#{clause}")


def command(text: str, limit: int) -> Element:
    """A command, with a button that copies it where what is shown is what would be run."""
    shown = element("code", *shortened(text, limit))
    made = element("div", shown, class_="command")
    if len(text) <= limit and visible(text, len(text)) == text:
        made.append(element("button", "Copy", type="button", class_="copy", hidden=True))
    return made
