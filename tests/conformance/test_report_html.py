"""The page by itself: what stands in it, that nothing hostile becomes markup, policy, size and colours."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from dispatch_conformance.report.formats import FORMATS
from dispatch_conformance.report.html.elements import element, raw
from dispatch_conformance.report.html.page import MAX_PAGE, MIN_TEXT, page
from dispatch_conformance.report.html.values import (
    MAX_TEXT,
    clause_prose,
    clipped,
    difference_of,
    frame_text,
    prose,
    side,
)
from dispatch_conformance.report.plain import visible
from dispatch_conformance.transcript import Transcript
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.clauses import clauses
from dispatch_protocol.vocabulary import Role
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.pages import HIDDEN, HOSTILE, MARKUP, hostile, made, mixed, observed

VOID = {"meta", "input"}


class Parsed(HTMLParser):
    """A page as a parser sees it: its elements in order, their attributes, and its text by element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [value for _, attribute, value in self.attributes if attribute == name]


class Flat(HTMLParser):
    """All text of a piece of a page, in its order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def flat(text: str) -> str:
    """The text of a piece of a page, without its markup."""
    parser = Flat()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


@pytest.fixture(scope="module")
def hostile_page() -> str:
    return page(hostile())


def test_the_page_tells_everything_needed_to_mend_a_failure() -> None:
    text = page(mixed())
    entry = flat(text[text.index('<article id="W-OUT-3"') : text.index('<article id="W-OUT-4"')])
    for said in (
        "MUST",
        "for a short input, summary is wrong",
        '{"summary":"café"}',
        '{"summary":"cafe"}',
        "at character 15: é U+00E9 expected, e U+0065 got",
        "expected 72 79 22 3a 22 63 61 66 c3 a9 22 7d",
        "Mend",
        "coordinator job_assign, ",
        "area.scenario, event 1",
        "dispatch-conformance run --worker 'node '\"'\"'my worker.js'\"'\"'' --only area.scenario --seed 7",
        "dispatch-conformance replay cases/tasks.summary.jsonl --worker ",
        "dispatch-conformance explain W-OUT-3",
        "replay.summary another answer",
    ):
        assert said in entry, said
    assert '{"summary":"caf<mark>é</mark>"}' in text
    assert "<mark>c3 a9</mark> 22 7d" in text
    assert "<mark>65</mark> 22 7d" in text


def test_the_head_tells_the_verdict_and_where_it_comes_from() -> None:
    report = mixed()
    head = flat(page(report).partition("<main")[0])
    for said in (
        "Failed",
        "Not conformant: 2 checks failed (exit 1)",
        "10 clauses judged by 11 checks",
        "known: the group reads it as well",
        "flaky (1 of 3)",
        report.pubkey,
        "DESKTOP with TASK",
        report.settings.command,
        report.origin.requirements,
        report.origin.started,
        report.origin.host.platform,
        report.origin.suite_version,
    ):
        assert said in head, said


def test_every_clause_for_workers_stands_on_the_page_once() -> None:
    text = page(mixed())
    found = Parsed(text)
    ids = [value for tag, name, value in found.attributes if name == "id" and tag == "article"]
    without = flat(text[text.index('<details class="unexamined"') : text.index("<footer")])
    assert len(ids) == len(set(ids)) == 10
    for law in clauses():
        if law.role is Role.WORKER:
            assert (law.id in ids) != (re.search(rf"{law.id}\b", without) is not None), law.id


def test_links_lead_to_what_is_there() -> None:
    found = Parsed(page(mixed()))
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for value in found.values("href")} <= set(ids)
    assert set(found.values("aria-labelledby")) <= set(ids)


def test_no_text_becomes_markup(hostile_page: str) -> None:
    found = Parsed(hostile_page)
    harmless = Parsed(page(hostile("harmless ")))
    assert not found.open
    assert set(found.tags) - {"i", "code", "em", "span"} <= set(harmless.tags)
    assert (found.tags.count("script"), found.tags.count("style")) == (1, 1)
    assert not {name for _, name, _ in found.attributes if name.startswith("on") or name in {"src", "style"}}
    assert all(value.startswith("#") for value in found.values("href"))


def test_texts_arrive_whole(hostile_page: str) -> None:
    text = flat(hostile_page)
    for part in (*MARKUP, *HIDDEN):
        assert visible(part) in text, part


def test_no_letter_of_the_page_is_hidden(hostile_page: str) -> None:
    assert {letter for letter in hostile_page if not letter.isprintable()} == {"\n"}
    hostile_page.encode("utf-8")
    assert "\n" not in re.sub(r"(?s)<(script|style)>.*?</\1>|<!DOCTYPE html>\n|\n\Z", "", hostile_page)


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_read_as_it_was_sent(text: str) -> None:
    from xml.etree.ElementTree import tostring

    made = element("p", text, title=text)
    found = Parsed(tostring(made, encoding="unicode", method="html"))
    assert set(found.tags) <= {"p", "i"}
    assert "".join(made.itertext()) == visible(text)
    assert found.values("title") == [visible(text)]


@given(st.text(st.sampled_from('"\\:{}ab \n`*'), max_size=80), st.integers(4, 90))
def test_setting_pieces_apart_loses_nothing(text: str, limit: int) -> None:
    shown = visible(text)
    assert "".join(frame_text(text, 200, "").itertext()) == shown
    assert "".join(element("p", *prose(text, 200)).itertext()).replace("`", "") == shown.replace("`", "")
    cut = "".join(frame_text(text * 2, limit, "there").itertext())
    left = f" … {2 * len(text) - limit} characters left out; all of it: there … "
    begin, found, end = cut.partition(left)
    assert cut == visible(text * 2) if 2 * len(text) <= limit + 60 else found
    assert visible(text * 2).startswith(begin)
    assert visible(text * 2).endswith(end)


def test_the_suites_sentences_set_code_apart_and_those_of_clauses_stress() -> None:
    said = element("p", *clause_prose("`a` is *one* of 2 * 3"))
    assert [(part.tag, part.text) for part in said] == [("code", "a"), ("em", "one")]
    assert "".join(element("p", *prose("`7*7` {{7*7}}")).itertext()) == "7*7 {{7*7}}"


def test_a_line_is_clipped_at_its_end() -> None:
    assert clipped("abc def", 7) == "abc def"
    assert clipped("abc def", 4) == "abc…"


def test_names_of_members_are_set_apart_from_strings_that_look_like_them() -> None:
    found = frame_text('{"a\\"b" : "c:","d":["e","f', 200, "")
    assert [name.text for name in found.iter("b")] == ['"a\\"b"', '"d"']


def test_a_difference_far_inside_is_shown_with_what_is_around_it() -> None:
    expected, actual = '"' + "x" * 5_000 + "a" + "y" * 5_000, '"' + "x" * 5_000 + "b" + "y" * 5_000
    difference = difference_of(expected, actual)
    assert difference is not None
    shown = side(expected, difference.place, 500)
    assert [mark.text for mark in shown.iter("mark")] == ["a"]
    assert len("".join(shown.itertext())) < 700


def test_digests_and_prose_are_not_compared_letter_by_letter() -> None:
    assert difference_of("0" * 64, "1" * 64) is None
    assert difference_of("a job_reject", "no answer") is None
    assert difference_of("0.9000000000000001", "0.9") is not None


def test_the_policy_admits_the_pages_own_style_and_script_alone(hostile_page: str) -> None:
    found = Parsed(hostile_page)
    policy = next(value for value in found.values("content") if "default-src" in value)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for name in ("script", "style"):
        digest = sha256("".join(found.texts[name]).encode("utf-8")).digest()
        assert rules[f"{name}-src"] == f"'sha256-{b64encode(digest).decode('ascii')}'"
    assert hostile_page.index("Content-Security-Policy") < hostile_page.index("<style>")
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(", "".join(found.texts["script"] + found.texts["style"])
    )


def test_a_script_that_would_end_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="would end it"):
        raw("script", "'</script>'")


def test_long_texts_are_cut_and_it_is_said_where_they_are_whole() -> None:
    text = page(hostile("\u202ex" * 500_000))
    assert len(text) < 1_500_000
    assert "all of it: transcripts/area.scenario.jsonl, line 3" in flat(text)
    assert "transcripts/ (every frame whole)" in text


def test_the_page_stays_within_bounds_however_much_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "\u202e<" * 5_000
    entries = [
        observed("area.one", law.id, Verdict.FAIL, *[0] * 20, message=long, expected='"' + long, actual=long)
        for law in clauses()
        if law.role is Role.WORKER
    ]
    transcript = Transcript("area.scenario")
    report = replace(hostile(long), results=made(entries, transcript).results)
    text = page(report)
    limit = re.search(r"Texts are cut to (\d+) characters", text)
    assert len(text) <= MAX_PAGE
    assert limit is not None
    assert MIN_TEXT < int(limit[1]) < MAX_TEXT
    bound = len(text) * 9 // 10
    monkeypatch.setattr("dispatch_conformance.report.html.page.MAX_PAGE", bound)
    assert len(page(report)) <= bound


def test_a_run_that_judged_nothing_has_a_page_too() -> None:
    report = made([], Transcript("area.scenario"))
    text = flat(page(report))
    assert "Nothing judged" in text
    assert "0 clauses judged by 0 checks" in text


def test_the_page_is_one_of_the_formats() -> None:
    form = FORMATS["html"]
    assert (form.file, form.content) == ("report.html", page)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
def test_every_colour_can_be_read_on_every_ground(side: int) -> None:
    """WCAG 2.2, 1.4.3: text needs a contrast of 4.5 to 1 to what it stands on."""
    style = files("dispatch_conformance.report.html").joinpath("style.css").read_text("utf-8")
    pairs = re.findall(r"--([a-z_]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    colours = {name: (light, dark)[side] for name, light, dark in pairs}
    grounds = ("paper", "card", "sunk")
    letters = [name for name in colours if name not in {*grounds, "line", "marked"}]
    assert len(letters) == 11
    for name in letters:
        for ground in grounds:
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["ink"], colours["marked"]) >= 4.5


def contrast(first: str, second: str) -> float:
    """The contrast of two colours, by WCAG 2.2's relative luminance."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_hostile_texts_are_all_there() -> None:
    assert len(HOSTILE) < MAX_TEXT
