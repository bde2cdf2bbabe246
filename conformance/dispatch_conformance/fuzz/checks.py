"""The checks of sequences, with their clauses, and the one that a circumstance is to blame for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dispatch_protocol.clauses import Level, clause

from dispatch_conformance.fuzz.steps import Job, Notice, Oddity, Ping, Sequence, Step
from dispatch_conformance.reference import CHECKS as OUTPUTS
from dispatch_conformance.scenarios.faulty import CHECKS as FAULTS
from dispatch_conformance.scenarios.robustness import frames

RECEIPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "W-RCP-1": "receipt",
        "W-RCP-2": "receipt_job_id",
        "W-RCP-3": "receipt_key",
        "W-RCP-4": "receipt_hash",
        "W-RCP-5": "receipt_time_form",
        "W-RCP-6": "receipt_payment_ref",
        "W-RCP-7": "receipt_order",
        "W-RCP-8": "receipt_extra",
        "W-RCP-9": "receipt_time",
        "W-RCP-10": "receipt_utc",
        "W-RCP-12": "receipt_reserved",
        "W-SIG-1": "signature_form",
        "W-SIG-2": "signature",
        "W-SIG-3": "signature_bits",
        "W-SIG-4": "signature_range",
        "W-SIG-5": "signature_point",
    }
)
"""The check of each clause that a receipt's verification may find broken."""

_LIFE: Final = {
    "survives": "W-JOB-1",
    "answered": "W-JOB-1",
    "answered_once": "W-JOB-4",
    "one_kind": "W-JOB-5",
    "unasked": "W-JOB-6",
    "unprovoked": "W-ROB-15",
    "beside_another": "W-JOB-12",
    "pongs": "W-ROB-14",
}
_CIRCUMSTANCES: Final = {
    Oddity.FRAGMENTS: ("fragments", "W-ROB-13"),
    Oddity.MEMBERS: ("unknown_members", "W-ROB-2"),
    Oddity.PAYLOAD_TYPE: ("payload_type", "W-JOB-11"),
    Oddity.PRIVATE: ("private", "W-JOB-10"),
    Oddity.ID: ("ids", "W-JOB-7"),
}
_MODEL: Final = {"llm_completes": "W-LLM-1", "llm_prompt": "W-LLM-2", "llm_text": "W-LLM-5"}
_HASHES: Final = {"hash_form": "W-CAN-1", "hash": "W-CAN-2"}

FAULTY: Final = {name: "payload_no_object" if name == "no_object" else name for name in FAULTS}
"""The check of each kind of faulty job, by the name that `scenarios.faulty` has for it."""

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    dict(OUTPUTS)
    | _MODEL
    | _HASHES
    | {name: clause_id for clause_id, name in RECEIPTS.items()}
    | _LIFE
    | dict(_CIRCUMSTANCES.values())
    | {FAULTY[name]: law for name, law in FAULTS.items()}
    | {name: law for name, law in frames.checks.items() if name != "unanswered"}
)
"""Every check that sequences can make, and its clause."""


def circumstance(step: Step) -> str:
    """The check of the circumstance in which a step was sent, "" for a plain one."""
    return "" if isinstance(step, Ping) else _CIRCUMSTANCES.get(step.oddity, ("", ""))[0]


def checks_of(step: Step) -> frozenset[str]:
    """The checks of what is unusual about a step: what it is, and its circumstance. Empty for a plain job."""
    match step:
        case Notice(check):
            own = check
        case Job(fault=fault):
            own = fault
        case _:
            own = "pongs"
    return frozenset({own, circumstance(step)} - {""})


def culprit(sequence: Sequence, *, died: bool, complete: bool, unanswered: Job | None = None) -> str:
    """The check that a smallest sequence decides if the worker dies of it, or leaves a job unanswered.

    Every step of it is needed, so every one has its part: what only a SHOULD asks for excuses the worker from
    the rest. Otherwise the last step counts, or the last one before it that is not an ordinary job; none of
    them, if the search for smaller sequences is not `complete`: then the first `unanswered` job does, or that
    it comes after a faulty one. A silence that shows in one segment only is what W-JOB-12 speaks of.
    """
    if not complete and unanswered is not None and checks_of(unanswered):
        return circumstance(unanswered) or min(checks_of(unanswered))
    names = [circumstance(step) or min(checks_of(step)) for step in sequence.steps if checks_of(step)]
    lenient = [name for name in names if clause(CHECKS[name]).level is not Level.MUST]
    if lenient:
        return lenient[-1]
    if sequence.together and not died:
        return "beside_another"
    if names and complete:
        ordinary = not checks_of(sequence.steps[-1])
        return "next_job" if ordinary and names[-1] in FAULTY.values() else names[-1]
    if unanswered is not None and set(names) & set(FAULTY.values()):
        return "next_job"
    return "survives" if died else "answered"
