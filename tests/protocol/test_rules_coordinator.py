"""For each rule about coordinators: one property of a golden transcript changed breaks that clause alone."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from dispatch_protocol.vocabulary import Role

from tests.protocol.golden.script import INFER, PUBKEY, SUMMARIZE, UNKNOWN, Script, clauses, variants

Change = Callable[[Script], Script]

_ERROR = {"type": "error", "code": "JOB_NOT_ASSIGNED", "message": "no"}
_STRANGER = "76a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f5"
_WORKER_ID = "0b9c7a52-3a6e-4c59-8a43-1f2e3d4c5b6a"


def _becomes(note: str, **changes: Any) -> Change:
    """Other members in a frame; None takes one away."""

    def change(script: Script) -> Script:
        message = json.loads(script.line(note)["text"]) | changes
        return script.frame(
            note, json.dumps({name: item for name, item in message.items() if item is not None})
        )

    return change


def _answers(note: str, code: int | None = None, **changes: Any) -> Change:
    """Another status, or other members of an answer over HTTP; `...` takes one away."""

    def change(script: Script) -> Script:
        line = script.line(note)
        answer = json.loads(line["response"]) | changes
        line["response"] = json.dumps({name: item for name, item in answer.items() if item is not ...})
        line["status"] = code or line["status"]
        return script

    return change


def _receipt(note: str, **changes: Any) -> Change:
    """Other members of the receipt in a job's answer."""

    def change(script: Script) -> Script:
        line = script.line(note)
        answer = json.loads(line["response"])
        answer["receipt"] |= changes
        line["response"] = json.dumps(answer)
        return script

    return change


def _verified_in_spite_of(variant: str) -> Change:
    """A receipt with a fault, stored as it came, and shown as verified."""

    def change(script: Script) -> Script:
        frame = json.loads(variants()[variant])
        script.frame("answer summarize", variants()[variant]).drop("view summarize again")
        line = script.line("view summarize")
        answer = json.loads(line["response"])
        shown = {"signature": frame.get("receipt_signature"), "verified": True}
        receipt = frame.get("receipt")
        answer["receipt"] = (receipt if isinstance(receipt, dict) else {}) | shown
        line["response"] = json.dumps(answer)
        return script

    return change


def _unverified_for_its_form(script: Script) -> Script:
    _verified_in_spite_of("W-RCP-7")(script)
    return _receipt("view summarize", verified=False)(script)


def _binary(note: str) -> Change:
    def change(script: Script) -> Script:
        line = script.line(note)
        line.update(opcode="binary", base64=b64encode(line.pop("text").encode()).decode())
        return script

    return change


def _assigned(t: float, job_id: str = UNKNOWN, **changes: Any) -> Change:
    """One more assignment of the golden session's first job, with other members."""

    def change(script: Script) -> Script:
        message = json.loads(Script("session").line("assign summarize")["text"])
        script.say(t, "coordinator", message | {"job_id": job_id} | changes)
        reject = {"type": "job_reject", "job_id": job_id, "reason": "no"}
        return script if job_id == SUMMARIZE else script.say(t + 0.01, "worker", reject)

    return change


def _second_worker(script: Script, t: float, key: str, worker_id: str) -> Script:
    register = json.loads(script.line("register")["text"]) | {"provider_pubkey": key}
    script.add(t, event="open", connection=2)
    script.say(t + 0.1, "worker", register, 2)
    ack = {"type": "register_ack", "status": "ok", "worker_id": worker_id}
    script.end = t + 15.0
    return script.say(t + 0.2, "coordinator", ack, 2)


def _held_by_two(script: Script) -> Script:
    _second_worker(script.until("answer infer"), 29.0, _STRANGER, _WORKER_ID[:-1] + "c")
    message = json.loads(script.line("assign infer")["text"])
    return script.say(30.5, "coordinator", message, 2)


def _offered_again(script: Script) -> Script:
    script.drop("view faulty")
    return script.say(22.3, "coordinator", script.line("assign faulty")["text"])


def _outlives_its_worker(script: Script) -> Script:
    script.until("assign infer").add(30.1, event="close", connection=1, code=1006)
    _second_worker(script, 31.0, _STRANGER, _WORKER_ID[:-1] + "c")
    return script.say(32.0, "coordinator", script.line("assign infer")["text"], 2)


def _takes_over(script: Script) -> Script:
    return _second_worker(
        script.until("assign infer").drop("assign infer"), 31.0, PUBKEY, _WORKER_ID[:-1] + "c"
    )


