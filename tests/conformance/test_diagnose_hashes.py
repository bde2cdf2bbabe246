"""The diagnosis of hashes: every planted mistake is found and named, and nothing makes it raise."""

import json
from base64 import b64encode, urlsafe_b64encode
from hashlib import md5, sha1, sha256, sha512
from typing import Any

import pytest
from dispatch_conformance.diagnose import Certainty, Guess, diagnose_hash, narrowed
from dispatch_conformance.diagnose.doubles import Refused
from dispatch_conformance.diagnose.keccak import keccak_256
from dispatch_conformance.diagnose.renderings import Renderings
from dispatch_conformance.diagnose.serializers import SERIALIZERS, table
from dispatch_conformance.diagnose.tree import Source
from dispatch_conformance.diagnose.writing import write
from dispatch_protocol.canonical import Json
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.base58 import base58
from tests.mutants.catalogue import DEFECTS
from tests.protocol.strategies import any_text, json_values

OUTPUT = Json.read(
    '{"summary":"<b>Caf\u00e9</b> a/b\\u001f\\n","word_count":3,"scores":[1.5,1e-7],"none":null}'
)


def digest(data: str | bytes) -> str:
    return sha256(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")).hexdigest()


def names(guesses: tuple[Guess, ...]) -> list[str]:
    return [guess.name for guess in guesses]


@pytest.mark.parametrize("case", table()["cases"], ids=lambda case: str(case["id"]))
def test_every_wrong_hash_of_the_table_is_named(case: dict[str, Any]) -> None:
    output = Json.read(case["input_json"])
    for entry in case["serializations"]:
        if "error" in entry:
            continue
        guesses = diagnose_hash(output, entry["sha256"])
        if entry["matches"]:
            assert guesses == ()
        else:
            assert entry["serializer"] in names(guesses)


@given(json_values, st.sampled_from(SERIALIZERS))
def test_a_planted_serializer_is_always_found(value: Any, serializer: Any) -> None:
    output = Json.of(value)
    try:
        wrong = write(Source(output).tree, serializer.style).encode("utf-8")
    except (Refused, UnicodeEncodeError):
        return
    guesses = diagnose_hash(output, sha256(wrong).hexdigest())
    assert (guesses == ()) is (wrong == output.canonical.encode("utf-8"))
    if guesses:
        assert serializer.name in names(guesses)


@settings(max_examples=40)
@given(json_values, st.data())
def test_a_planted_combination_is_found(value: Any, data: st.DataObject) -> None:
    combined = [*Renderings(Source(Json.of(value))).combined()]
    if combined:
        planted = data.draw(st.sampled_from(combined))
        guesses = diagnose_hash(Json.of(value), sha256(planted.data).hexdigest())
        assert all(guess.certainty is not Certainty.UNKNOWN for guess in guesses)


@settings(max_examples=60)
@given(json_values, st.one_of(any_text, st.text("0123456789abcdefABCDEF+/=-_ x", max_size=140)))
def test_nothing_makes_it_raise(value: Any, claimed: str) -> None:
    for guess in diagnose_hash(Json.of(value), claimed, texts={"the input": claimed}):
        assert guess.text.isascii() and "\n" not in guess.text  # noqa: PT018  one property: fit for a terminal


@pytest.mark.parametrize(
    ("claimed", "said"),
    [
        (OUTPUT.hash.upper(), "hex with upper-case digits"),
        (f"sha256:{OUTPUT.hash}", "the prefix sha256:"),
        (f"SHA-256={OUTPUT.hash}", "the prefix SHA-256="),
        (f"0x{OUTPUT.hash}", "the prefix 0x"),
        (f" {OUTPUT.hash}\n", "blanks or line breaks"),
        (f'"{OUTPUT.hash}"', "quotation marks"),
        (f"b'{OUTPUT.hash}'", "as Python prints bytes"),
        (b64encode(bytes.fromhex(OUTPUT.hash)).decode(), "base64"),
        (b64encode(bytes.fromhex(OUTPUT.hash)).decode().rstrip("="), "base64 without padding"),
        (b64encode(OUTPUT.hash.encode()).decode(), "base64 of hex"),
        (base58(bytes.fromhex(OUTPUT.hash)), "base58"),
        (str(list(bytes.fromhex(OUTPUT.hash))), "a list of byte values"),
    ],
)
def test_the_right_hash_in_another_spelling(claimed: str, said: str) -> None:
    (guess,) = diagnose_hash(OUTPUT, claimed)
    assert (guess.name, guess.certainty) == ("spelling", Certainty.PROVED)
    assert said in guess.text
    assert "lower-case hex" in guess.mend


def test_the_right_hash_in_the_alphabet_for_urls() -> None:
    output = next(
        Json.of(n)
        for n in range(99)
        if {*"-_"} & {*urlsafe_b64encode(bytes.fromhex(Json.of(n).hash)).decode()}
    )
    (guess,) = diagnose_hash(output, urlsafe_b64encode(bytes.fromhex(output.hash)).decode())
    assert "URL-safe base64" in guess.text


def test_a_hash_that_was_cut() -> None:
    (guess,) = diagnose_hash(OUTPUT, OUTPUT.hash[:16])
    assert guess.name == "cut"
    assert "8 of 32 bytes" in guess.text


@pytest.mark.parametrize(
    ("claimed", "name"),
    [
        (digest(sha256(OUTPUT.canonical.encode()).digest()), "sha256-twice"),
        (digest(OUTPUT.hash), "sha256-of-hex"),
        (digest(f'"{OUTPUT.hash}"'), "sha256-of-json-hex"),
        (bytes.fromhex(OUTPUT.hash)[::-1].hex(), "sha256-reversed"),
        (keccak_256(OUTPUT.canonical.encode()).hex(), "keccak-256"),
        (f"0x{keccak_256(OUTPUT.canonical.encode()).hex()}", "keccak-256"),
        (sha512(OUTPUT.canonical.encode()).hexdigest(), "sha512"),
        (sha512(OUTPUT.canonical.encode()).hexdigest()[:64], "sha512-cut"),
        (sha1(OUTPUT.canonical.encode()).hexdigest(), "sha1"),
        (md5(json.dumps(json.loads(OUTPUT.text)).encode()).hexdigest(), "md5"),
    ],
)
def test_another_hash_function(claimed: str, name: str) -> None:
    assert diagnose_hash(OUTPUT, claimed)[0].name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "nothing"),
        ("undefined", "undefined"),
        ("[object Object]", "object-object"),
        ("3", "member-word_count"),
        ("<b>Caf\u00e9</b> a/b\x1f\n", "bare-summary"),
        (f'{{"result":{OUTPUT.canonical}}}', "in-result"),
        (f"[{OUTPUT.canonical}]", "in-list"),
        (OUTPUT.canonical + "\0", "nul-terminated"),
        (OUTPUT.canonical.encode("utf-16-be"), "utf-16be"),
        ("the prompt", "the job's prompt"),
        (
            '{"word_count":3,"none":null,"summary":"<b>Caf\u00e9</b> a/b\\u001f\\n","scores":[1.5,1e-7]}',
            "reordered",
        ),
    ],
)
def test_other_texts(text: str | bytes, name: str) -> None:
    (guess,) = diagnose_hash(OUTPUT, digest(text), texts={"the job's prompt": "the prompt"})
    assert (guess.name, guess.certainty) == (name, Certainty.PROVED)
    assert guess.mend


