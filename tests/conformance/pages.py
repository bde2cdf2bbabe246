"""Reports to make pages of: one with something of every kind, and one in which every text is hostile."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dispatch_conformance.baseline import Known
from dispatch_conformance.engine import Outcome, ScenarioRun
from dispatch_conformance.report.model import Report, make_report
from dispatch_conformance.scenario import scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import Observation, Repeats, Verdict
from dispatch_protocol.recording import Closed, Fault, Http, Opened, frame_event
from dispatch_protocol.vocabulary import ProviderType, Role

SETTINGS = Settings(command="node 'my worker.js'", seed=7)
PUBKEY = "ab" * 32
ASSIGN = '{"type":"job_assign","job_id":"a1","job_type":"TASK","payload":{"input":"caf\\u00e9"}}'
ANSWER = '{"type":"job_complete","job_id":"a1","output":{"summary":"cafe"},"output_hash":"00"}'

MARKUP = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "</style></title></textarea></pre></code></details>",
    "<img src=x onerror='window.hacked = 3'>",
    "\"><svg onload=window.hacked=4><a href='javascript:window.hacked=5'>",
    "' onfocus='window.hacked=6' autofocus='",
    "<!-- --> ]]> <![CDATA[ &lt;b&gt; &#60;i&#62; {{7*7}} ${7*7}",
    "<iframe srcdoc='<script>parent.hacked=7</script>'></iframe><base href=//x><meta http-equiv=refresh>",
)
"""Texts that would do something if they became markup."""

HIDDEN = (
    "\x1b[2J\x1b]0;pwned\x07",
    "abc\u202egnp.exe\u202c \u2066x\u2069",
    "line\u2028separator\u2029and\u0085next\r\n\ttab",
    "\x00\x08\x7f\u200b\ufeff\u00ad",
    "high \ud83d low \ude00",
    "\U000e0041\U000f0000",
)
"""Texts of which something would not be seen."""

HOSTILE = "".join((*MARKUP, *HIDDEN))


async def _nothing(_context: object) -> None:
    """Does nothing."""


EMPTY = scenario("area.scenario", {"one": "W-OUT-3"})(_nothing)


def observed(check: str, clause: str, verdict: Verdict, *marks: int, **texts: str) -> Observation:
    """An observation whose evidence are these events."""
    evidence = tuple(Mark("area.scenario", index) for index in marks)
    return Observation(
        check=check, clause=clause, verdict=verdict, scenario="area.scenario", evidence=evidence, **texts
    )


def made(
    observations: Sequence[Observation],
    transcript: Transcript,
    *,
    settings: Settings = SETTINGS,
    text: str = "",
    pubkey: str = PUBKEY,
) -> Report:
    """A report; `text` is what the worker printed, declared, and what the suite failed of, if anything."""
    run = ScenarioRun(
        scenario=EMPTY,
        attempt=1,
        observations=tuple(observations),
        transcripts=(transcript,),
        outputs=(text,),
        endings=("exit status 1",) if text else (),
        seconds=0.1,
        connected=True,
        error=text,
        provider_type=ProviderType.DESKTOP,
        pubkey=pubkey,
        capabilities=("TASK", text) if text else ("TASK",),
    )
    return replace(make_report(settings, Outcome(runs=[run]), [EMPTY]), folder=Path("out"))


def mixed() -> Report:
    """Something of every kind: two failures of one clause, warnings, one of them known, and passes."""
    transcript = Transcript("area.scenario")
    transcript.add(Opened(t=0.0, connection=1))
    transcript.add(frame_event(0.1, 1, Role.COORDINATOR, ASSIGN))
    transcript.add(frame_event(0.2, 1, Role.WORKER, ANSWER))
    transcript.add(frame_event(0.3, 1, Role.WORKER, b"\xff\x00", opcode="binary"))
    report = made(
        [
            observed(
                "tasks.summary",
                "W-OUT-3",
                Verdict.FAIL,
                *(1, 2),
                message="for a short input, `summary` is wrong",
                expected='{"summary":"café"}',
                actual='{"summary":"cafe"}',
            ),
            observed("replay.summary", "W-OUT-3", Verdict.FAIL, 2, message="another answer"),
            observed("receipts.extra", "W-RCP-8", Verdict.WARN, 3, message="a member too many"),
            observed("keys.mode", "W-KEY-10", Verdict.WARN, message="others may read it"),
            observed("jobs.three", "W-JOB-1", Verdict.INCONCLUSIVE, message="the host stalled"),
            observed("hashes.order", "W-CAN-4", Verdict.NOT_TESTABLE, message="no such output"),
            observed("llm.text", "W-LLM-5", Verdict.NOT_APPLICABLE, message="not declared"),
            *(observed(f"tasks.c{number}", f"W-OUT-{number}", Verdict.PASS) for number in (4, 5, 6)),
            observed("registration.first", "W-REG-1", Verdict.PASS),
        ],
        transcript,
    )
    known = {"keys.mode": "the group reads it as well"}
    repeats = {"receipts.extra": Repeats(1, 3)}
    results = tuple(
        replace(entry, known=known.get(entry.id, ""), repeats=repeats.get(entry.id))
        for entry in report.results
    )
    return replace(report, results=results)


def hostile(text: str = HOSTILE) -> Report:
    """Every text that may come from a worker, or from whoever started the suite, is `text`."""
    transcript = Transcript("area.scenario")
    transcript.add(Opened(t=0.0, connection=1, path=f"/{text}"))
    transcript.add(frame_event(0.1, 1, Role.WORKER, f'{{"type":"job_complete","job_id":"{text}"}}'))
    transcript.add(frame_event(0.2, 1, Role.WORKER, text.encode("utf-8", "replace"), opcode="binary"))
    transcript.add(
        Http(
            t=0.3,
            sender="worker",
            method="POST",
            path=f"/{text}",
            status=400,
            request=text,
            request_type=text,
            response=text,
            content_type=text,
        )
    )
    transcript.add(Fault(t=0.4, name="cut", detail=text))
    transcript.add(Closed(t=0.5, connection=1, code=1000, by=Role.WORKER, reason=text))
    entries = [
        observed(
            f"area.{check}", clause, verdict, *range(6), message=text, expected=f'"{text}', actual=f'"{text}x'
        )
        for check, clause, verdict in (
            ("one", "W-OUT-3", Verdict.FAIL),
            ("two", "W-OUT-3", Verdict.FAIL),
            ("three", "W-RCP-8", Verdict.WARN),
            ("four", "W-CAN-4", Verdict.NOT_TESTABLE),
        )
    ]
    settings = replace(SETTINGS, command=f"worker {text}", baseline=text, only=("area", text))
    report = made(entries, transcript, settings=settings, text=text, pubkey=text)
    results = tuple(
        replace(entry, known=text if entry.clause == "W-RCP-8" else "") for entry in report.results
    )
    stale = (Known(check="area.gone", clause="W-OUT-4", reason=text),)
    return replace(report, results=results, stale=stale, reason=text)