def _refused(script: Script) -> Script:
    script.replace("register", PUBKEY, "00").until("ack")
    script.frame("ack", '{"type":"register_ack","status":"error","error":"no key"}')
    return script.say(1.52, "coordinator", _ERROR | {"code": "NOT_REGISTERED"})


def _never_shown_right(script: Script) -> Script:
    for note in ("view summarize", "view summarize again"):
        _answers(note, result={"summary": "Dispatch", "word_count": 1})(script)
    return script


def _claimed_too_late(script: Script) -> Script:
    claim = script.line("claim again")
    return script.until("create code").add(**claim | {"t": 3700.0})


def _closes(t: float, code: int) -> Change:
    return lambda s: s.until("beat ack 21").add(t, event="close", connection=1, code=code, by="coordinator")


SESSION: dict[str, Change] = {
    "C-FRM-1": _binary("beat ack 21"),
    "C-FRM-1 ack": _binary("ack"),
    "C-FRM-2": lambda s: s.frame("beat ack 21", s.line("beat ack 21")["text"] + "}"),
    "C-FRM-2 list": lambda s: s.say(15.0, "coordinator", "[]"),
    "C-FRM-3": _becomes("paid", pad="x" * 1_048_576),
    "C-FRM-4": lambda s: s.say(15.0, "coordinator", {"type": "hello"}),
    "C-FRM-4 none": lambda s: s.say(15.0, "coordinator", {}),
    "C-REG-1 never": lambda s: s.drop("ack").until("register"),
    "C-REG-1 refused": lambda s: s.frame(
        "ack", '{"type":"register_ack","status":"error","error":"no"}'
    ).until("ack"),
    "C-REG-1 unasked": lambda s: s.say(15.0, "coordinator", s.line("ack")["text"]),
    "C-REG-1 status": lambda s: s.replace("ack", '"ok"', '"fine"').until("ack"),
    "C-REG-2": lambda s: _becomes("ack", worker_id=None)(s).until("ack"),
    "C-REG-2 empty": lambda s: _becomes("ack", worker_id="")(s).until("ack"),
    "C-REG-3": lambda s: _second_worker(s.until("answer infer"), 45.0, _STRANGER, _WORKER_ID),
    "C-REG-12": _takes_over,
    "C-REG-12 code": lambda s: _takes_over(s).add(
        31.3, event="close", connection=1, code=1000, by="coordinator"
    ),
    "C-HBT-1": lambda s: s.drop("beat ack 21"),
    "C-HBT-1 unasked": lambda s: s.say(15.0, "coordinator", {"type": "heartbeat_ack", "status": "ok"}),
    "C-HBT-1 status": lambda s: s.replace("beat ack 21", '"ok"', '"error"'),
    "C-HBT-2": _closes(50.0, 1005),
    "C-HBT-3": _closes(62.0, 1005),
    "C-JOB-1": _becomes("assign summarize", user_id=None),
    "C-JOB-2 no UUID": lambda s: s.replace("assign summarize", SUMMARIZE, "7").until("assign summarize"),
    "C-JOB-2 again": _assigned(15.0, SUMMARIZE),
    "C-JOB-3": _becomes("assign summarize", policy="AUTO"),
    "C-JOB-4": _becomes("assign summarize", privacy_class="PRIVATE"),
    "C-JOB-4 unknown": _becomes("assign summarize", privacy_class="private"),
    "C-JOB-5": _becomes("assign summarize", payload={"task_type": "summarize", "input": "Dispatch."}),
    "C-JOB-6": _becomes("assign summarize", user_id="somebody"),
    "C-REST-3": _becomes("assign summarize", policy="FAST"),
    "C-JOB-7": _assigned(30.5),
    "C-JOB-9": _never_shown_right,
    "C-JOB-10": lambda s: s.say(12.11, "coordinator", _ERROR),
    "C-JOB-10 rejected": lambda s: s.say(22.11, "coordinator", _ERROR),
    "C-JOB-10 receipt": lambda s: s.say(60.21, "coordinator", _ERROR),
    "C-JOB-13": _offered_again,
    "C-JOB-15": _outlives_its_worker,
    "C-JOB-16": _answers("view summarize again", result={"summary": "", "word_count": 1}),
    "C-JOB-17": _answers("view faulty", result=None),
    "C-JOB-21": _assigned(1.1),
    "C-MAT-1": lambda s: s.replace("register", '"LLM_INFER",', ""),
    "C-MAT-1 before the ack": lambda s: _assigned(1.015)(s.until("ack")),
    "C-MAT-8": _held_by_two,
    "C-REG-8": lambda s: _assigned(1.5)(_refused(s)),
    "C-DEMO-3": _assigned(15.0, f"demo-{UNKNOWN}"),
    "C-DEMO-3 type": _assigned(15.0, f"demo-{UNKNOWN}", user_id="demo-coordinator", job_type="LLM_INFER"),
    "C-DEMO-5": lambda s: _answers("view summarize again", id=f"demo-{UNKNOWN}")(
        (s.line("view summarize again").update(path=f"/v1/jobs/demo-{UNKNOWN}"), s)[1]
    ),
    "C-PAY-1": _becomes("paid", tx_hash=None),
    "C-PAY-2": _becomes("unpaid", error=None),
    "C-PAY-3": _becomes("praised", network="solana-devnet"),
    "C-PAY-4": _becomes("unpraised", job_id=7),
    "C-PAY-5": _becomes("paid", token="SOL"),
    "C-RCP-1": _receipt("view summarize", verified=False),
    "C-RCP-2": _verified_in_spite_of("W-SIG-2"),
    "C-RCP-3": _verified_in_spite_of("W-RCP-4"),
    "C-RCP-3 both": _verified_in_spite_of("W-CAN-2"),
    "C-RCP-4": _verified_in_spite_of("W-RCP-2"),
    "C-RCP-5": _verified_in_spite_of("W-RCP-3"),
    "C-RCP-6": _verified_in_spite_of("W-SIG-4"),
    "C-RCP-7": _verified_in_spite_of("W-SIG-5"),
    "C-RCP-8": _verified_in_spite_of("W-SIG-1"),
    "C-RCP-8 stray bits": _verified_in_spite_of("W-SIG-3"),
    "C-RCP-9": _unverified_for_its_form,
    "C-RCP-10": _verified_in_spite_of("W-RCP-12"),
    "C-RCP-10 list": _verified_in_spite_of("W-RCP-1 list"),
    "C-RCP-11": _receipt("view summarize", payment_ref="0x"),
    "C-REST-1": _answers("health", workers_online="0"),
    "C-REST-2": _answers("commit summarize", 500, error="oops"),
    "C-REST-4": _answers("bad commit", error="Missing fields"),
    "C-REST-4 accepted": _answers("bad commit", 201, job_id=UNKNOWN),
    "C-REST-5": _answers("bad type", 422),
    "C-REST-7": _answers("bad privacy", 201, job_id=UNKNOWN),
    "C-REST-8": _answers("bad payload", 201, job_id=UNKNOWN),
    "C-REST-9": _answers("untrusted", error="nobody"),
    "C-REST-9 id": _answers("untrusted", job_id=...),
    "C-REST-10": _answers("view summarize", completed_at=...),
    "C-REST-10 id": _answers("view summarize", id=INFER),
    "C-REST-10 status": _answers("view summarize", status="done"),
    "C-REST-11": _answers("view running", receipt={}),
    "C-REST-12": _answers("view faulty", completed_at="2026-11-22T06:00:22.500Z"),
    "C-REST-13": _answers("unknown job", error="No such job"),
    "C-REST-14": _answers("undeclared", 201, job_id=UNKNOWN),
    "C-REST-16": lambda s: (s.line("head").update(response="{}"), s)[1],
    "C-REST-17": lambda s: (s.line("options").update(status=204), s)[1],
    "C-REST-18": lambda s: (s.line("bad policy").update(response="<html>"), s)[1],
    "C-REST-19": _answers("view summarize", created_at="2026-11-22 06:00:12"),
    "C-REST-19 list": _answers(
        "list", providers=[{"provider_pubkey": PUBKEY, "paired_at": "2026-11-22 06:00:01"}]
    ),
    "C-REST-21": lambda s: (s.line("dashboard").update(content_type="text/plain"), s)[1],
    "C-QUO-1": _answers("quote", network=...),
    "C-QUO-2": _answers("quote", price="$0.003"),
    "C-QUO-3": _answers("quote", policy_resolved="AUTO"),
    "C-QUO-4": _answers("quote", endpoint="/v1/jobs/commit/fast"),
    "C-QUO-5": _answers("quote", expires_at="2026-11-22T07:00:00.000Z"),
    "C-QUO-6": _answers("bad quote", error="Invalid"),
    "C-QUO-7": _answers("bad policy", 200),
    "C-TRU-1": _answers("create code", pairing_code="a3f2b1"),
    "C-TRU-2": _answers("create code", expires_at="2026-11-22T08:00:00.500Z"),
    "C-TRU-3": _answers("create nothing", error="Missing"),
    "C-TRU-4": _answers("claim", user_id="somebody"),
    "C-TRU-5": _answers("claim again", 200, user_id="user_abc123", paired_at="2026-11-22T06:00:01.200Z"),
    "C-TRU-6": _answers("claim unknown", error="unknown"),
    "C-TRU-7": _answers("claim again", error="invalid_code"),
    "C-TRU-9": _answers("claim nothing", error="invalid_code"),
    "C-TRU-8": _claimed_too_late,
    "C-TRU-10": _answers("list", providers=[PUBKEY]),
    "C-TRU-11": _answers("list nothing", error="Missing"),
    "C-TRU-12": _answers(
        "list", providers=[{"provider_pubkey": PUBKEY, "paired_at": "2026-11-22T05:59:00.000Z"}]
    ),
    "C-DEMO-1": _answers("demo stop", status="started"),
    "C-DEMO-2": _answers("demo status", active="no"),
}
"""What is changed in the conforming session, by the clause that it breaks."""

