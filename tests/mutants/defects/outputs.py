"""Defects of the tasks' outputs: W-OUT."""

import json
import re
from typing import Any

from tests.mutants import ecmascript
from tests.mutants.model import Refusal
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

SCORE = ("W-OUT-10", "W-OUT-14")
"""Another score is another sentiment, or another confidence."""

SECOND = ("W-OUT-16",)
"""With words of the second list the confidence is as wrong as without."""

LIST = ("W-OUT-18",)
"""Other matches are another list."""


@defect("summary-with-length", "W-OUT-2", "adds a member to the summary")
class SummaryWithLength(Worker):
    def summarize(self, text: str) -> Any:
        return super().summarize(text) | {"length": len(text)}


@defect("summary-members-swapped", "W-OUT-2", "puts word_count before summary")
class SummaryMembersSwapped(Worker):
    def summarize(self, text: str) -> Any:
        return dict(reversed(super().summarize(text).items()))


@defect("summary-trimmed", "W-OUT-3", "trims the input before it summarizes")
class SummaryTrimmed(Worker):
    def summary(self, text: str) -> str:
        return super().summary(text.strip(self.blanks)) if text.strip(self.blanks) else text


@defect("summary-from-200", "W-OUT-3", "shortens an input of exactly 200 code units")
class SummaryFrom200(Worker):
    def summary(self, text: str) -> str:
        whole = super().summary(text)
        return whole + "..." if len(text.encode("utf-16-le", "surrogatepass")) == 400 else whole


@defect("summary-within-200", "W-OUT-4", "cuts so that the full stops fit into 200 code units")
class SummaryWithin200(Worker):
    def summary(self, text: str) -> str:
        whole = super().summary(text)
        return whole if whole == text else whole[:-6] + "..."


@defect("summary-with-ellipsis", "W-OUT-4", "ends a summary with one ellipsis character")
class SummaryWithEllipsis(Worker):
    def summary(self, text: str) -> str:
        whole = super().summary(text)
        return whole if whole == text else whole[:-3] + "…"


@defect("summary-in-code-points", "W-OUT-5", "measures and cuts in code points")
class SummaryInCodePoints(Worker):
    def summary(self, text: str) -> str:
        return text if len(text) <= 200 else text[:200] + "..."


@defect("summary-mends-pairs", "W-OUT-5", "drops a surrogate that its cut has left alone")
class SummaryMendsPairs(Worker):
    def summary(self, text: str) -> str:
        return re.sub("[\ud800-\udbff]\\.\\.\\.$", "...", super().summary(text))


@defect("words-between-spaces", "W-OUT-6", "counts the pieces between single spaces", "W-OUT-7")
class WordsBetweenSpaces(Worker):
    def word_count(self, text: str) -> int:
        return len(text.strip(self.blanks).split(" ")) if text.strip(self.blanks) else 1


@defect("words-in-python", "W-OUT-7", "takes Python's white space for ECMAScript's")
class WordsInPython(Worker):
    def word_count(self, text: str) -> int:
        return len(text.split()) or 1


@defect("words-in-ascii", "W-OUT-7", "knows the white space of ASCII only")
class WordsInAscii(Worker):
    blanks = " \t\n\v\f\r"


@defect("blank-counts-none", "W-OUT-8", "counts no word in blank input")
class BlankCountsNone(Worker):
    def word_count(self, text: str) -> int:
        return super().word_count(text) if text.strip(self.blanks) else 0


@defect("classify-with-score", "W-OUT-9", "adds the score to the output of classify")
class ClassifyWithScore(Worker):
    def classify(self, text: str) -> Any:
        return super().classify(text) | {"score": self.score(self.lowered(text))}


@defect("tie-is-positive", "W-OUT-10", "calls a score of zero positive")
class TieIsPositive(Worker):
    def classify(self, text: str) -> Any:
        output = super().classify(text)
        return output | {"sentiment": output["sentiment"].replace("neutral", "positive")}


@defect("whole-words-only", "W-OUT-11", "counts whole words only", *SCORE)
class WholeWordsOnly(Worker):
    def score(self, text: str) -> int:
        words = re.findall(r"\w+", text)
        return (
            super().score(" ".join(words))
            if not words
            else sum((word in self.positive) - (word in self.negative) for word in set(words))
        )


@defect("counts-repetitions", "W-OUT-12", "counts a word as often as it occurs", *SCORE)
class CountsRepetitions(Worker):
    def score(self, text: str) -> int:
        return sum(map(text.count, self.positive)) - sum(map(text.count, self.negative))


