"""Likely causes: what the worker's author probably did, for every hash, signature and output that failed.

Derived in one place from the frames that the verdicts rest on, and from the right ones beside them: what
explains one failure and is ruled out by another, or by a job that went well, is no cause.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import TaskType

from dispatch_conformance.diagnose import (
    Certainty,
    Difference,
    Guess,
    compare_outputs,
    diagnose_hash,
    diagnose_signature,
    narrowed,
)
from dispatch_conformance.report.narrowing import common, members_of, not_ruled_out
from dispatch_conformance.report.traces import Trace, registered_keys, right_outputs, traced
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import Observation, Verdict

MAX_CASES: Final = 6
"""How many failed observations of one check are diagnosed."""

MAX_SIGNATURES: Final = 12
"""How many signatures are diagnosed in one run: each may take half a second."""

MAX_RIGHT: Final = 40
"""How many outputs whose hash was right are held against the guesses."""

CheckName = tuple[str, str]
"""The id of a check, and its clause: results are told apart by both."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is said of one failed check: where the values differ, and the guesses, the likeliest first.

    `kind` is what was diagnosed, "" where nothing was.
    """

    kind: str = ""
    differences: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()

    @property
    def known(self) -> tuple[Guess, ...]:
        """The guesses that explain the failure."""
        return tuple(guess for guess in self.guesses if guess.certainty is not Certainty.UNKNOWN)

    @property
    def mistake(self) -> tuple[str, frozenset[str]] | None:
        """What two failures have in common that come of one mistake; None where that is not known."""
        return (self.kind, frozenset(guess.name for guess in self.known)) if self.known else None

    def in_words(self) -> str:
        """All of it in a line, for forms that have only one; empty where nothing is known."""
        said = [] if self.known else [*self.differences[:1]]
        said += [guess.text for guess in self.guesses if guess.certainty is not Certainty.POSSIBLE]
        weak = [guess.name for guess in self.guesses if guess.certainty is Certainty.POSSIBLE]
        if weak:
            said.append(f"Less likely, but it fits as well: {', '.join(weak)}.")
        return " ".join(said)


class Case(NamedTuple):
    """One failed observation, and the job in its evidence."""

    observation: Observation
    trace: Trace


def causes(
    observations: Iterable[Observation], transcripts: Mapping[str, Transcript]
) -> dict[CheckName, Cause]:
    """The cause of every failed check that a diagnosis is made for."""
    return Diagnosis(transcripts).of(observations)


class Diagnosis:
    """The diagnosis of one run. No value is diagnosed twice."""

    def __init__(self, transcripts: Mapping[str, Transcript]) -> None:
        self._transcripts = transcripts
        self._signatures = MAX_SIGNATURES
        self._guessed: dict[tuple[str, ...], tuple[Guess, ...]] = {}
        self._keys: tuple[str, ...] | None = None
        self._right: tuple[Json, ...] | None = None

    def of(self, observations: Iterable[Observation]) -> dict[CheckName, Cause]:
        """The cause of every failed check among these observations that a diagnosis is made for."""
        failed: dict[CheckName, list[Case]] = {}
        for entry in observations:
            if entry.verdict is not Verdict.FAIL or diagnosis_for(entry.clause) is None:
                continue
            cases = failed.setdefault((entry.check, entry.clause), [])
            trace = self._trace(entry.evidence) if len(cases) < MAX_CASES else None
            if trace is not None:
                cases.append(Case(entry, trace))
        found = {name: self._cause(name[1], cases) for name, cases in failed.items()}
        return agreed({name: cause for name, cause in found.items() if cause.guesses or cause.differences})

    def _trace(self, evidence: Sequence[Mark]) -> Trace | None:
        """The job that a verdict rests on."""
        name = evidence[0].transcript if evidence else ""
        transcript = self._transcripts.get(name)
        if transcript is None:
            return None
        return traced(transcript.events, [mark.event for mark in evidence if mark.transcript == name])

    def _cause(self, clause: str, cases: Sequence[Case]) -> Cause:
        diagnose = diagnosis_for(clause)
        if diagnose is None:
            return Cause()
        kind = ""
        differences: list[str] = []
        explained: list[tuple[Guess, ...]] = []
        for case in cases:
            made = diagnose(self, case)
            kind = kind or made.kind
            differences = differences or [*made.differences]
            if made.guesses:
                explained.append(made.guesses)
        guesses = common(explained)
        if kind == "hash" and len(guesses) > 1:
            guesses = not_ruled_out(guesses, self._right_outputs())
        return Cause(kind, tuple(differences), guesses)

    def hash(self, case: Case) -> Cause:
        """Why the hash of an output is another one; of a receipt's where that is what failed."""
        trace = case.trace
        stated = trace.receipt_hash if case.observation.clause.startswith("W-RCP") else trace.output_hash
        if trace.output is None or stated is None:
            return Cause()
        output = trace.output
        texts = {"the job's input": trace.text} if trace.text else {}
        if trace.before is not None:
            texts["the output of the job before"] = trace.before.canonical
        made = self._once(("hash", output.text, stated), lambda: diagnose_hash(output, stated, texts=texts))
        return Cause("hash", (), made)

    def signature(self, case: Case) -> Cause:
        """Why a receipt's signature does not verify."""
        trace = case.trace
        if trace.receipt is None or trace.signature is None or not trace.pubkey:
            return Cause()
        receipt, signature = trace.receipt, trace.signature
        known = ("signature", receipt.text, signature, trace.pubkey)
        if known not in self._guessed:
            if not self._signatures:
                return Cause()
            self._signatures -= 1

        def diagnosed() -> tuple[Guess, ...]:
            keys = [key for key in self._all_keys() if key != trace.pubkey]
            return diagnose_signature(
                receipt, signature, trace.pubkey, output=trace.output, other_keys=keys[:8]
            )

        return Cause("signature", (), self._once(known, diagnosed))

    def output(self, case: Case) -> Cause:
        """Where a task's output differs from the right one, and by which rule."""
        trace = case.trace
        if trace.text is None or trace.output is None or trace.task_type not in tuple(TaskType):
            return Cause()
        expected = Json.of(run_task(trace.task_type, trace.text))
        found = relevant(compare_outputs(trace.task_type, trace.text, expected, trace.output), case)
        members = members_of(trace.task_type, found[0].member) if found else ()
        kind = f"output {' '.join(members)}".rstrip()
        said = tuple(f"{difference.place}: {difference.text}" for difference in found)
        return Cause(kind, said, next((entry.guesses for entry in found if entry.guesses), ()))

    def _once(self, what: tuple[str, ...], diagnose: Callable[[], tuple[Guess, ...]]) -> tuple[Guess, ...]:
        if what not in self._guessed:
            self._guessed[what] = diagnose()
        return self._guessed[what]

    def _right_outputs(self) -> tuple[Json, ...]:
        """Outputs of this run whose hash is right, each once: what changes them is not what happened."""
        if self._right is None:
            found = (right_outputs(entry.events) for entry in self._transcripts.values())
            by_text = {output.canonical: output for output in chain.from_iterable(found)}
            self._right = tuple(islice(by_text.values(), MAX_RIGHT))
        return self._right

    def _all_keys(self) -> tuple[str, ...]:
        """Every key that was registered in this run: a worker may have signed with another one of its own."""
        if self._keys is None:
            found = (key for entry in self._transcripts.values() for key in registered_keys(entry.events))
            self._keys = tuple(dict.fromkeys(found))
        return self._keys


