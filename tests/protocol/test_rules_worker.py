"""For each rule about workers: the golden session with one property changed breaks exactly that clause."""

import json
from base64 import b64encode
from collections.abc import Callable

import pytest
from dispatch_protocol.recording import frame_event
from dispatch_protocol.rules.reading import read
from dispatch_protocol.rules.records import Offered
from dispatch_protocol.vocabulary import Role

from tests.protocol.golden.script import (
    CLASSIFY,
    FAULTY,
    PUBKEY,
    SUMMARIZE,
    UNKNOWN,
    Script,
    clauses,
    variants,
)

Change = Callable[[Script], Script]

_BEAT = {"type": "heartbeat", "provider_pubkey": PUBKEY}
_PAID = {"type": "payment_failed", "job_ids": [], "error": "no funds"}


def _reject(job_id: str) -> dict[str, str]:
    return {"type": "job_reject", "job_id": job_id, "reason": "cannot"}


def _assign(job_id: str, job_type: str = "TASK") -> dict[str, object]:
    payload = {"task_type": "classify", "input": "good", "prompt": "good"}
    return {
        "type": "job_assign",
        "job_id": job_id,
        "job_type": job_type,
        "payload": payload,
        "policy": "CHEAP",
        "privacy_class": "PUBLIC",
        "user_id": "user_abc123",
    }


def _registers(**changes: object) -> Change:
    """Another `register`; what follows the ack is left out, as it was signed under the key registered."""

    def change(script: Script) -> Script:
        register = json.loads(script.line("register")["text"]) | changes
        script.frame("register", json.dumps(register)).until("ack")
        return script.add(2.0, event="close", connection=1, code=1000, by="worker")

    return change


def _binary(script: Script) -> Script:
    line = script.line("answer faulty")
    encoded = b64encode(line.pop("text").encode()).decode()
    line.update(opcode="binary", base64=encoded)
    return script


def _not_utf8(script: Script) -> Script:
    line = script.line("answer faulty")
    text = line.pop("text").replace("unknown", "\xff").encode("latin-1")
    line.update(opcode="text", base64=b64encode(text).decode())
    return script


def _slow_inference(script: Script) -> Script:
    script.move("answer infer", 91.0).move("close", 92.0)
    script.drop("assign classify", "commit classify", "answer classify", "submit classify", "view classify")
    return script.say(81.02, "worker", _BEAT).say(91.02, "worker", _BEAT)


def _two_jobs_without_a_beat(script: Script) -> Script:
    script.drop("beat 31", "beat 41")
    return script.say(30.5, "coordinator", _assign(UNKNOWN)).say(50.1, "worker", _reject(UNKNOWN))


def _silent_on_faulty(old: str, new: str) -> Change:
    return lambda script: script.replace("assign faulty", old, new).drop("answer faulty")


def _silent_on_a_prompt(script: Script) -> Script:
    _silent_on_faulty('"job_type":"TASK"', '"job_type":"LLM_INFER"')(script)
    return script.say(81.02, "worker", _BEAT).move("close", 86.0)


def _silent_after_faulty(script: Script) -> Script:
    notes = ("assign infer", "commit infer", "answer infer", "view running", "answer classify")
    return script.drop(*notes, "submit classify", "view classify")


def _returns_after_4001(script: Script) -> Script:
    script.until("beat 21").add(24.0, event="close", connection=1, code=4001, by="coordinator")
    script.add(25.0, event="open", connection=2)
    return script.say(25.1, "worker", script.line("register")["text"], 2)


def _answers_a_lost_job(script: Script) -> Script:
    script.until("assign faulty").add(22.05, event="close", connection=1, code=1006)
    script.add(25.0, event="open", connection=2)
    script.say(25.1, "worker", script.line("register")["text"], 2)
    script.say(25.2, "coordinator", script.line("ack")["text"], 2)
    script.say(25.3, "worker", _reject(FAULTY), 2)
    return script.add(26.0, event="close", connection=2, code=1000, by="worker")


