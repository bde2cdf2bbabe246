"""The three tasks, written a second time from their description. Each step is a method, to be overridden."""

import re
from typing import Any

from tests.mutants import ecmascript

POSITIVE = ("good", "great", "excellent", "amazing", "love", "happy", "best", "wonderful", "fantastic")
NEGATIVE = ("bad", "terrible", "awful", "hate", "worst", "horrible", "poor", "disappointing", "sad")
BLANKS = (
    "\t\n\v\f\r\x20\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
BRACES = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


class Tasks:
    """What a TASK job computes."""

    positive: tuple[str, ...] = POSITIVE
    negative: tuple[str, ...] = NEGATIVE
    blanks: str = BLANKS
    pattern: re.Pattern[str] = BRACES

    def compute(self, task_type: str, text: str) -> Any:
        """The output of a task; KeyError for a task that is not known."""
        tasks = {"summarize": self.summarize, "classify": self.classify, "extract_json": self.extract_json}
        return tasks[task_type](text)

    def summarize(self, text: str) -> Any:
        return {"summary": self.summary(text), "word_count": self.word_count(text)}

    def summary(self, text: str) -> str:
        units = text.encode("utf-16-le", "surrogatepass")
        if len(units) <= 400:
            return text
        return units[:400].decode("utf-16-le", "surrogatepass") + "..."

    def word_count(self, text: str) -> int:
        return len(re.split(f"[{self.blanks}]+", text.strip(self.blanks)))

    def classify(self, text: str) -> Any:
        score = self.score(self.lowered(text))
        sentiment = "positive" if score > 0 else "negative" if score < 0 else "neutral"
        return {"sentiment": sentiment, "confidence": self.confidence(score)}

    def lowered(self, text: str) -> str:
        return text.lower()

    def score(self, text: str) -> int:
        return sum(word in text for word in self.positive) - sum(word in text for word in self.negative)

    def confidence(self, score: int) -> float:
        return min(1.0, abs(score) * 0.2 + 0.3)

    def extract_json(self, text: str) -> Any:
        found = [value for piece in self.pieces(text) for value in self.objects(piece)]
        return {"extracted": found, "count": len(found)}

    def pieces(self, text: str) -> list[str]:
        return self.pattern.findall(text)

    def objects(self, piece: str) -> list[Any]:
        """The value of a piece in a list, or an empty list."""
        try:
            return [ecmascript.read(piece)]
        except (ValueError, RecursionError):
            return []
