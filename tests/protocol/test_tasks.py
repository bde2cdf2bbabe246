"""The tasks byte for byte: vectors, the rules one by one, other implementations of them, hostile inputs."""

import json
import re
import shutil
import subprocess
import sys
import unicodedata
from importlib.resources import files
from itertools import product

import pytest
from dispatch_protocol.canonical import JsonValue, canonical_text, hash_text, parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, UsageError
from dispatch_protocol.parsing import MAX_DEPTH
from dispatch_protocol.tasks import (
    DESKTOP_WORDS,
    SHARED_WORDS,
    WHITE_SPACE,
    classify,
    extract_json,
    run_task,
    summarize,
)
from dispatch_protocol.vocabulary import MAX_BODY_BYTES, MAX_FRAME_BYTES, TaskType
from hypothesis import given, settings
from hypothesis import strategies as st

BRACES = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
VECTORS = json.loads((files("dispatch_protocol") / "vectors" / "tasks.json").read_text("utf-8"))["cases"]
NODE = shutil.which("node")

characters = st.one_of(
    st.sampled_from(
        [*WHITE_SPACE, *"\x1c\x85\u180e\u200b", "😀", "\ud83d", "\ude00", "\u0130", "\u212a", "Σ", "\0"]
    ),
    st.sampled_from(
        [*DESKTOP_WORDS, "GOOD", "sAd", "{", "}", '{"a":1}', '{"b":{"c":[]}}', '"', "\\", "[", ","]
    ),
    st.characters(),
)
texts = st.lists(characters, max_size=260).map("".join)


def test_vector_count() -> None:
    counts = {task: sum(case["task_type"] == task for case in VECTORS) for task in TaskType}
    assert counts == {"summarize": 42, "classify": 39, "extract_json": 38}
    assert len(VECTORS) == 119


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, str]) -> None:
    text = parse(case["input_json"])
    assert isinstance(text, str)
    assert len(text.encode("utf-16-le", "surrogatepass")) == 2 * int(case["input_utf16_length"])
    output = stringify(run_task(case["task_type"], text))
    assert output == case["output_canonical"]
    assert hash_text(output) == case["output_hash"]


# summarize


