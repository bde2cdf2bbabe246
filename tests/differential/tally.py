"""What was compared, how often, and what differed."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts by name, in the order in which they were first counted, and a line for every difference."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more case of this name was compared."""
        self.counts[name] += 1

    def differ(self, line: str) -> None:
        """A case came out differently; the line shows it, escaped."""
        self.differences.append(line)