CHANGES: dict[str, Change] = {
    "W-FRM-1": _binary,
    "W-FRM-2 text behind it": lambda s: s.frame("answer faulty", s.line("answer faulty")["text"] + "}"),
    "W-FRM-2 no JSON": lambda s: s.replace("answer faulty", '"reason":', "reason:"),
    "W-FRM-2 two objects": lambda s: s.frame("answer faulty", s.line("answer faulty")["text"] * 2),
    "W-FRM-2 list": lambda s: s.say(15.0, "worker", "[]"),
    "W-FRM-2 no UTF-8": _not_utf8,
    "W-FRM-3": lambda s: s.replace("answer faulty", "{", '{"pad":"' + "x" * 1_048_576 + '",'),
    "W-FRM-4": lambda s: s.say(15.0, "worker", {"type": "hello"}),
    "W-FRM-4 camel case": lambda s: s.replace("answer faulty", "job_reject", "jobReject"),
    "W-FRM-4 none": lambda s: s.say(15.0, "worker", {"typ": "heartbeat"}),
    "W-REG-1": lambda s: s.say(1.005, "worker", _BEAT),
    "W-REG-2": lambda s: s.later("register", 15.0),
    "W-REG-2 never": lambda s: s.until("open"),
    "W-REG-3": _registers(provider_pubkey="0x" + PUBKEY[2:]),
    "W-REG-3 number": _registers(provider_pubkey=7),
    "W-REG-3 line feed": _registers(provider_pubkey=PUBKEY + "\n"),
    "W-REG-4": _registers(provider_pubkey=PUBKEY.upper()),
    "W-REG-5": _registers(provider_type="PHONE"),
    "W-REG-6": _registers(capabilities=[]),
    "W-REG-6 unknown": _registers(capabilities=["TASK", "DANCE"]),
    "W-REG-7": _registers(pricing_hint=0.01),
    "W-REG-8": _registers(provider_pubkey="01" + "00" * 31),
    "W-REG-8 off the curve": _registers(provider_pubkey="02" + "00" * 31),
    "W-REG-9": lambda s: s.say(15.0, "worker", s.line("register")["text"]),
    "W-REG-11": lambda s: (
        s.frame("ack", '{"type":"register_ack","status":"error"}')
        .until("ack")
        .say(2.0, "worker", s.line("register")["text"])
    ),
    "W-HBT-1": lambda s: s.drop("beat 11", "beat 21"),
    "W-HBT-1 never again": lambda s: s.drop("beat 61", "beat 71").move("close", 86.0),
    "W-HBT-2": lambda s: s.replace("beat 21", PUBKEY, "00" * 32),
    "W-HBT-2 none": lambda s: s.frame("beat 21", '{"type":"heartbeat"}'),
    "W-HBT-3": lambda s: s.replace("beat 21", "}", ',"metrics":{"cpu_pct":"12"}}'),
    "W-HBT-3 infinite": lambda s: s.replace("beat 21", "}", ',"metrics":{"mem_pct":1e999}}'),
    "W-HBT-3 list": lambda s: s.replace("beat 21", "}", ',"metrics":[]}'),
    "W-HBT-4": lambda s: s.drop("beat 31", "beat 41"),
    "W-HBT-5": _two_jobs_without_a_beat,
    "W-HBT-6": lambda s: s.drop("beat 11"),
    "W-HBT-7": lambda s: s.say(25.02, "worker", _BEAT),
    "W-JOB-1": lambda s: s.drop("answer summarize"),
    "W-JOB-2": lambda s: s.move("answer summarize", 22.05),
    "W-JOB-3": _slow_inference,
    "W-JOB-4": lambda s: s.say(12.2, "worker", s.line("answer summarize")["text"]),
    "W-JOB-4 rejected": lambda s: s.say(22.2, "worker", s.line("answer faulty")["text"]),
    "W-JOB-5": lambda s: s.say(12.2, "worker", _reject(SUMMARIZE)),
    "W-JOB-6": lambda s: s.say(15.0, "worker", _reject(UNKNOWN)),
    "W-JOB-7": lambda s: s.replace("answer faulty", FAULTY, FAULTY.upper()),
    "W-JOB-7 prefix": lambda s: s.replace("answer faulty", FAULTY, "job-" + FAULTY),
    "W-JOB-7 none": lambda s: s.replace("answer faulty", "job_id", "id"),
    "W-JOB-7 number": lambda s: s.replace("answer faulty", f'"{FAULTY}"', "7"),
    "W-JOB-8": lambda s: s.replace("answer summarize", '"output":', '"result":'),
    "W-JOB-9": lambda s: s.replace("answer faulty", '"reason"', '"why"'),
    "W-JOB-12": lambda s: s.say(30.5, "coordinator", _assign(UNKNOWN)),
    "W-JOB-13 own segment": lambda s: s.say(1.02, "coordinator", _assign(UNKNOWN)),
    "W-JOB-13 before the claim": lambda s: s.say(3.0, "coordinator", _assign(UNKNOWN)).move("claim", 3.1),
    "W-OUT-1": lambda s: s.frame("answer summarize", json.dumps(_reject(SUMMARIZE))),
    "W-BAD-1": _silent_on_faulty('"task_type":"nonsense",', ""),
    "W-BAD-2": _silent_on_faulty(',"input":"x"', ""),
    "W-BAD-3": _silent_on_faulty('"input":"x"', '"input":""'),
    "W-BAD-4": _silent_on_faulty('"input":"x"', '"input":7'),
    "W-BAD-5": lambda s: s.drop("answer faulty"),
    "W-BAD-6": _silent_on_a_prompt,
    "W-BAD-7": _silent_on_faulty('"job_type":"TASK"', '"job_type":"DANCE"'),
    "W-BAD-8": _silent_on_faulty('{"task_type":"nonsense","input":"x"}', "[]"),
    "W-BAD-9": _silent_after_faulty,
    "W-BAD-10": lambda s: s.frame("answer faulty", variants()["W-BAD-10"]),
    "W-RCP-1 never submitted": lambda s: s.drop("submit classify"),
    "W-RCP-2 submitted": lambda s: s.replace("submit classify", CLASSIFY, UNKNOWN),
    "W-RCP-13": lambda s: s.move("submit classify", 66.0),
    "W-SIG-1 submitted": lambda s: s.replace("submit classify", "==", ""),
    "W-PAIR-2": lambda s: s.replace("claim", "A3F2B1", "a3f2b1", "request"),
    "W-PAIR-3": lambda s: s.replace("claim", PUBKEY, PUBKEY.upper(), "request"),
    "W-PAIR-3 another": lambda s: s.replace("claim", PUBKEY, "00" * 32, "request"),
    "W-PAIR-2 no string": lambda s: s.replace("claim", '"A3F2B1"', "70", "request"),
    "W-PAIR-3 no string": lambda s: s.replace("claim", f'"{PUBKEY}"', "null", "request"),
    "W-PAIR-4": lambda s: (s.line("claim").update(request_type="text/plain"), s)[1],
    "W-PAIR-4 a form": lambda s: (s.line("claim").update(request="pairing_code=A3F2B1"), s)[1],
    "W-PAIR-5": lambda s: s.move("claim", 1.015),
    "W-PAIR-9": lambda s: s.add(**s.line("claim") | {"t": 4.0, "note": "again"}),
    "W-END-7": _returns_after_4001,
    "W-END-8": _answers_a_lost_job,
}
"""What is changed, by the clause that it breaks; a word behind the clause tells several changes apart."""


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_breaks_one_clause(name: str) -> None:
    found, judged = CHANGES[name](Script("session")).judge(Role.WORKER)

    clause = name.partition(" ")[0]
    assert clauses(found) == {clause}
    assert judged[clause] >= len(found)