def test_the_text_as_sent_is_the_weakest_guess() -> None:
    output = Json.read('{"a": 1.0}')
    guesses = diagnose_hash(output, digest('{"a": 1.0}'))
    assert names(guesses)[0] == "python-json-default"
    assert (guesses[-1].name, guesses[-1].certainty) == ("source-text", Certainty.POSSIBLE)
    alone = Json.read('{"a" :1.0}')
    (guess,) = diagnose_hash(alone, digest('{"a" :1.0}'))
    assert (guess.name, guess.certainty) == ("source-text", Certainty.LIKELY)


def test_a_guess_says_what_can_be_seen_and_where() -> None:
    output = Json.read('{"html":"<b>","n":4}')
    guesses = diagnose_hash(output, digest('{"html":"\\u003cb\\u003e","n":4}'))
    assert names(guesses)[0] == "go-encoding-json"
    assert guesses[0].text.startswith(
        "Your hash is that of the text of go-encoding-json (json.Marshal of an any value"
    )
    assert "which escapes <, > and & (and U+2028, U+2029) as \\u003c and so on." in guesses[0].text
    assert "sorts" not in guesses[0].text
    assert 'At character 9 it has `{"html":"\\u003cb' in guesses[0].text
    assert "SetEscapeHTML(false)" in guesses[0].mend
    assert {"go-encoding-json", "go-struct", "go-use-number", "java-gson-tree", "ruby-rails-to-json"} <= {
        *names(guesses)
    }
    assert [guess.certainty for guess in guesses[:4]] == [Certainty.LIKELY] * 3 + [Certainty.POSSIBLE]


