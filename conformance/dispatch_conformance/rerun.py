"""One failure, run again: FIXED, FAILED or ERROR, from a case or from a recording made elsewhere.

A case names its scenario, which runs with the seed of the run that failed; what random search had found is
sent again frame by frame. Of any other recording the assignments are given to the worker, and its answers
held against the reference.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.recording import Recording

from dispatch_conformance import catalogue
from dispatch_conformance.cases import Case, case_of, read_recording
from dispatch_conformance.catalogue import PASSIVE
from dispatch_conformance.replayed import of_frames, of_recording, of_smallest
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.model import Report
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import CheckResult, Verdict


class Word(StrEnum):
    """What became of a failure."""

    FIXED = "FIXED"
    FAILED = "FAILED"
    ERROR = "ERROR"

    @property
    def exit_code(self) -> int:
        """0, 1 and 2."""
        return [*Word].index(self)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The word, and why."""

    word: Word
    why: str

    @property
    def verdict(self) -> Verdict:
        """The verdict in whose colour it is told."""
        return (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE)[self.word.exit_code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What there is to run again: a file read, and the scenario and settings that it asks for."""

    case: Case | None
    scenario: Scenario
    settings: Settings

    def shown(self, result: CheckResult) -> bool:
        """Whether the report of the replay tells of a result: of a case's check alone."""
        return self.case is None or is_of(self.case, result)

    def conclusion(self, report: Report) -> Conclusion:
        """What the report of the replay says of the failure."""
        if report.errors:
            return Conclusion(Word.ERROR, f"the suite itself failed: {report.errors[0]}")
        if self.case is not None:
            found = [result for result in report.results if is_of(self.case, result)]
            if found:
                return _of_check(found[0])
        if not any(result.verdict is not Verdict.NOT_APPLICABLE for result in report.results):
            return Conclusion(Word.ERROR, report.reason)
        return _of_all(report, self.case)


def is_of(case: Case, result: CheckResult) -> bool:
    """Whether a result is that of the case's check."""
    return (result.id, result.clause) == (case.check, case.clause)


def load(path: Path, command: str, scale: float) -> Rerun:
    """What a file asks for. Raises UsageError: it is damaged, or from a suite of other scenarios."""
    recording = read_recording(path)
    case = case_of(recording.header)
    settings = Settings(
        command=command,
        seed=recording.header.seed or 0,
        scale=scale,
        jobs=1,
        quick=case is not None and case.quick,
    )
    scenario = of_recording(recording) if case is None else scenario_of(case, recording)
    return Rerun(case=case, scenario=scenario, settings=settings)


def scenario_of(case: Case, recording: Recording) -> Scenario:
    """The scenario of a case. Raises UsageError where this version of the suite knows it no more."""
    clause(case.clause)
    known = {entry.name: entry for entry in catalogue.all_scenarios()}
    scenario = known.get(case.scenario)
    if scenario is not None and case.smallest is not None:
        return of_smallest(case, scenario)
    if case.scenario.startswith("fuzz."):
        return of_frames(case, recording, scenario.blind if scenario is not None else frozenset())
    if scenario is None or not (
        case.check.startswith(PASSIVE) or scenario.check_ids().get(case.check) == case.clause
    ):
        raise UsageError(
            f"this version of the suite has no check {shown(case.check)} of {case.clause} in a scenario "
            f"{shown(case.scenario)}; the case is of version {shown(case.suite_version)}"
        )
    return scenario


def _of_check(result: CheckResult) -> Conclusion:
    """What the result of the case's own check says."""
    named = f"{result.id}, {result.clause} {result.level}"
    match result.verdict:
        case Verdict.FAIL | Verdict.WARN:
            return Conclusion(Word.FAILED, f"{named}: {result.message}")
        case Verdict.PASS:
            return Conclusion(Word.FIXED, named)
        case _:
            why = f"could not be judged this time: {result.message or result.verdict.value}"
            return Conclusion(Word.ERROR, f"{named} {why}")


def _of_all(report: Report, case: Case | None) -> Conclusion:
    """What follows where the case's check, which may only tell of breaches, was not observed, or is none."""
    broken = [result for result in report.results if result.verdict in BROKEN]
    lost = [
        result
        for result in report.results
        if result.id.startswith("life.") and result.verdict is not Verdict.PASS
    ]
    if case is None:
        if broken:
            many = "1 check" if len(broken) == 1 else f"{len(broken)} checks"
            return Conclusion(Word.FAILED, f"{many} of the recording's assignments failed")
        if not lost and report.exit_code == 0:
            return Conclusion(
                Word.FIXED, "every assignment of the recording is answered as the clauses have it"
            )
    elif not lost and _came_through(report):
        return Conclusion(Word.FIXED, f"{case.check}, {case.clause}")
    why = lost[0].message if lost else report.reason
    return Conclusion(Word.ERROR, f"the replay did not come to it: {why}")


def _came_through(report: Report) -> bool:
    """Whether the scenario judged anything by itself: then the worker was there, and all could be seen."""
    own = [result for result in report.results if not result.id.startswith(PASSIVE)]
    return not own or any(result.verdict in {*BROKEN, Verdict.PASS} for result in own)