ERRORS: dict[str, Change] = {
    "C-ERR-1": _becomes("parse error", message=None),
    "C-ERR-2": _becomes("parse error", code="INVALID_MSG"),
    "C-ERR-3": _becomes("invalid object", code="PARSE_ERROR"),
    "C-ERR-4": _becomes("invalid type", code="UNKNOWN_MSG"),
    "C-ERR-5": _becomes("unknown", code="INVALID_MSG"),
    "C-ERR-5 never": lambda s: s.drop("unknown"),
    "C-ERR-6": lambda s: s.frame("invalid metrics", '{"type":"heartbeat_ack","status":"ok"}'),
    "C-ERR-7": _becomes("not registered", code="INVALID_MSG"),
    "C-ERR-8": lambda s: s.frame("invalid key", '{"type":"heartbeat_ack","status":"ok"}'),
    "C-ERR-9": lambda s: s.drop("not assigned"),
    "C-ERR-10": lambda s: s.drop("invalid binary"),
    "C-ERR-11": lambda s: s.until("invalid binary").add(
        2.8, event="close", connection=1, code=1008, by="coordinator"
    ),
    "C-REG-4": lambda s: s.frame("refused", json.dumps(_ERROR | {"code": "INVALID_MSG"})),
    "C-REG-5": _becomes("refused", error=None),
    "C-REG-6": lambda s: s.frame("refused small order", s.line("ack")["text"]),
    "C-REG-10": _becomes("ack again", worker_id="another"),
    "C-REG-11": lambda s: (
        (s.line("replaced").update(t=6.0), _becomes("second ack", status="error", error="held")(s))[1]
        .until("second ack")
        .drop("replaced")
    ),
    "C-REG-12": lambda s: (s.line("replaced").update(code=1000, t=5.13), s)[1],
}
"""What is changed in the transcript of the erring worker."""