def test_only_the_visible_half_of_a_way_of_writing_strings_is_named() -> None:
    lone = Json.read('"cut \\ud83d"')
    (first, *_) = diagnose_hash(lone, digest('"cut \ufffd"'))
    assert first.name == "go-encoding-json"
    assert "which puts U+FFFD in the place of lone surrogates." in first.text


def test_combinations_name_every_switch() -> None:
    wrong = json.dumps(json.loads(OUTPUT.text), indent=4, sort_keys=True)
    (guess,) = diagnose_hash(OUTPUT, digest(wrong))
    assert (guess.name, guess.certainty) == ("pretty-four+sorted+ascii+python", Certainty.PROVED)
    assert "pretty-printed by four, sorts the members by name, escapes everything beyond ASCII" in guess.text
    assert len(guess.mend.split("; ")) == 4


def test_nothing_fits() -> None:
    (guess,) = diagnose_hash(OUTPUT, "ab" * 32)
    assert guess.certainty is Certainty.UNKNOWN
    assert f"{len(SERIALIZERS)} serializers" in guess.text
    deep = Json.read("[" * 5_000 + "]" * 5_000)
    (guess,) = diagnose_hash(deep, "ab" * 32)
    assert "too large or too deep" in guess.text
    assert diagnose_hash(deep, digest(deep.canonical + "\n"))[0].name == "js-newline"


def test_several_outputs_narrow_the_serializer_down() -> None:
    texts = ['{"b":1,"a":"<"}', '{"b":1,"a":"="}', '{"a":1.0}']
    gson = ['{"b":1.0,"a":"\\u003c"}', '{"b":1.0,"a":"\\u003d"}', '{"a":1.0}']
    cases = [diagnose_hash(Json.read(text), digest(wrong)) for text, wrong in zip(texts, gson, strict=True)]
    assert names(narrowed(cases[:2])) == ["java-gson"]
    assert names(narrowed(cases)) == ["java-gson"]
    assert narrowed(cases)[0].certainty is Certainty.PROVED
    assert narrowed([]) == ()


PLAIN = {"summary": "<b>\u00e9</b> a/b \x1f\n\tx", "word_count": 3, "f": [2.5, 1e-7, 4]}
SPECIAL = {
    "hash-indices-in-place": {"b": 1, "10": 2, "a": 3},
    "hash-normalized": {"text": "e\u0301"},
    "hash-replaces-surrogates": {"text": "cut \ud83d"},
}


@pytest.mark.parametrize(
    "name", [name for name, mutant in DEFECTS.items() if str(mutant.clause).startswith("W-CAN")]
)
def test_every_mutant_that_hashes_wrongly_is_explained(name: str) -> None:
    program = DEFECTS[name].program
    worker = object.__new__(program)
    output = json.loads(json.dumps(SPECIAL.get(name, PLAIN)), parse_int=float)
    sent = Json.read(super(program, worker).hashed_text(output))
    guesses = diagnose_hash(sent, worker.stated_hash(worker.output_hash(output)))
    assert guesses
    assert all(guess.certainty is not Certainty.UNKNOWN for guess in guesses), guesses
