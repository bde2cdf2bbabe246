"""The reference model: what may come of a sequence, and how an outcome differs from that.

Pure. For each job the model gives a set of allowed answers: an ordinary one is completed with the reference's
output, and may be rejected only while another one runs; a faulty one is rejected, or completed with an error.
One answer per assignment, nothing unasked, hash and receipt of every completion. Silence and death are not
judged here: whether they are faults shows only in time, or on a fresh worker (see `reduce`).
"""

from collections.abc import Callable, Iterator
from re import compile as pattern
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import shown
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.rules.heartbeats import SHORT_GAP
from dispatch_protocol.tasks import Faulty, LlmRequest, Request, TaskRequest, read_payload

from dispatch_conformance.checks import Evidence
from dispatch_conformance.diagnose.suspects import Output, Suspects
from dispatch_conformance.fuzz.checks import RECEIPTS, circumstance
from dispatch_conformance.fuzz.outcome import Given, Outcome
from dispatch_conformance.fuzz.steps import Notice, Ping
from dispatch_conformance.jobs import Answer, Kind
from dispatch_conformance.reference import Fault, decided, faults

_HEX_64: Final = pattern("[0-9a-f]{64}")
_ANSWERS: Final = frozenset({"job_complete", "job_reject"})
_OWN: Final = frozenset({"heartbeat", "receipt_submit", "register"})

_OF_A_TIME: Final = frozenset({"W-RCP-5", "W-RCP-10"})
"""What is asked of a time that is one (W-RCP-9)."""

Asked = Callable[[str], bool]
"""Whether the stand-in for the model was asked this prompt."""


class Finding(NamedTuple):
    """One way in which an outcome is not allowed: the fault, the step's place, its circumstance, evidence."""

    fault: Fault
    place: int
    circumstance: str
    evidence: Evidence


def note(outcome: Outcome, suspects: Suspects) -> None:
    """What the outputs of an outcome say of the worker's mistakes."""
    suspects.note(
        Output(request.task_type, request.input, given.answers[0].output.value)
        for given in outcome.given
        if given.answers and given.answers[0].output is not None
        if isinstance(request := _request(given), TaskRequest)
    )


