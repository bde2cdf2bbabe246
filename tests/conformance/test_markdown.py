"""summary.md and what is put into Markdown: whatever a worker sends stays text, and there is not too much."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from dispatch_conformance.report.inert import code, fenced, prose
from dispatch_conformance.report.markdown import summary
from dispatch_conformance.report.plain import visible
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.conformance.varied_report import HOSTILE, many, silent, varied

TAGS = {
    *("h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong"),
    *("details", "summary", "b", "code", "pre"),
}
"""The elements that the project itself makes."""

STEP_LIMIT = 1024 * 1024
texts = st.text(st.sampled_from("`~<>&[]()!*_#@|\\/:.-+{}$\"' \n\r\t\x00\ud800awhtps1\u202e"), max_size=40)


class Read(HTMLParser):
    """The tags of a page, what stands in code, and what in prose."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.code: list[str] = []
        self.prose: list[str] = []
        self._within = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "code":
            self._within += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self._within:
            self.code[-1] += data
        else:
            self.prose.append(data)


def read(markdown: str) -> Read:
    """A text as code hosts read it: CommonMark with tables, HTML let through."""
    page = Read()
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    page.feed(rendered)
    page.close()
    return page


def inert(page: Read) -> None:
    """No element or attribute of a stranger's, and nothing in prose that a host would make a link of."""
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= {"class", "style"}
    assert {value for _, value in page.attributes} <= {"language-text", "text-align:right"}
    for text in page.prose:
        assert not re.search(r"@\w|#\w", text), text


@pytest.mark.parametrize("made", [varied, silent, lambda: many(40)])
def test_a_summary_is_inert_whatever_is_in_it(made: Any) -> None:
    text = summary(made())
    page = read(text)
    inert(page)
    assert page.tags.count("details") == text.count("<details>") == text.count("\n</details>")
    raw = re.sub(r"```+text\n.*?\n```+\n", "", text, flags=re.S)
    assert not re.search(r"https?://|www\.|javascript:", raw)


def test_a_summary_begins_with_the_verdict_and_the_counts() -> None:
    lines = summary(varied()).splitlines()
    assert lines[0] == "## Dispatch conformance: ❌ Failed"
    assert lines[4] == "| pass | fail | warn | inconclusive | not applicable | not testable | known |"
    assert lines[6] == "| 1 | 2 | 1 | 1 | 1 | 1 | 1 |"


def test_a_summary_tells_every_mistake_the_new_ones_first() -> None:
    text = summary(varied())
    folded = re.findall(r"<summary><b>(\w+)</b> <code>([a-z.]+)</code> (\S+) (\w+)", text)
    assert folded == [
        ("FAIL", "area.fails", "W-OUT-3", "MUST"),
        ("WARN", "area.warns", "W-RCP-8", "SHOULD"),
        ("KNOWN", "area.known", "W-OUT-5", "MUST"),
    ]
    for words in ("Stale in the baseline", "The suite's own failures", "The worker's last words", "The run"):
        assert words in text


@pytest.mark.parametrize("count", [300, 3000])
def test_a_summary_fits_the_summary_of_a_step(count: int) -> None:
    report = many(count)
    assert len(summary(report).encode("utf-8")) < STEP_LIMIT


def test_what_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch_conformance.report.markdown.MAX_BYTES", 6_000)
    assert re.search(r"\nAnd [123] more: see the report\.\n", summary(varied()))


@given(texts)
@example(HOSTILE)
@example("`` ` ``")
@example("")
@example("    ")
def test_code_is_shown_letter_by_letter(text: str) -> None:
    page = read(f"- before {code(text, 5000)} behind")
    assert page.tags == ["ul", "li", "code"]
    assert "".join(page.prose).split() == ["before", "behind"]
    assert page.code[0].strip(" ") == visible(text, 5000).strip(" ")


@given(texts)
@example(HOSTILE)
def test_prose_is_one_paragraph_of_text(text: str) -> None:
    page = read(f"x {prose(text, 5000)} x")
    inert(page)
    assert page.tags == ["p"]
    found = "".join(page.prose).replace("\u200b", "").strip("\n")
    assert found.split() == f"x {visible(text, 5000)} x".split()


@given(st.lists(texts, max_size=5))
@example(["```", "~~~", "`````````", "</code></pre>"])
def test_fenced_lines_stay_in_their_block(lines: list[str]) -> None:
    shown = [visible(line, 5000) for line in lines]
    page = read(f"{fenced(shown)}\n\nbehind")
    assert page.tags == ["pre", "code", "p"]
    assert page.code[0] == "".join(f"{line}\n" for line in shown)
