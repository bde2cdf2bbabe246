"""The inputs that the tasks are tried on, and the check that each member of each output decides.

Questions stand in an order in which the plain ones come first: a check that builds on another one is not
judged once that one has failed (`NEEDS`), so that one mistake in a worker is one failure in its report.

Source: SPEC.md, "Outputs of tasks" (W-OUT).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from dispatch_protocol.tasks import SHARED_WORDS, WHITE_SPACE


class Question(NamedTuple):
    """One input. `about` says in words what is special about it; `decides` maps members of the output to
    checks, "" standing for the output as a whole."""

    about: str
    text: str
    decides: Mapping[str, str]


NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "summary_units": ("summary_short", "summary_long"),
    "white_space": ("word_count",),
    "blank_summary": ("completes_summarize", "summarize_members", "summary_short"),
    "substrings": ("sentiment",),
    "once": ("sentiment", "substrings"),
    "case": ("sentiment",),
    "confidence": ("sentiment",),
    "doubles": ("sentiment", "confidence"),
    "second_list": ("classify_members", "sentiment", "confidence"),
    "blank_classify": ("completes_classify", "classify_members", "sentiment", "confidence"),
    "skips_faults": ("extracted",),
    "depth": ("extracted", "skips_faults"),
    "strings": ("extracted", "skips_faults"),
    "repeated_names": ("extracted",),
    "blank_extract": ("completes_extract_json", "extract_json_members", "extracted"),
}
"""The checks that a check builds on."""

_EMOJI: Final = "\U0001f600"
_NOT_WHITE: Final = "\x1c\x1d\x1e\x1f\x85\u180e\u200b\u2060"
_SHORT: Final = {"summary": "summary_short"}
_COUNTED: Final = {"summary": "summary_short", "word_count": "word_count"}
_LONG: Final = {"summary": "summary_long"}
_UNITS: Final = {"summary": "summary_units"}
_WHITE: Final = {"word_count": "white_space"}
_BLANK_SUMMARY: Final = {"": "blank_summary"}

SUMMARIZE: Final = (
    Question("three words", "three plain words", _COUNTED),
    Question("one word", "word", _COUNTED),
    Question("white space around it", "  padded on both sides \n", _COUNTED),
    Question("runs of white space", "a  b \t c\n\nd", _COUNTED),
    Question("quotation marks and backslashes", 'say "yes" \\ or "no"', _COUNTED),
    Question("199 code units", "x" * 199, _SHORT),
    Question("exactly 200 code units", "x" * 200, _SHORT),
    Question("201 code units", "x" * 201, _LONG),
    Question("1,000 code units", "letters" * 143, _LONG),
    Question("words beyond the cut", "four words go here " * 40, _LONG | {"word_count": "word_count"}),
    Question("100 characters of two code units", _EMOJI * 100, _UNITS),
    Question("150 characters of two code units", _EMOJI * 150, _UNITS),
    Question("a pair that the cut goes through", "x" * 199 + _EMOJI + "x", _UNITS),
    Question("a pair right before the cut", "x" * 198 + _EMOJI + "x", _UNITS),
    Question("201 characters of three bytes", "漢" * 201, _UNITS),
    Question("a lone surrogate", "left \ud83d alone", _UNITS),
    *(Question(f"U+{ord(mark):04X} between two letters", f"a{mark}b", _WHITE) for mark in WHITE_SPACE),
    *(Question(f"U+{ord(mark):04X}, which is no white space", f"a{mark}b", _WHITE) for mark in _NOT_WHITE),
    Question("U+FEFF around two words", "\ufeffa b\ufeff", _WHITE),
    Question("U+0085 around two words", "\x85a b\x85", _WHITE),
    Question("one space", " ", _BLANK_SUMMARY),
    Question("white space of several kinds", " \t\n\xa0\ufeff", _BLANK_SUMMARY),
)
"""Inputs of `summarize`."""

_SENTIMENT: Final = {"sentiment": "sentiment"}
_SUBSTRING: Final = {"sentiment": "substrings"}
_ONCE: Final = {"sentiment": "once"}
_CASE: Final = {"sentiment": "case"}
_CONFIDENCE: Final = {"confidence": "confidence"}
_DOUBLES: Final = {"confidence": "doubles"}
_SECOND: Final = {"": "second_list"}
_BLANK_CLASSIFY: Final = {"": "blank_classify"}

CLASSIFY: Final = (
    *(Question(f"the word {word}", f"a {word} day", _SENTIMENT) for word in SHARED_WORDS),
    Question("none of the words", "the train leaves at noon", _SENTIMENT),
    Question("as many good words as bad ones", "good food but terrible service", _SENTIMENT),
    Question("two good words and a bad one", "great and amazing but awful", _SENTIMENT),
    Question("two bad words and a good one", "terrible and awful but great", _SENTIMENT),
    Question("good inside goodness", "goodness", _SUBSTRING),
    Question("happy inside unhappy", "an unhappy end", _SUBSTRING),
    Question("hate inside whatever", "whatever", _SUBSTRING),
    Question("words without white space", "notbadatall", _SUBSTRING),
    Question("good three times, two bad words", "good good good but bad and awful", _ONCE),
    Question("bad three times, two good words", "bad bad bad but great and happy", _ONCE),
    Question("GREAT in capitals", "GREAT", _CASE),
    Question("TERRIBLE in capitals", "TERRIBLE", _CASE),
    Question("mixed case", "ExCeLLeNt", _CASE),
    Question("no word", "the train leaves at noon", _CONFIDENCE),
    Question("one word", "good", _CONFIDENCE),
    Question("one bad word", "bad", _CONFIDENCE),
    Question("two words", "good and great", _CONFIDENCE),
    Question("four words", "good great amazing happy", _CONFIDENCE),
    Question("six words", "good great excellent amazing love happy", _CONFIDENCE),
    Question("six bad words", "bad terrible awful hate worst horrible", _CONFIDENCE),
    Question("three words", "good great amazing", _DOUBLES),
    Question("three bad words", "bad terrible awful", _DOUBLES),
    *(
        Question(f"the word {word}", f"a {word} day", _SECOND)
        for word in ("best", "wonderful", "fantastic", "poor", "disappointing", "sad")
    ),
    Question("one space", " ", _BLANK_CLASSIFY),
)
"""Inputs of `classify`."""

_EXTRACTED: Final = {"extracted": "extracted"}
_FAULTS: Final = {"extracted": "skips_faults"}
_DEPTH: Final = {"extracted": "depth"}
_STRINGS: Final = {"extracted": "strings"}
_REPEATED: Final = {"extracted": "repeated_names"}
_BLANK_EXTRACT: Final = {"": "blank_extract"}

EXTRACT_JSON: Final = (
    Question("one object", 'see {"a":"x"} here', _EXTRACTED),
    Question("no object", "no braces at all", _EXTRACTED),
    Question("three objects", '{"a":"x"} and {"b":"y"}{"c":"z"}', _EXTRACTED),
    Question("an empty object", "nothing in {}", _EXTRACTED),
    Question("values of every kind", '{"t":true,"f":false,"n":null,"l":[1,[2.5]],"s":""}', _EXTRACTED),
    Question("white space inside", '{ "a" :\t"x" ,\n"b" : [ ] }', _EXTRACTED),
    Question("an escaped letter", '{"\\u0061":"\\u00e9\\/"}', _EXTRACTED),
    Question("a member called __proto__", '{"__proto__":"x"}', _EXTRACTED),
    Question("numbers of several forms", '{"n":[1.0,1e3,-0,0.1e-6,12345678901234567890]}', _EXTRACTED),
    Question("a bare name", '{a:1} {"b":"y"}', _FAULTS),
    Question("single quotes", "{'a':'x'} {\"b\":\"y\"}", _FAULTS),
    Question("a trailing comma", '{"a":"x",} {"b":"y"}', _FAULTS),
    Question("NaN", '{"a":NaN} {"b":"y"}', _FAULTS),
    Question("a leading zero", '{"a":01} {"b":"y"}', _FAULTS),
    Question("a control character in a string", '{"a":"\x01"} {"b":"y"}', _FAULTS),
    Question("a comment", '{"a":"x" /* no */} {"b":"y"}', _FAULTS),
    Question("two levels", '{"a":{"b":"c"}}', _DEPTH),
    Question("two inner objects", '{"a":{"b":"c"},"d":{"e":"f"}}', _DEPTH),
    Question("three levels", '{"a":{"b":{"c":"d"}}}', _DEPTH),
    Question("four levels", '{"a":{"b":{"c":{"d":"e"}}}}', _DEPTH),
    Question("an object in an unclosed one", '{ "a": {"b":"c"}', _DEPTH),
    Question("a closing brace in a string", '{"a":"x}y"} {"b":"z"}', _STRINGS),
    Question("an opening brace in a string", '{"a":"x{y"} {"b":"z"}', _STRINGS),
    Question("a repeated name", '{"a":"x","b":"y","a":"z"}', _REPEATED),
    Question("one space", " ", _BLANK_EXTRACT),
)
"""Inputs of `extract_json`."""