@defect("case-matters", "W-OUT-13", "does not lower-case the input", *SCORE)
class CaseMatters(Worker):
    def lowered(self, text: str) -> str:
        return text


@defect("confidence-uncapped", "W-OUT-14", "lets the confidence grow beyond 1", *SECOND)
class ConfidenceUncapped(Worker):
    def confidence(self, score: int) -> float:
        return abs(score) * 0.2 + 0.3


@defect("confidence-from-half", "W-OUT-14", "starts its confidence at 0.5", *SECOND)
class ConfidenceFromHalf(Worker):
    def confidence(self, score: int) -> float:
        return min(1.0, abs(score) * 0.2 + 0.5)


@defect("confidence-rounded", "W-OUT-15", "rounds the confidence to two digits", "W-OUT-14")
class ConfidenceRounded(Worker):
    def confidence(self, score: int) -> float:
        return round(super().confidence(score), 2)


@defect("short-word-list", "W-OUT-16", "knows the shared words only")
class ShortWordList(Worker):
    positive = Worker.positive[:6]
    negative = Worker.negative[:6]


@defect("extract-as-list", "W-OUT-17", "gives the extracted list without an object around it")
class ExtractAsList(Worker):
    def extract_json(self, text: str) -> Any:
        return super().extract_json(text)["extracted"]


@defect("extract-first-only", "W-OUT-18", "stops after the first object")
class ExtractFirstOnly(Worker):
    def pieces(self, text: str) -> list[str]:
        return super().pieces(text)[:1]


@defect("extract-stops-at-faults", "W-OUT-19", "stops at the first piece that does not parse", *LIST)
class ExtractStopsAtFaults(Worker):
    def pieces(self, text: str) -> list[str]:
        found = super().pieces(text)
        bad = next((place for place, piece in enumerate(found) if not self.objects(piece)), len(found))
        return found[:bad]


@defect("extract-python-json", "W-OUT-19", "takes NaN and Infinity for JSON", *LIST)
class ExtractPythonJson(Worker):
    def objects(self, piece: str) -> list[Any]:
        try:
            return [json.loads(piece, parse_int=float)]
        except (ValueError, RecursionError):
            return []


@defect(
    "extract-any-depth", "W-OUT-20", "parses from every brace to wherever its object ends", "W-OUT-21", *LIST
)
class ExtractAnyDepth(Worker):
    def pieces(self, text: str) -> list[str]:
        decoder, found, place = json.JSONDecoder(), [], text.find("{")
        while place >= 0:
            try:
                end = decoder.raw_decode(text, place)[1]
                found.append(text[place:end])
            except ValueError:
                end = place + 1
            place = text.find("{", end)
        return found


@defect("extract-flat-only", "W-OUT-20", "finds objects without inner objects only", *LIST)
class ExtractFlatOnly(Worker):
    pattern = re.compile(r"\{[^{}]*\}")


@defect("extract-skips-strings", "W-OUT-21", "does not see braces that stand in strings", *LIST)
class ExtractSkipsStrings(Worker):
    pattern = re.compile(r'\{(?:[^{}"]|"[^"]*")*(?:\{(?:[^{}"]|"[^"]*")*\}(?:[^{}"]|"[^"]*")*)*\}')


@defect("extract-first-duplicate", "W-OUT-22", "keeps the first of two values under one name")
class ExtractFirstDuplicate(Worker):
    def objects(self, piece: str) -> list[Any]:
        def first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            return {name: dict(reversed(pairs))[name] for name, _ in pairs}

        return [json.loads(piece, object_pairs_hook=first, parse_int=float) for _ in super().objects(piece)]


@defect("extract-counts-pieces", "W-OUT-23", "counts the pieces that did not parse as well")
class ExtractCountsPieces(Worker):
    def extract_json(self, text: str) -> Any:
        return super().extract_json(text) | {"count": len(self.pieces(text))}


@defect("blank-refused", "W-OUT-24", "rejects blank input of classify and extract_json")
class BlankRefused(Worker):
    def compute(self, task_type: str, text: str) -> Any:
        if task_type != "summarize" and not text.strip(self.blanks):
            raise Refusal("blank input")
        return super().compute(task_type, text)


@defect("numbers-kept-as-text", "W-OUT-18", "gives extracted objects as their source text")
class NumbersKeptAsText(Worker):
    def objects(self, piece: str) -> list[Any]:
        return [ecmascript.write(value) for value in super().objects(piece)]
