"""The scenarios, by area: what the suite does with a worker to see whether it keeps the clauses.

Every module here holds scenarios at its top level and is found by `catalogue`; `questions`, `blows` and
`probe` hold what they share. What frames alone show is judged by the passive rules, in every scenario:
`PASSIVE` names these clauses, and for each a scenario that is sure to show it. `UNCHECKED` names the clauses
that nothing checks, and why.
"""

from typing import Final

_FIRST: Final = "registration.first"
_TASKS: Final = "tasks.summarize"
_IDLE: Final = "heartbeats.idle"

PASSIVE: Final[dict[str, str]] = {
    **{f"W-FRM-{number}": _TASKS for number in (1, 2, 3, 4)},
    **{f"W-REG-{number}": _FIRST for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)},
    **{f"W-HBT-{number}": _IDLE for number in (2, 3, 6, 7)},
    **{f"W-JOB-{number}": _TASKS for number in (1, 2, 4, 5, 8)},
    "W-JOB-3": "llm.prompts",
    "W-JOB-6": "robustness.frames",
    "W-JOB-9": "llm.failures",
    **{f"W-RCP-{number}": _TASKS for number in range(1, 13)},
    **{f"W-SIG-{number}": _TASKS for number in range(1, 6)},
}
"""Clauses that the passive rules judge, each with a scenario in which they are sure to come to it."""

UNCHECKED: Final[dict[str, str]] = {
    "W-CON-4": "a MAY: every path is accepted, in every scenario",
    "W-FRM-5": "a MAY: further members are passed over, in every scenario",
    "W-FRM-6": "a MAY: member order, white space and fragments are read as they come, in every scenario",
    "W-REG-12": "a MAY: a pricing hint is accepted wherever it comes",
    "W-REG-13": "a MAY: scenarios of a capability that was not declared are not applicable",
    "W-HBT-8": "a MAY: metrics are accepted wherever they come",
    "W-HBT-9": "a MAY: the first heartbeat is not held against the lower limit of the pauses",
    "W-JOB-14": "a MAY: answers are taken in any order",
    "W-RCP-14": "a MAY: receipts are taken from a receipt_submit as from a job_complete",
    "W-LLM-13": "a MAY: the stand-in for Ollama answers generate and chat, streamed or not",
    "W-BAD-11": "a MAY: a job_reject is one of the two answers that W-BAD-10 takes",
    "W-BAD-12": "a MAY: an output with an error is the other",
    "W-END-9": "a MAY: W-END-4 takes both",
}
"""The clauses without a check of their own, and why."""
