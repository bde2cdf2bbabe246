"""What other serializers make of one value: the named ones, and every combination of the switches' positions.

A position that changes nothing about the value at hand is left out of explanations and of combinations, so
that both stay few, and say only what can be seen.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cached_property
from itertools import islice, product
from typing import Final, NamedTuple, TypeAlias

from dispatch_conformance.diagnose import numbers, strings, styles
from dispatch_conformance.diagnose.doubles import Refused
from dispatch_conformance.diagnose.guesses import listed
from dispatch_conformance.diagnose.numbers import Numbers
from dispatch_conformance.diagnose.serializers import SERIALIZERS, recipe
from dispatch_conformance.diagnose.strings import Escapes
from dispatch_conformance.diagnose.styles import Layout, Order, Shape, Style
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.writing import write

Position: TypeAlias = Layout | Order | Escapes | Numbers | Shape

_CANONICAL: Final = Style()
_SWITCHES: Final = tuple(field.name for field in fields(Style))
_POSITIONS: Final[tuple[tuple[Position, ...], ...]] = (
    styles.LAYOUTS,
    styles.ORDERS,
    strings.POSITIONS,
    numbers.POSITIONS,
    styles.SHAPES,
)
_MOST_COMBINATIONS: Final = 16_384
_MOST_CHARACTERS: Final = 2_000_000


class Rendering(NamedTuple):
    """Bytes that someone may have hashed or signed by mistake.

    `what` is what they are, as a noun (`the canonical text with a line feed`), `mend` what to do instead; a
    `weak` one often fits by accident, along with the true reason.
    """

    name: str
    what: str
    mend: str
    data: bytes
    weak: bool = False


class Renderings:
    """The texts of one source, under every style. Empty where the source is beyond the models' limits."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._alone: dict[Position, str | None] = {_CANONICAL.layout: source.canonical}
        self._texts: dict[tuple[str | None, ...], bytes | None] = {}

    @cached_property
    def is_modelled(self) -> bool:
        """Whether the source is within the limits of the models."""
        try:
            self._source.tree  # noqa: B018  reading it is the test
        except ValueError:
            return False
        return True

    def named(self) -> Iterator[Rendering]:
        """What the named serializers write, the likeliest first; those that refuse the value are left out."""
        for serializer in SERIALIZERS if self.is_modelled else ():
            data = self._written(serializer.style)
            if data is not None:
                does, mend = self._explained(serializer.style)
                what = f"the text of {serializer.title}" + (f", which {does}" if does else "")
                yield Rendering(serializer.name, what, recipe(serializer.name) or mend, data)

    def combined(self) -> Iterator[Rendering]:
        """What every combination of visible positions gives, the simplest first, within a bound of work."""
        if not self.is_modelled:
            return
        choices = [
            self._visible(switch, positions) for switch, positions in zip(_SWITCHES, _POSITIONS, strict=True)
        ]
        most = min(_MOST_COMBINATIONS, _MOST_CHARACTERS // (len(self._source.canonical) + 1))
        combinations = sorted(
            islice(product(*map(range, map(len, choices))), 4 * _MOST_COMBINATIONS),
            key=lambda places: sum(map(bool, places)),
        )
        for places in combinations[1 : most + 1]:
            style = Style(*(choice[place] for choice, place in zip(choices, places, strict=True)))  # type: ignore[arg-type]
            data = self._written(style, "surrogatepass")
            if data is not None:
                does, mend = self._explained(style)
                name = "+".join(position.name for position in self._deviations(style))
                yield Rendering(name, f"a text that {does}", mend, data)

    def _explained(self, style: Style) -> tuple[str, str]:
        """What a style does to this value that ECMAScript does not, and what to do instead."""
        deviations = [facet for position in self._deviations(style) for facet in self._facets(position)]
        return listed(position.says for position in deviations), "; ".join(
            dict.fromkeys(position.mend for position in deviations)
        )

    def _deviations(self, style: Style) -> list[Position]:
        """The positions of a style that make a difference here."""
        chosen = [getattr(style, switch) for switch in _SWITCHES]
        return [
            position
            for switch, position in zip(_SWITCHES, chosen, strict=True)
            if self._text_with(switch, position) != self._source.canonical
        ]

    def _facets(self, position: Position) -> list[Position]:
        """Of a way of writing strings what is visible here; any other position as it is."""
        if not isinstance(position, Escapes):
            return [position]
        seen = [
            facet for facet in position.facets if self._text_with("escapes", facet) != self._source.canonical
        ]
        return [*seen] or [position]

    def _visible(self, switch: str, positions: tuple[Position, ...]) -> list[Position]:
        """One position per text that the switch can bring about by itself, ECMAScript's first."""
        by_text: dict[str, Position] = {}
        for position in positions:
            text = self._text_with(switch, position)
            if text is not None:
                by_text.setdefault(text, position)
        return [*by_text.values()]

    def _text_with(self, switch: str, position: Position) -> str | None:
        """The text with this one switch moved; None where the position refuses the value."""
        if position not in self._alone:
            try:
                text = write(self._source.tree, replace(_CANONICAL, **{switch: position}))  # type: ignore[arg-type]
            except Refused:
                self._alone[position] = None
            else:
                self._alone[position] = text
        return self._alone[position]

    def _written(self, style: Style, errors: str = "strict") -> bytes | None:
        """The UTF-8 of the text in a style. Styles whose positions all act alike are written once."""
        acting = (*(self._text_with(switch, getattr(style, switch)) for switch in _SWITCHES), errors)
        if acting not in self._texts:
            try:
                self._texts[acting] = write(self._source.tree, style).encode("utf-8", errors)
            except (Refused, UnicodeEncodeError):
                self._texts[acting] = None
        return self._texts[acting]