def test_white_space_is_that_of_ecmascript() -> None:
    space_separators = {chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Zs"}
    assert set(WHITE_SPACE) == space_separators | set("\t\n\v\f\r\u2028\u2029\ufeff")
    assert len(WHITE_SPACE) == len(set(WHITE_SPACE))


@given(st.sampled_from([0, 150, 198, 199, 200]), texts)
def test_summary_is_the_input_or_its_first_200_units(before: int, text: str) -> None:
    text = "x" * before + text
    joined = text.encode("utf-16-le", "surrogatepass")
    summary = run_task("summarize", text)["summary"]
    assert isinstance(summary, str)
    units = summary.encode("utf-16-le", "surrogatepass")
    if len(joined) <= 400:
        assert units == joined
    else:
        assert units == joined[:400] + "...".encode("utf-16-le")


@given(texts)
def test_words_are_counted_by_their_beginnings(text: str) -> None:
    blank = [character in WHITE_SPACE for character in text]
    beginnings = sum(not here and before for before, here in zip([True, *blank], blank, strict=False))
    assert summarize(text)["word_count"] == max(beginnings, 1)


# classify


def test_word_lists() -> None:
    assert len(SHARED_WORDS) == 12
    assert len(DESKTOP_WORDS) == 18
    assert SHARED_WORDS.items() < DESKTOP_WORDS.items()
    assert sum(DESKTOP_WORDS.values()) == 0


def test_no_other_character_becomes_an_ascii_letter() -> None:
    """The premise under which `lower` may stand for `toLowerCase`."""
    strangers = {
        chr(c) for c in range(128, sys.maxunicode + 1) if re.search("[a-z]", chr(c).lower(), re.ASCII)
    }
    assert strangers == {"\u0130", "\u212a"}


@pytest.mark.parametrize(
    ("score", "confidence"),
    [*enumerate(["0.3", "0.5", "0.7", "0.9000000000000001", *["1"] * 6])],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_confidence_of_every_score(score: int, confidence: str, sign: int) -> None:
    words = [word for word, weight in DESKTOP_WORDS.items() if weight == sign][:score]
    sentiment = "neutral" if not score else "positive" if sign > 0 else "negative"
    expected = f'{{"sentiment":"{sentiment}","confidence":{confidence}}}'
    assert stringify(classify(" ".join(words))) == expected


@given(texts)
def test_a_word_counts_once_wherever_it_stands(text: str) -> None:
    folded = text.translate(
        {**{c: c + 32 for c in range(ord("A"), ord("Z") + 1)}, 0x130: "i\u0307", 0x212A: "k"}
    )
    score = sum(weight * min(1, folded.count(word)) for word, weight in DESKTOP_WORDS.items())
    sentiment = ["negative", "neutral", "positive"][1 + (score > 0) - (score < 0)]
    assert classify(text) == {"sentiment": sentiment, "confidence": min(1.0, abs(score) * 0.2 + 0.3)}


@pytest.mark.parametrize("text", ["be\ufb06", "\u017fad", "\uff47\uff4f\uff4f\uff44"])
def test_lower_case_is_not_case_folding(text: str) -> None:
    """A ligature, a long s and full-width letters keep their shape in lower case."""
    assert classify(text)["sentiment"] == "neutral"


# extract_json


def spans_by_pattern(text: str) -> list[JsonValue]:
    found = []
    for piece in BRACES.findall(text):
        try:
            found.append(parse(piece))
        except JsonSyntaxError:
            continue
    return found


@pytest.mark.parametrize(("alphabet", "longest"), [("{}", 14), ("{}a", 9), ('{}"', 9)])
def test_every_short_text_gives_what_the_pattern_gives(alphabet: str, longest: int) -> None:
    for length in range(longest + 1):
        for letters in product(alphabet, repeat=length):
            text = "".join(letters)
            assert extract_json(text)["extracted"] == spans_by_pattern(text), text


@given(st.lists(st.sampled_from(['{"a":', '{"b":"', *'{}{}{}[]",:1\\ ', "},{", "}],[{", "\n"])).map("".join))
@settings(max_examples=1000)
def test_texts_of_fragments_give_what_the_pattern_gives(text: str) -> None:
    found = spans_by_pattern(text)
    assert extract_json(text) == {"extracted": found, "count": len(found)}


@pytest.mark.parametrize("text", ['{"a":"{"},{"b":"}"}', '{"a":"{"}],[{"b":"}"}', '{"a":"{"}]],[[{"b":"}"}'])
def test_a_piece_is_one_object_or_nothing(text: str) -> None:
    assert BRACES.fullmatch(text)
    assert extract_json(text) == {"extracted": [], "count": 0}


@pytest.mark.parametrize(("levels", "count"), [(MAX_DEPTH - 3, 1), (MAX_DEPTH - 2, 0), (MAX_DEPTH + 9, 0)])
def test_what_is_extracted_can_be_stringified(levels: int, count: int) -> None:
    """The object adds one level, and the output two more."""
    output = extract_json('{"a":' + "[" * levels + "]" * levels + "}")
    assert output["count"] == count
    assert canonical_text(stringify(output)) == stringify(output)


@pytest.mark.parametrize(
    "unit",
    [
        "{",
        "}",
        "{}",
        "{x}",
        "{ {} ",
        "{a",
        "{{}{}",
        '{"',
        '{\\"',
        '{"a":1}',
        "{[",
        '{"a":[',
        '{"a":{}',
        "\ud83d",
    ],
)
def test_hostile_texts_of_full_length(unit: str) -> None:
    """Each shape takes milliseconds."""
    for text in (
        unit * (MAX_BODY_BYTES // len(unit)),
        "{" + unit * (MAX_BODY_BYTES // len(unit)),
        '{"' + unit.strip("{") * 50_000 + "[" * 300 + "}",
        '{"' + '\\"' * 50_000 + unit * 300 + "}",
    ):
        for task_type in TaskType:
            output = run_task(task_type, text)
            assert canonical_text(stringify(output)) == stringify(output)


def test_a_string_without_an_end_of_full_frame_length() -> None:
    """Every quotation mark in it is one more place where a string could be taken to begin."""
    assert extract_json('{"' + '\\"' * (MAX_FRAME_BYTES // 2) + "[" * 300 + "}") == {
        "extracted": [],
        "count": 0,
    }


# run_task and the whole, beside a JavaScript engine


@pytest.mark.parametrize("task_type", ["", "SUMMARIZE", "translate", "\x1b[2J", "__proto__"])
def test_an_unknown_task_is_misuse(task_type: str) -> None:
    with pytest.raises(UsageError, match="summarize, classify, extract_json") as caught:
        run_task(task_type, "x")
    assert str(caught.value).isprintable()


def test_surrogates_that_meet_are_one_character() -> None:
    assert run_task("summarize", "\ud83d\ude00") == {"summary": "😀", "word_count": 1}


ORACLE = r"""
const good = ["good","great","excellent","amazing","love","happy","best","wonderful","fantastic"];
const poor = ["bad","terrible","awful","hate","worst","horrible","poor","disappointing","sad"];
const has = (words, text) => words.filter((word) => text.includes(word)).length;
const answer = (text) => {
  const score = has(good, text.toLowerCase()) - has(poor, text.toLowerCase());
  const found = [];
  for (const [piece] of text.matchAll(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g)) {
    try { found.push(JSON.parse(piece)); } catch { /* no JSON */ }
  }
  return [
    { summary: text.length > 200 ? text.slice(0, 200) + "..." : text,
      word_count: text.trim().split(/\s+/).length },
    { sentiment: score > 0 ? "positive" : score < 0 ? "negative" : "neutral",
      confidence: Math.min(1, Math.abs(score) * 0.2 + 0.3) },
    { extracted: found, count: found.length },
  ].map((output) => JSON.stringify(output));
};
let input = "";
process.stdin.on("data", (chunk) => { input += chunk; }).on("end", () => {
  console.log(JSON.stringify(JSON.parse(input).map(answer)));
});
"""


@pytest.mark.skipif(NODE is None, reason="node is not here")
def test_a_javascript_engine_gives_the_same() -> None:
    samples: list[str] = []

    @settings(max_examples=500, database=None, derandomize=True)
    @given(texts)
    def collect(text: str) -> None:
        samples.append(text)

    collect()
    assert NODE is not None
    answered = subprocess.run(
        [NODE, "-e", ORACLE],
        input=json.dumps(samples),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    expected = json.loads(answered.stdout)
    assert len(expected) == len(samples) >= 500
    for text, outputs in zip(samples, expected, strict=True):
        assert [stringify(run_task(task_type, text)) for task_type in TaskType] == outputs