@pytest.mark.parametrize(
    "name", [name for name in variants() if name.startswith(("W-CAN", "W-RCP", "W-SIG"))]
)
def test_one_fault_of_a_receipt_breaks_one_clause(name: str) -> None:
    """The same receipt, signed again where the signature is not what is at fault."""
    script = Script("session").frame("answer summarize", variants()[name])

    found, _ = script.judge(Role.WORKER)

    assert [finding.clause for finding in found] == [name.partition(" ")[0]]


@pytest.mark.parametrize(
    ("clause", "change"),
    [
        ("W-REG-5", {"provider_type": "PHONE"}),
        ("W-REG-6", {"capabilities": ["TASK", "LLM_INFER", "DANCE", 7]}),
        ("W-REG-6", {"capabilities": "TASK"}),
        ("W-REG-7", {"pricing_hint": 0.01}),
    ],
)
def test_after_a_malformed_register_receipts_are_judged_by_its_key(
    clause: str, change: dict[str, object]
) -> None:
    def script() -> Script:
        script = Script("session")
        return script.frame("register", json.dumps(json.loads(script.line("register")["text"]) | change))

    found, judged = script().judge(Role.WORKER)
    assert clauses(found) == {clause}
    assert judged["W-RCP-3"] == judged["W-SIG-2"] == 3
    assert judged["W-HBT-2"] > 0
    broken = script().frame("answer summarize", variants()["W-SIG-2"])
    assert clauses(broken.judge(Role.WORKER)[0]) == {clause, "W-SIG-2"}


