"""The tools that stand above the clauses: filters, search, and the list of keys. They need the script."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_protocol.clauses import Level, areas

from dispatch_conformance.report.html.elements import Content, element
from dispatch_conformance.report.html.pieces import sign
from dispatch_conformance.report.html.standing import Standing

KEYS: Final = (
    (("j", "↓"), "the next clause (↓ once one is chosen)"),
    (("k", "↑"), "the one before"),
    (("n", "N"), "the next clause that is broken, the one before"),
    (("Enter",), "unfold it, fold it up"),
    (("u",), "unfold everything shown, or fold it up"),
    (("/",), "search"),
    (("Esc",), "clear the search, leave it"),
    (("r",), "show everything again"),
    (("t",), "light, dark, as the system"),
    (("?",), "these keys"),
)
"""The keys, and what they do."""


def tools(counts: Mapping[Standing, int], shown: Sequence[str]) -> Element:
    """The filters; `counts` are those of the clauses, `shown` the areas' ids."""
    search = element(
        "label",
        element("span", "Search", class_="label"),
        element("input", type="search", name="q", placeholder="Search any text", autocomplete="off"),
        class_="search",
    )
    return element(
        "form",
        element("fieldset", element("legend", "Verdict"), *_standings(counts), class_="chips"),
        element("fieldset", element("legend", "Level"), *_levels(), class_="chips"),
        element("div", _areas(shown), search, class_="fields"),
        element("div", element("output", aria_live="polite", id="shown"), *_buttons(), class_="actions"),
        id="tools",
        role="search",
        aria_label="Filter the clauses",
        hidden=True,
    )


def keys() -> Element:
    """The list of keys."""
    rows = [part for names, does in KEYS for part in (element("dt", *_keys(names)), element("dd", does))]
    close = element("button", "Close", type="button", id="close")
    heading = element("h2", "Keys", id="keys-title")
    return element("dialog", heading, element("dl", *rows), close, id="keys", aria_labelledby="keys-title")


def _keys(names: Sequence[str]) -> Iterator[Content]:
    for place, name in enumerate(names):
        yield " " if place else ""
        yield element("kbd", name)


def _standings(counts: Mapping[Standing, int]) -> Iterator[Element]:
    for state, count in counts.items():
        figure = element("span", str(count), class_="figure")
        yield _chip("verdict", state, sign(state), f" {state.words} ", figure)


def _levels() -> Iterator[Element]:
    for level in (Level.MUST, Level.SHOULD, Level.MAY):
        yield _chip("level", level, level.value)


def _chip(name: str, value: str, *content: Content) -> Element:
    box = element("input", type="checkbox", name=name, value=value)
    return element("label", box, element("span", *content, class_=f"chip {value}"))


def _areas(shown: Sequence[str]) -> Element:
    titles = areas()
    options = [element("option", f"{titles[area]} ({area})", value=area) for area in shown]
    chosen = element("select", element("option", "every area", value=""), *options, name="area")
    return element("label", element("span", "Area", class_="label"), chosen)


def _buttons() -> Iterator[Element]:
    for name, text in (("everything", "Show all"), ("unfold", "Unfold all"), ("help", "Keys ?")):
        yield element("button", text, type="button", id=name)
