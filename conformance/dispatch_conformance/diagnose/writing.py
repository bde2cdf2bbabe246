"""The one serializer that stands for all of them: it writes a tree as a style says."""

from dispatch_conformance.diagnose.styles import Layout, Style
from dispatch_conformance.diagnose.tree import Number, Tree

_LITERALS = {None: "null", True: "true", False: "false"}


def write(tree: Tree, style: Style) -> str:
    """The tree as a serializer of this style writes it. Raises numbers.Refused where that refuses it."""
    return _write(style.shape.change(tree), style, 0) + style.layout.end


def _write(tree: Tree, style: Style, level: int) -> str:
    """A value that stands `level` levels of indentation deep."""
    if isinstance(tree, str):
        return style.escapes.write(tree)
    if isinstance(tree, Number):
        return style.numbers.write(tree)
    if isinstance(tree, dict):
        keys = style.order.arrange([*tree])
        colon = style.layout.colon
        members = [f"{style.escapes.write(key)}{colon}{_write(tree[key], style, level + 1)}" for key in keys]
        return _enclosed("{", members, "}", style.layout, level)
    if isinstance(tree, list):
        inner = level if style.layout.inline_arrays else level + 1
        return _enclosed("[", [_write(item, style, inner) for item in tree], "]", style.layout, level)
    return _LITERALS[tree]


def _enclosed(opening: str, parts: list[str], closing: str, layout: Layout, level: int) -> str:
    if not parts:
        inside = layout.hollow[opening == "["]
        margin = (layout.indent or "") * level if inside.endswith("\n") else ""
        return f"{opening}{inside}{margin}{closing}"
    if layout.inline_arrays and opening == "[":
        return f"[ {', '.join(parts)} ]"
    if layout.indent is None:
        return f"{opening}{layout.item.join(parts)}{closing}"
    outer = "\n" + layout.indent * level
    inner = outer + layout.indent
    return f"{opening}{inner}{(layout.item + inner).join(parts)}{outer}{closing}"