@pytest.mark.parametrize("key", ["0x" + PUBKEY[2:], PUBKEY + "\n", [PUBKEY], None])
def test_a_key_that_is_none_judges_no_receipt(key: object) -> None:
    script = Script("session")
    register = json.loads(script.line("register")["text"]) | {"provider_pubkey": key}
    found, judged = script.frame("register", json.dumps(register)).judge(Role.WORKER)
    assert clauses(found) == {"W-REG-3"}
    assert judged["W-SIG-2"] == judged["W-CAN-2"] == 0


def test_an_answer_to_a_message_without_answer_is_blamed_beside_what_it_is() -> None:
    script = Script("session").say(15.0, "coordinator", _PAID).say(15.1, "worker", {"type": "thanks"})
    later = Script("session").say(15.0, "coordinator", _PAID).say(17.1, "worker", {"type": "thanks"})

    assert clauses(script.judge(Role.WORKER)[0]) == {"W-FRM-4", "W-ROB-15"}
    assert clauses(later.judge(Role.WORKER)[0]) == {"W-FRM-4"}


def test_an_illegible_frame_while_a_job_runs_may_be_its_answer() -> None:
    script = Script("session").replace("answer summarize", '"output":', "output:")
    assigned = script.line("assign summarize")["t"]
    script.say(assigned + 0.01, "coordinator", _PAID)

    assert clauses(script.judge(Role.WORKER)[0]) == {"W-FRM-2"}


def test_an_answer_without_an_id_is_an_attempt_at_the_only_job_alone() -> None:
    alone = Script("session").drop("answer summarize").say(12.05, "worker", '{"type":"job_reject"}')
    script = Script("session").drop("answer summarize").say(12.05, "worker", '{"type":"job_reject"}')
    script.say(12.02, "coordinator", _assign(UNKNOWN)).say(12.2, "worker", _reject(UNKNOWN))

    assert clauses(alone.judge(Role.WORKER)[0]) == {"W-JOB-7"}
    assert clauses(script.judge(Role.WORKER)[0]) == {"W-JOB-7", "W-JOB-1"}


def test_a_receipt_for_another_job_is_meant_for_the_only_one_that_awaits_its_own() -> None:
    script = Script("session")
    bare = json.loads(script.line("answer infer")["text"])
    del bare["receipt"], bare["receipt_signature"]
    script.frame("answer infer", json.dumps(bare))
    script.say(60.15, "worker", script.line("submit classify")["text"].replace(CLASSIFY, UNKNOWN))

    assert clauses(script.judge(Role.WORKER)[0]) == {"W-RCP-1", "W-RCP-2"}