@pytest.mark.parametrize("name", SESSION)
def test_one_change_in_a_conforming_session_breaks_one_clause(name: str) -> None:
    found, judged = SESSION[name](Script("session")).judge(Role.COORDINATOR)

    clause = name.partition(" ")[0]
    assert clauses(found) == {clause}
    assert judged[clause] >= len(found)


@pytest.mark.parametrize("name", ERRORS)
def test_one_change_in_the_replies_to_faults_breaks_one_clause(name: str) -> None:
    found, _ = ERRORS[name](Script("errors")).judge(Role.COORDINATOR)

    assert clauses(found) == {name.partition(" ")[0]}


@pytest.mark.parametrize("status", [413, 429, 503])
def test_a_limit_may_refuse_any_request(status: int) -> None:
    for note in ("quote", "bad commit", "commit summarize", "list", "view summarize"):
        script = _answers(note, status, error="too much")(Script("session"))

        assert script.judge(Role.COORDINATOR)[0] == []


def test_a_payment_gate_may_refuse_a_commit() -> None:
    assert _answers("commit summarize", 402, error="pay")(Script("session")).judge(Role.COORDINATOR)[0] == []


def test_a_job_may_be_given_up_after_the_coordinator_s_patience() -> None:
    """From then on its late answer is refused, or still taken: nobody but the coordinator knows."""
    for reply in (True, False):
        script = Script("session").until("assign summarize")
        for t in (21.02, 31.02, 41.02, 51.02, 61.02, 71.02, 81.02, 91.02, 101.02, 111.02, 121.02, 131.02):
            script.say(t, "worker", {"type": "heartbeat", "provider_pubkey": PUBKEY})
            script.say(t, "coordinator", {"type": "heartbeat_ack", "status": "ok"})
        script.say(135.0, "worker", variants()["legal extra members"])
        if reply:
            script.say(135.1, "coordinator", _ERROR)
        script.end = 150.0

        assert script.judge(Role.COORDINATOR)[0] == []