def judge(outcome: Outcome, asked: Asked, suspects: Suspects | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with an outcome, whatever it is due to.

    `suspects` are the mistakes that the worker's outputs so far leave open.
    """
    found: list[Finding] = []
    for given in outcome.given:
        odd = circumstance(given.job)
        broken = _of_job(given, outcome, asked, suspects)
        found += (Finding(fault, given.place, odd, given.marks) for fault in broken)
    found += _strays(outcome)
    if outcome.lost_ping is not None and not outcome.ended:
        data = outcome.lost_ping.hex()
        fault = Fault("pongs", "a ping is not answered", f"a pong with the data {data}", "no such pong")
        found.append(Finding(fault, len(outcome.sequence.steps), "", outcome.marks))
    return tuple(found)


def examined(outcome: Outcome) -> set[str]:
    """The checks that an outcome decided, so that they have passed if nothing was found."""
    names = {"unasked", "unprovoked", "survives"} if not outcome.ended else set()
    for given in outcome.given:
        if given.answers:
            names |= {"answered_once", "one_kind", circumstance(given.job)}
            names |= _examined(given)
    if not outcome.ended and not outcome.late:
        for step in outcome.sequence.steps:
            names |= (
                {step.check} if isinstance(step, Notice) else {"pongs"} if isinstance(step, Ping) else set()
            )
    return names - {""}


def _examined(given: Given) -> set[str]:
    job, answer = given.job, given.answers[0]
    names = (
        {job.fault, "form", "next_job"} if job.fault else {"answered" if given.alone else "beside_another"}
    )
    if not answer.completed:
        return names
    names |= {"hash_form", "hash"}
    if given.receipt is not None:
        names |= set(RECEIPTS.values())
    request = _request(given)
    if isinstance(request, TaskRequest):
        names |= {"completes", *decided(request.task_type, request.input)}
    elif isinstance(request, LlmRequest):
        names |= {"llm_completes", "llm_prompt", "llm_text"}
    return names


def _request(given: Given) -> Request:
    return read_payload(given.job.job_type, Json.read(given.job.payload).value)


def _of_job(given: Given, outcome: Outcome, asked: Asked, suspects: Suspects | None) -> Iterator[Fault]:
    if not given.answers:
        return
    yield from _number(given)
    answer = given.answers[0]
    request = _request(given)
    if isinstance(request, Faulty):
        if not answer.refused:
            yield Fault(
                "form",
                "a faulty job is answered as if it were well-formed",
                "a job_reject, or an output that is an object with a string `error`",
                answer.in_words(),
            )
    elif isinstance(request, TaskRequest):
        yield from _task(request, given, answer, suspects)
    else:
        yield from _prompt(request, given, answer, asked)
    if answer.completed:
        yield from _proof(given, answer, outcome.pubkey)


def _number(given: Given) -> Iterator[Fault]:
    """One answer for each time that the job was assigned."""
    if len(given.answers) <= given.offers:
        return
    kinds = [answer.kind for answer in given.answers]
    told = ", ".join(kinds)
    if Kind.COMPLETE in kinds and Kind.REJECT in kinds:
        yield Fault("one_kind", "a job is both completed and rejected", "one answer", told)
    elif Kind.COMPLETE in kinds:
        yield Fault("answered_once", "a job is completed more than once", "one answer", told)


def _task(request: TaskRequest, given: Given, answer: Answer, suspects: Suspects | None) -> Iterator[Fault]:
    task, text = request.task_type, request.input
    if answer.kind is Kind.REJECT and not given.alone:
        return
    if answer.output is None or (answer.refused and given.alone):
        first = decided(task, text)[0]
        name = first if first.startswith("blank") else "completes"
        yield Fault(name, f"{task} is not completed", "job_complete", answer.in_words())
    else:
        yield from faults(task, text, answer.output.value, suspects)


def _prompt(request: LlmRequest, given: Given, answer: Answer, asked: Asked) -> Iterator[Fault]:
    if answer.kind is Kind.REJECT and not given.alone:
        return
    if answer.output is None or answer.refused:
        yield Fault("llm_completes", "a prompt is not completed", "job_complete", answer.in_words())
        return
    expected, value = f"Echo: {request.prompt}", answer.output.value
    text = value.get("text") if isinstance(value, dict) else None
    if text == expected:
        return
    if asked(request.prompt):
        yield Fault(
            "llm_text", "the model's text comes back changed", stringify(expected), answer.output.text
        )
    else:
        yield Fault(
            "llm_prompt",
            "the prompt does not reach the model unchanged",
            stringify(request.prompt),
            answer.in_words(),
        )


def _proof(given: Given, answer: Answer, pubkey: str) -> Iterator[Fault]:
    """The hash and the receipt of a completion, the receipt wherever it came. A missing one is not judged."""
    if answer.output is None:
        return
    stated, actual = answer.output_hash, answer.output.hash
    if stated is None or not _HEX_64.fullmatch(stated):
        yield Fault("hash_form", "the hash is no SHA-256 in lower-case hex", actual, shown(stated))
    elif stated != actual:
        yield Fault("hash", "the hash is not that of the output", actual, stated)
    if given.receipt is None:
        return
    verification = verify_receipt(
        given.receipt, given.signature, job_id=given.job_id, pubkey=pubkey, output_hash=actual
    )
    broken = {check.clause for check in verification.faults}
    for check in verification.faults:  # one mistake is one failure
        follows = check.name == "output_hash" and stated != actual
        follows = follows or (check.clause in _OF_A_TIME and "W-RCP-9" in broken)
        if check.clause in RECEIPTS and not follows:
            message = f"the receipt of a completed job is at fault ({check.name}: {check.detail})"
            yield Fault(RECEIPTS[check.clause], message, clause(check.clause).text, given.receipt.text)


def _strays(outcome: Outcome) -> Iterator[Finding]:
    """Frames that no job accounts for: answers that nothing asked for, and anything provoked."""
    beats = 0
    notices = [place for place, step in enumerate(outcome.sequence.steps) if isinstance(step, Notice)]
    place = notices[-1] if notices else 0
    for stray in outcome.strays:
        beats += stray.kind == "heartbeat"
        told = shown(stray.text, 300)
        if stray.kind in _ANSWERS:
            alike = [given.job_id for given in outcome.silent if _alike(given.job_id, stray.job_id)]
            if alike:
                message = "the answer does not carry the job id of the assignment"
                fault = Fault("ids", message, alike[0], told)
            else:
                fault = Fault("unasked", "an answer to a job that was never assigned", "no answer", told)
        elif stray.kind not in _OWN or beats > 1 + outcome.seconds / SHORT_GAP:
            fault = Fault("unprovoked", "a frame that nothing asked for", "silence", told)
        else:
            continue
        yield Finding(fault, place, "", (*outcome.marks, stray.mark))


def _alike(one: str, other: str) -> bool:
    """Whether two ids differ in letter case or in what stands around them, and no more."""
    return bool(other) and (one.lower() in other.lower() or other.lower() in one.lower())
