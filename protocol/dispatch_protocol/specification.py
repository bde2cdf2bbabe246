"""SPEC.md, printed from the clauses and the prose beside them.

`python -m dispatch_protocol.specification` prints the document; with `--check PATH` it prints nothing and
exits 1 if the file at PATH is not the document, naming the first line that differs. What it links: `*Title*`
in prose to the section of that title, ids of clauses and decisions to their anchors.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Final

from dispatch_protocol.clauses import (
    Clause,
    Decision,
    Level,
    Part,
    Section,
    clauses,
    for_role,
    load,
    requirement_hash,
)
from dispatch_protocol.printed import print_or_compare
from dispatch_protocol.vocabulary import Role

__all__ = ["main", "render"]

_PART_TITLES: Final = {
    Part.DATA: "Part I. The protocol",
    Part.WORKER: "Part II. What binds workers",
    Part.COORDINATOR: "Part III. What binds coordinators",
    Part.INFORMATIVE: "Part IV. Background (informative)",
}
_DECISIONS: Final = "decisions"
_PRINTED_BY: Final = (
    "<!-- Printed from dispatch_protocol/clauses.toml by `python -m dispatch_protocol.specification`;"
    " edit the data, not this file. -->"
)
_EMPHASIS: Final = re.compile(r"\*([A-Z][^*\n]+)\*")
_REFERENCE: Final = re.compile(r"\b([WC]-[A-Z]+-[0-9]+|R-[0-9]+)\b")
_FENCE: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def render() -> str:
    """The whole document in Markdown, ending in one line feed."""
    sections = load().sections
    blocks = [
        _PRINTED_BY,
        "# The Dispatch worker protocol",
        f"Version {load().version}. {len(clauses())} clauses, requirement set `{requirement_hash()[:16]}`.",
        _tally(),
        "## Contents",
        *_contents(sections),
    ]
    for part, members in groupby(sections, key=lambda section: section.part):
        blocks.append(f'## <a id="part-{part}"></a>{_PART_TITLES[part]}')
        for section in members:
            blocks += _section(section)
    return "\n\n".join(blocks) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the document, or compare it with a file; the exit code of `printed.print_or_compare`."""
    about = "Print SPEC.md from the clauses."
    return print_or_compare(render, "dispatch_protocol.specification", about, arguments)


def _tally() -> str:
    """How many clauses bind each role, by level."""
    rows = ["| | MUST | SHOULD | MAY |", "|---|---|---|---|"]
    for role in Role:
        counts = [sum(entry.level is level for entry in for_role(role)) for level in Level]
        rows.append(f"| binding {role}s | {' | '.join(map(str, counts))} |")
    return "\n".join(rows)


def _contents(sections: Sequence[Section]) -> Iterator[str]:
    for part, members in groupby(sections, key=lambda section: section.part):
        lines = [f"[{_PART_TITLES[part]}](#part-{part})", ""]
        lines += [f"* [{_heading(section)}](#{section.id.lower()})" for section in members]
        yield "\n".join(lines)


def _heading(section: Section) -> str:
    return f"{section.id}: {section.title}" if section.clauses else section.title


def _section(section: Section) -> Iterator[str]:
    yield f'### <a id="{section.id.lower()}"></a>{_heading(section)}'
    yield _linked(section.text)
    yield from map(_clause, section.clauses)
    if section.id == _DECISIONS:
        yield _decision_table(load().decisions)
    if section.modules:
        names = ", ".join(f"`{name}`" for name in section.modules)
        yield f"In the reference: {names}."


def _clause(entry: Clause) -> str:
    """One clause in one paragraph: anchor, id, level, sentence, source, and why it is not tested."""
    untested = "" if entry.testable else f" *Not testable: {entry.untestable_reason}*"
    return (
        f'<a id="{entry.anchor}"></a>**{entry.id}** {entry.level_label} — {_linked(entry.text)}'
        f" *Source: {_referenced(entry.source)}.*{untested}"
    )


def _decision_table(decisions: Sequence[Decision]) -> str:
    rows = ["| | situation | deployed | here |", "|---|---|---|---|"]
    for entry in decisions:
        cells = [_linked(text) for text in (entry.situation, entry.deployed, entry.reference)]
        rows.append(f'| <a id="{entry.id.lower()}"></a>{entry.id} | {" | ".join(cells)} |')
    return "\n".join(rows)


def _linked(text: str) -> str:
    """Prose with its references linked; what stands in fences is left alone."""
    pieces = _FENCE.split(text)
    return "".join(piece if index % 2 else _titled(_referenced(piece)) for index, piece in enumerate(pieces))


def _titled(text: str) -> str:
    return _EMPHASIS.sub(_title_link(), text)


def _referenced(text: str) -> str:
    return _REFERENCE.sub(lambda match: f"[{match[1]}](#{match[1].lower()})", text)


@cache
def _title_link() -> Callable[[re.Match[str]], str]:
    """What `*Title*` becomes: a link where a section bears the title (the first that does), else itself."""
    anchors: dict[str, str] = {}
    for section in load().sections:
        anchors.setdefault(section.title, section.id.lower())
    return lambda match: f"[{match[1]}](#{anchors[match[1]]})" if match[1] in anchors else match[0]


if __name__ == "__main__":
    sys.exit(main())
