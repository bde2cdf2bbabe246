"""What the documents name is there: files, headings, commands and options, targets of make, modules."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Final

import dispatch_conformance.cli
import dispatch_mockcoord.options
import dispatch_protocol.cli
import dispatch_worker.cli
import pytest

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("bench", "conformance", "docs", "examples", "mockcoord", "protocol", "tests", "worker")
DOCUMENTS: Final = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(found for name in FOLDERS for found in (ROOT / name).rglob("*.md")))
    if "node_modules" not in path.parts and path.name != "summary.md"
)
"""All that is written by hand or printed from data, but for a report that is shown as an example."""

MAINS: Final[dict[str, Callable[[Sequence[str]], object]]] = {
    "dispatch-conformance": dispatch_conformance.cli.main,
    "dispatch-mockcoord": dispatch_mockcoord.options.read_options,
    "dispatch-protocol": dispatch_protocol.cli.main,
    "dispatch-worker": dispatch_worker.cli.main,
}
ELSEWHERE: Final = {"--test", "--take", "--reporter"}
"""Options of programs that are not of this project."""

FENCED: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
MODULE: Final = re.compile(r"python -m ((?:bench|tests|dispatch_\w+)(?:\.\w+)*)")
COMMAND: Final = re.compile(rf"^(?:\$ )?(?:[A-Z_]+=\S+ +)*(?:{'|'.join(MAINS)})(?: |$)")


def code(path: Path) -> list[str]:
    """Every line of a block of code, and every piece of code within a text."""
    text = path.read_text("utf-8")
    blocks = [line for block in FENCED.findall(text) for line in block.splitlines()]
    indented = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [*blocks, *indented, *(" ".join(piece.split()) for piece in INLINE.findall(FENCED.sub("", text)))]


def commands() -> Iterator[list[str]]:
    """The words of every command of this project that a document shows, without what follows a pipe."""
    for path in DOCUMENTS:
        for line in code(path):
            if COMMAND.match(line):
                words = shlex.split(line.removeprefix("$ "), comments=True)
                while "=" in words[0]:
                    words.pop(0)
                yield words[: next((place for place, word in enumerate(words) if word in "|<>"), None)]


@cache
def help_of(*words: str) -> str:
    """What a command, or one of its actions, prints of itself."""
    with redirect_stdout(StringIO()) as printed, pytest.raises(SystemExit) as ended:
        MAINS[words[0]]([*words[1:], "--help"])
    assert ended.value.code == 0
    return printed.getvalue()


def actions(command: str) -> list[str]:
    """The actions of a command, by its help; none where it has none."""
    return re.findall(r"^ {4}([a-z]+)\b", help_of(command), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What may follow a `#` in a link to a document: its headings as hosts of repositories write them."""
    text = path.read_text("utf-8")
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)
    return {*plain, *re.findall(r'<a id="([^"]+)">', text)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(path.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_command_has_the_actions_and_options_that_are_shown() -> None:
    shown = [*commands()]
    assert {words[0] for words in shown} == MAINS.keys()
    for words in shown:
        known = actions(words[0])
        action = [word for word in words[1:2] if known and not word.startswith("-")]
        assert set(action) <= set(known), words
        page = help_of(words[0], *action)
        options = [word.partition("=")[0] for word in words if word.startswith("-") and word != "-"]
        assert [option for option in options if not re.search(rf"(?<!\S){option}\b", page)] == [], words


def test_every_option_that_is_named_is_one_of_some_command() -> None:
    pages = [help_of(name, *rest) for name in MAINS for rest in ([], *([each] for each in actions(name)))]
    own = (ROOT / name for name in ("bench", "tests", "docs/ci"))
    sources = [path.read_text("utf-8") for folder in own for path in folder.rglob("*.py")]
    known = set(OPTION.findall("\n".join((*pages, *sources, (ROOT / "Makefile").read_text("utf-8")))))
    named = {
        option: path.name for path in DOCUMENTS for line in code(path) for option in OPTION.findall(line)
    }
    assert len(named) > 40
    assert {option: path for option, path in named.items() if option not in known | ELSEWHERE} == {}


def test_every_target_of_make_is_named_and_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == set(phony)
    pieces = [piece for path in DOCUMENTS for piece in code(path)]
    named = {target for piece in pieces for target in re.findall(r"^make ([a-z-]+)", piece)}
    assert named - set(phony) == set()
    assert set(phony) - named == {"tests", "clean"}


def test_every_module_that_is_to_be_run_is_there() -> None:
    named = {name for path in DOCUMENTS for piece in code(path) for name in MODULE.findall(piece)}
    assert len(named) > 10
    assert [name for name in sorted(named) if find_spec(name) is None] == []


def test_every_path_that_is_named_is_there() -> None:
    begins = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*")
    named = {piece for path in DOCUMENTS for piece in code(path) if begins.fullmatch(piece)}
    assert len(named) > 20
    assert [name for name in sorted(named) if not [*ROOT.glob(name.rstrip("/"))]] == []
