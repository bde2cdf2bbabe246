"""A report with every verdict in it, and hostile text wherever a worker, or a file, could put some."""

from dataclasses import replace
from typing import Any

from dispatch_conformance.baseline import Known
from dispatch_conformance.report.model import Report, make_report
from dispatch_conformance.verdicts import CheckResult, Observation, Repeats, Verdict
from dispatch_protocol.clauses import Level

from tests.conformance.test_report import EMPTY, SETTINGS, outcome

HOSTILE = (
    "``````` ~~~~ [click](javascript:alert(1)) {0} {{x}} @everyone #1 user/repo#2 https://evil.example/x "
    "www.evil.example a@evil.example <script>alert(1)</script></details></failure>]]> &amp; | a | \\ "
    "::error::no <!-- $x$ **bold**\r\n```\n# heading\n\n| a |\n|---|\x00\x1b[2J\ud800\ufffe\u202e\u2028end"
)
"""Text that would break out of a careless form."""

VERDICTS = {
    "area.passes": ("W-OUT-1", Verdict.PASS),
    "area.fails": ("W-OUT-3", Verdict.FAIL),
    "area.known": ("W-OUT-5", Verdict.FAIL),
    "area.warns": ("W-RCP-8", Verdict.FAIL),
    "other.open": ("W-SIG-2", Verdict.INCONCLUSIVE),
    "other.absent": ("W-LLM-1", Verdict.NOT_APPLICABLE),
    "other.untestable": ("W-KEY-1", Verdict.NOT_TESTABLE),
}
"""The checks, and what is observed of each; a breach of W-RCP-8, a SHOULD, becomes a warning."""

STALE = Known(check="area.gone", clause="W-OUT-1", reason=HOSTILE)


def varied(**changes: Any) -> Report:
    """The report. `area.known` is accepted by a baseline, which has one more entry, that is stale."""
    observations = [
        Observation(
            check=check,
            clause=clause,
            verdict=verdict,
            scenario="area.scenario",
            message=HOSTILE,
            expected=f"{HOSTILE}e",
            actual=f"{HOSTILE}a",
            evidence=outcome_marks(),
        )
        for check, (clause, verdict) in VERDICTS.items()
    ]
    made = make_report(
        replace(SETTINGS, baseline="known.toml", command=f"worker {HOSTILE!r}"),
        outcome(*observations, error=HOSTILE, pubkey=HOSTILE),
        [EMPTY],
    )
    return replace(
        made,
        **{
            "results": tuple(map(_labelled, made.results)),
            "stale": (STALE,),
            "last_words": HOSTILE,
            "words": {"area.scenario": HOSTILE},
        }
        | changes,
    )


def outcome_marks() -> Any:
    """Places in the transcript that `outcome` makes: two frames, and one that it did not keep."""
    from tests.conformance.test_report import observed

    return observed().evidence


def silent(exit_code: int = 3) -> Report:
    """The report of a run in which nothing was judged."""
    return varied(results=(), stale=(), errors=(), exit_code=exit_code, reason=f"nothing: {HOSTILE}")


def many(count: int) -> Report:
    """A report of very many failures."""
    first = next(result for result in varied().results if result.verdict is Verdict.FAIL)
    results = tuple(replace(first, id=f"area.check{number}", known="") for number in range(count))
    return varied(results=results)


def _labelled(result: CheckResult) -> CheckResult:
    if result.id == "area.known":
        return replace(result, known=HOSTILE)
    return replace(result, repeats=Repeats(1, 3)) if result.level is not Level.MAY else result
