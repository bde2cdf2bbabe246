"""The list of faults, for a terminal and as docs/faults.md, both from the catalogue.

`python -m dispatch_mockcoord.faults.listing` prints the document; with `--check PATH` it prints nothing and
exits 1 if the file at PATH is not the document.
"""

import sys
from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Final

from dispatch_protocol.clauses import clause
from dispatch_protocol.printed import print_or_compare

from dispatch_mockcoord.faults.catalogue import AIMS, CATALOGUE, aims_of
from dispatch_mockcoord.faults.kinds import Kind, Option, Stage
from dispatch_mockcoord.faults.plan import ANY_MESSAGE

_WIDTH: Final = 100
_INDENT: Final = " " * 6
_COLUMN: Final = 24
_SPEC: Final = "../protocol/SPEC.md"
_PRINTED_BY: Final = (
    "<!-- Printed from the catalogue by `python -m dispatch_mockcoord.faults.listing`; edit that, not this"
    " file. -->"
)
_OPENING: Final = """# The faults of the mock coordinator

Each is switched on by its name: at the command line (`dispatch-mockcoord --fault close:code=1012,rate=0.1`),
in a TOML file (`--faults FILE`), or by a test while it runs. How often and at whom it strikes is said by the
same options for all; what else it takes stands in its own table. Every strike is marked in the transcript,
and the same seed gives the same faults."""

_TITLES: Final = {
    Stage.REGISTER: "At a registration",
    Stage.FRAME: "At a message to a worker",
    Stage.REQUEST: "At an HTTP request",
    Stage.MODE: "As long as it is on",
}
_NOTES: Final = {
    Stage.REQUEST: "Several can strike at one request; of those that refuse it, the one named first does. The"
    " one request that workers send, and that `worker` picks out, is the claim of a pairing code.",
}


def terminal_text() -> str:
    """The faults for a terminal: each with what it does, and its options with their defaults."""
    blocks = []
    for stage, kinds in _by_stage():
        blocks.append(f"{_TITLES[stage]}:")
        for kind in kinds:
            options = (_line(f"{option.name}={_value(option)}  ", option.meaning) for option in kind.options)
            blocks.append("\n".join((f"  {kind.name}", _line("", kind.does), *options)))
    aims = (_line(f"{aim.name}  ", aim.meaning) for aim in AIMS)
    blocks.append("\n".join(("How often, and at whom (not every fault takes each):", *aims)))
    return "\n\n".join(blocks) + "\n"


def render() -> str:
    """The document in Markdown, ending in one line feed."""
    blocks = [_PRINTED_BY, _OPENING, "## How often, and at whom", _table(AIMS, with_defaults=False)]
    for stage, kinds in _by_stage():
        blocks.append(f"## {_TITLES[stage]}")
        if stage in _NOTES:
            blocks.append(_NOTES[stage])
        for kind in kinds:
            blocks += _section(kind)
    return "\n\n".join(blocks) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the document, or compare it with a file; the exit code of `printed.print_or_compare`."""
    about = "Print faults.md from the catalogue."
    return print_or_compare(render, "dispatch_mockcoord.faults.listing", about, arguments)


def _by_stage() -> Iterator[tuple[Stage, list[Kind]]]:
    for stage in Stage:
        yield stage, [kind for kind in CATALOGUE.values() if kind.stage is stage]


def _section(kind: Kind) -> Iterator[str]:
    yield f"### {kind.name}"
    clauses = ", ".join(f"[{name}]({_SPEC}#{clause(name).anchor})" for name in kind.clauses)
    yield f"{kind.does}\n\nA good peer: {kind.peer} ({clauses})"
    aims = ", ".join(f"`{aim.name}`" for aim in aims_of(kind))
    yield f"Also takes {aims}.{_struck(kind)}" if aims else "Takes none of the options above."
    if kind.options:
        yield _table(kind.options)


def _struck(kind: Kind) -> str:
    if not kind.message:
        return ""
    if kind.only_that:
        return f" It strikes `{kind.message}` alone."
    what = "any message" if kind.message == ANY_MESSAGE else f"`{kind.message}`"
    return f" Unless `message` names another, it strikes {what}."


def _table(options: Sequence[Option], *, with_defaults: bool = True) -> str:
    columns = ("option", "default", "may be", "means") if with_defaults else ("option", "may be", "means")
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for option in options:
        cells = [f"`{option.name}`", _default(option), option.allowed, option.meaning]
        if not with_defaults:
            del cells[1]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _line(label: str, text: str) -> str:
    """A line of the terminal's list, wrapped behind the label."""
    behind = _INDENT + " " * (_COLUMN if label else 0)
    labelled = f"{label:<{_COLUMN}}{text}" if label else text
    return fill(labelled, _WIDTH, initial_indent=_INDENT, subsequent_indent=behind)


def _default(option: Option) -> str:
    return "" if option.default == "" else f"`{_value(option)}`"


def _value(option: Option) -> str:
    return f"{option.default:g}" if isinstance(option.default, float) else str(option.default)


if __name__ == "__main__":
    sys.exit(main())