def test_a_job_behind_another_has_its_time_from_when_that_was_answered() -> None:
    script = Script("session").move("answer classify", 69.9).move("submit classify", 70.0)
    script.say(61.0, "coordinator", _assign(UNKNOWN))  # 15 s before the end, 6 s of them alone

    assert clauses(script.judge(Role.WORKER)[0]) == set()


def test_short_ids_that_resemble_each_other_are_different_jobs() -> None:
    script = Script("session").say(15.0, "coordinator", _assign("7"))
    script.say(15.1, "worker", _reject("17")).say(15.2, "worker", _reject("7"))

    assert clauses(script.judge(Role.WORKER)[0]) - {"W-OUT-1"} == {"W-JOB-6"}


@pytest.mark.parametrize(("length", "broken"), [(10, {"W-RCP-8", "W-SIG-2"}), (9_000, set())])
def test_an_early_receipt_is_kept_for_its_job_unless_it_is_long(length: int, broken: set[str]) -> None:
    script = Script("session").move("submit classify", Script("session").line("assign classify")["t"] + 0.01)
    script.replace("submit classify", '"payment_ref"', f'"pad":"{"x" * length}","payment_ref"')

    assert clauses(script.judge(Role.WORKER)[0]) == broken


def test_of_a_malformed_register_the_key_is_read_and_the_job_types_that_are_some() -> None:
    register = json.loads(Script("session").line("register")["text"])
    register |= {"provider_type": "PHONE", "capabilities": ["TASK", "DANCE", 7, "TASK"]}
    reading = read(frame_event(1.0, 1, Role.WORKER, json.dumps(register)))

    assert reading.message is None
    assert reading.offered == Offered(PUBKEY, frozenset({"TASK"}))


def test_blank_input_may_be_rejected() -> None:
    script = Script("session").replace("assign summarize", "Dispatch computes.", " ")
    script = script.frame("answer summarize", json.dumps(_reject(SUMMARIZE)))

    assert clauses(script.judge(Role.WORKER)[0]) == set()


def test_a_late_answer_is_late_and_not_missing() -> None:
    found, _ = Script("session").move("answer summarize", 70.0).judge(Role.WORKER)

    assert [finding.clause for finding in found] == ["W-JOB-2"]


def test_a_finding_says_where_when_and_what() -> None:
    (finding,) = Script("session").replace("beat 21", PUBKEY, "00" * 32).judge(Role.WORKER)[0]

    assert (finding.clause, finding.t, finding.connection) == ("W-HBT-2", 21.02, 1)
    assert (finding.place, finding.expected, finding.actual) == ("$.provider_pubkey", PUBKEY, "00" * 32)


def test_a_finding_about_a_receipt_keeps_what_is_wrong_apart_from_what_is_expected() -> None:
    script = Script("session")
    message = json.loads(script.line("answer summarize")["text"]) | {"receipt_signature": "ab" * 64}
    (signed,) = script.frame("answer summarize", json.dumps(message)).judge(Role.WORKER)[0]

    assert signed.clause == "W-SIG-1"
    assert signed.message == "the receipt's signature is not good: not the standard base64 of 64 bytes"
    assert (signed.expected, signed.actual) == ("", "ab" * 64)


def test_hostile_text_in_a_finding_is_escaped_and_bounded() -> None:
    hostile = "\x1b[2J\u202e" + "x" * 5000
    (finding,) = Script("session").say(15.0, "worker", {"type": hostile}).judge(Role.WORKER)[0]

    assert "\x1b" not in finding.actual
    assert "\u202e" not in finding.actual
    assert len(finding.actual) < 600


def test_a_gap_is_reported_once_and_while_it_lasts() -> None:
    script = Script("session").drop("beat 11", "beat 21")

    (finding,) = script.judge(Role.WORKER)[0]

    assert finding.t < 31.02
    assert finding.event_index == script.lines.index(script.line("ack"))
