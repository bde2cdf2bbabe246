"""What an attack has seen: what went wrong, how many honest jobs passed, how memory grew."""

from dataclasses import dataclass, field

MEMORY_BAR = 64 * 2**20
"""Resident memory may grow by this much under attack, in bytes."""


@dataclass
class Ledger:
    """Counts of one attack. `faults` holds what must not happen, each in one line."""

    sent: int = 0
    honest: int = 0
    reopened: int = 0
    faults: list[str] = field(default_factory=list)
    memory_start: int = 0
    memory_peak: int = 0

    def fault(self, text: str) -> None:
        """Note what must not happen; the first hundred are kept."""
        if len(self.faults) < 100:
            self.faults.append(text)

    def sample(self, resident: int) -> None:
        """Note resident memory, in bytes."""
        self.memory_peak = max(self.memory_peak, resident)

    @property
    def growth(self) -> int:
        """How far memory rose above where it stood when the attack began, in bytes."""
        return self.memory_peak - self.memory_start

    def report(self, subject: str, seconds: float) -> str:
        """The summary, a line each."""
        verdict = "passed" if self.passed else "FAILED"
        lines = [
            f"{subject}: {self.sent} hostile items in {seconds:.1f} s, {self.reopened} connections",
            f"  honest jobs completed and verified: {self.honest}",
            f"  resident memory: {self.memory_start / 2**20:.1f} MB, at most {self.growth / 2**20:+.1f} MB",
            *(f"  fault: {fault}" for fault in self.faults),
            f"  {verdict}",
        ]
        return "\n".join(lines)

    @property
    def passed(self) -> bool:
        """No fault, honest work done all along, memory within its bar."""
        return not self.faults and self.honest > 0 and self.growth < MEMORY_BAR
