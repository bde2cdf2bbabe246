"""Elements of a page, made so that no text can become markup and none can hide.

Every text that enters an element, or an attribute of one, has its hidden letters shown as escapes: control
characters, direction marks, lone surrogates. The page's own style and script are the only texts that stand in
it as they are. Whoever makes an element bounds its texts.
"""

from itertools import groupby
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

from dispatch_conformance.report.plain import visible

Content: TypeAlias = Element | str


def element(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Element:
    """An element. Of its attributes `class_` and `for_` lose their `_`, any other `_` is a `-`.

    An attribute that is None or False is left out, one that is True stands without a value.
    """
    made = Element(name)
    for attribute, value in attributes.items():
        if value is None or value is False:
            continue
        text = "" if value is True else str(value)
        made.set(attribute.rstrip("_").replace("_", "-"), visible(text, len(text)))
    add(made, *content)
    return made


def add(parent: Element, *content: Content) -> None:
    """Append elements and texts to an element."""
    for part in content:
        if isinstance(part, str):
            _add_text(parent, part)
        else:
            parent.append(part)


def raw(name: str, text: str) -> Element:
    """A `style` or `script` of the page's own. Raises ValueError for a text that would end it."""
    if "</" in text or "<!--" in text:
        raise ValueError(f"the text of a {name} element would end it")
    made = Element(name)
    made.text = text
    return made


def document(root: Element) -> str:
    """The page's text."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _add_text(parent: Element, text: str) -> None:
    """Append a text, its escapes marked, so that nobody takes them for what the worker wrote."""
    for seen, letters in groupby(text, str.isprintable):
        run = "".join(letters)
        if seen:
            _append(parent, run)
        else:
            mark = Element("i")
            mark.text = visible(run, len(run))
            parent.append(mark)


def _append(parent: Element, text: str) -> None:
    """Append a text that is fit to be shown."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