def agreed(found: Mapping[CheckName, Cause]) -> dict[CheckName, Cause]:
    """The causes, those of one kind reduced to what all of them share, if anything: one mistake did it."""
    agreed_on = dict(found)
    for kind in {cause.kind for cause in found.values() if cause.known}:
        same = {name: cause for name, cause in found.items() if cause.kind == kind and cause.known}
        shared = frozenset.intersection(
            *(frozenset(guess.name for guess in cause.known) for cause in same.values())
        )
        for name, cause in same.items() if shared else ():
            left = tuple(guess for guess in cause.known if guess.name in shared)
            agreed_on[name] = replace(cause, guesses=narrowed([left]))
    return agreed_on


def relevant(found: Sequence[Difference], case: Case) -> tuple[Difference, ...]:
    """Of the differences those in the member that was judged; all where the whole output was."""
    output = case.trace.output.value if case.trace.output is not None else None
    members = output if isinstance(output, dict) else {}
    judged = {name for name, value in members.items() if stringify(value) == case.observation.actual}
    chosen = tuple(entry for entry in found if entry.member in judged)
    return chosen or tuple(found)


Diagnose = Callable[[Diagnosis, Case], Cause]

_DIAGNOSES: Final[Mapping[str, tuple[str, Diagnose]]] = {
    "W-CAN": ("hash", Diagnosis.hash),
    "W-RCP-4": ("hash", Diagnosis.hash),
    "W-SIG": ("signature", Diagnosis.signature),
    "W-OUT": ("output", Diagnosis.output),
}
"""What is diagnosed where a clause, or any of an area, is broken."""


def diagnosis_for(clause: str) -> Diagnose | None:
    """The diagnosis that is made where a clause is broken; None where none can be."""
    found = _DIAGNOSES.get(clause) or _DIAGNOSES.get(clause.rpartition("-")[0])
    return found[1] if found is not None else None


def kind_of(clause: str) -> str:
    """What is diagnosed where a clause is broken: a hash, a signature, an output; "" where nothing is."""
    found = _DIAGNOSES.get(clause) or _DIAGNOSES.get(clause.rpartition("-")[0])
    return found[0] if found is not None else ""
