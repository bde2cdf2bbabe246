"""Transcripts of conforming peers give no finding, those of the deployed network the known deviations."""

import json
from collections import Counter
from importlib.resources import files

import pytest
from dispatch_protocol.clauses import clauses as all_clauses
from dispatch_protocol.recording import read_lines
from dispatch_protocol.rules import SPANS, Rules
from dispatch_protocol.vocabulary import Role

from tests.protocol.golden.script import PUBKEY, Script, clauses, variants

_DEVIATIONS = {"desktop": {"C-REST-19": 31}, "seeker": {"C-REST-19": 52}}


def test_a_conforming_session_gives_no_finding() -> None:
    found, judged = Script("session").judge()

    assert found == []
    assert len(judged) > 115


def test_a_coordinator_that_answers_every_fault_rightly_gives_no_finding() -> None:
    found, judged = Script("errors").judge(Role.COORDINATOR)

    assert found == []
    assert {f"C-ERR-{number}" for number in range(1, 11)} <= judged.keys()


def test_each_fault_of_the_erring_worker_is_named_once() -> None:
    found, _ = Script("errors").judge(Role.WORKER)

    assert Counter(finding.clause for finding in found) == {
        "W-REG-1": 1,  # a heartbeat before anything else
        "W-REG-3": 1,
        "W-REG-8": 1,
        "W-REG-11": 2,  # it registers again after each refusal
        "W-REG-4": 1,
        "W-REG-9": 1,
        "W-FRM-1": 1,
        "W-FRM-2": 2,
        "W-FRM-4": 2,
        "W-HBT-1": 1,
        "W-HBT-2": 1,
        "W-HBT-3": 1,
        "W-HBT-7": 1,  # the beat with bad metrics and the one under another key
        "W-JOB-6": 1,
    }


@pytest.mark.parametrize("name", _DEVIATIONS)
def test_the_deployed_network_deviates_only_where_it_is_known_to(name: str) -> None:
    """Its times over HTTP are `2026-11-22 06:08:52`, without a Z."""
    lines = files("dispatch_conformance").joinpath(f"recordings/{name}.jsonl").read_text().splitlines()
    recording = read_lines(lines)
    rules = Rules()

    found = [finding for event in recording.events for finding in rules.feed(event)]
    found += rules.finish(recording.events[-1].t)

    assert Counter(finding.clause for finding in found) == _DEVIATIONS[name]
    assert rules.judged["W-SIG-2"] == {"desktop": 15, "seeker": 11}[name]


@pytest.mark.parametrize("name", ["legal error output", "legal extra members"])
def test_legal_variety_of_answers_passes(name: str) -> None:
    note = "answer faulty" if "error" in name else "answer summarize"
    script = Script("session").frame(note, variants()[name])

    found, _ = script.judge(Role.WORKER)

    assert found == []


def test_a_receipt_may_come_before_its_output() -> None:
    found, judged = Script("session").move("submit classify", 60.05).judge()

    assert found == []
    assert judged["W-RCP-1"] == 3


def test_members_may_stand_in_any_order_with_white_space() -> None:
    text = '{ "capabilities":["TASK","LLM_INFER"],\n"provider_type":"SEEKER", "pricing_hint":null,"x":[],'
    script = Script("session")
    script.frame("register", f'{text}"type":"register","provider_pubkey":"{_key(script)}"}}')

    assert script.judge(Role.WORKER)[0] == []


def test_a_job_assigned_twice_needs_one_answer_and_may_get_two() -> None:
    once = Script("session")
    once.add(12.05, event="fault", connection=1, name="duplicate job_assign")
    once.say(12.05, "coordinator", once.line("assign summarize")["text"])
    twice = Script("session")
    twice.say(12.05, "coordinator", twice.line("assign summarize")["text"])
    twice.say(12.2, "worker", twice.line("answer summarize")["text"])

    assert once.judge()[0] == []
    assert clauses(twice.judge(Role.WORKER)[0]) == set()


@pytest.mark.parametrize(
    "broken",
    [
        '{"type":"register_ack","status":"error","error":"no"}',
        '{"type":"register_ack","status":"ok"}',
        '{"type":"register_ack"',
        '{"type":"register_ack","status":7}',
    ],
)
def test_a_worker_that_was_never_accepted_owes_nothing(broken: str) -> None:
    script = Script("session").frame("ack", broken).until("assign summarize").drop("claim")

    assert script.judge(Role.WORKER)[0] == []


def test_a_malformed_assignment_is_owed_nothing_and_may_be_answered() -> None:
    silent = Script("session").replace("assign summarize", '"policy":"CHEAP",', "").drop("answer summarize")
    polite = Script("session").replace("assign summarize", '"policy":"CHEAP",', "")
    polite.frame("answer summarize", _reject(polite))

    assert silent.judge(Role.WORKER)[0] == []
    assert polite.judge(Role.WORKER)[0] == []


def test_what_a_closed_connection_held_is_owed_nothing() -> None:
    script = Script("session").until("assign infer")
    script.add(45.0, event="close", connection=1, code=1006, by="coordinator")
    for t in (31.02, 41.02):
        script.say(t, "worker", script.line("beat 21")["text"])

    assert clauses(script.judge(Role.WORKER)[0]) == set()


def test_a_refused_second_register_leaves_the_first_in_force() -> None:
    script = Script("session")
    script.say(15.0, "worker", script.line("register")["text"].replace(PUBKEY, "01" + "00" * 31))
    script.say(15.01, "coordinator", '{"type":"register_ack","status":"error","error":"small order"}')

    found, _ = script.judge()

    assert clauses(found) == {"W-REG-8", "W-REG-9"}


def test_the_first_receipt_of_a_job_is_the_one_that_counts() -> None:
    """A wrong one in front of the output: it is judged, and the coordinator that shows it is right."""
    wrong = json.loads(variants()["W-RCP-3"])
    script = Script("session").drop("view summarize", "view summarize again")
    submit = {"type": "receipt_submit", "receipt": wrong["receipt"], "signature": wrong["receipt_signature"]}

    found, _ = script.say(12.05, "worker", submit).judge()

    assert [finding.clause for finding in found] == ["W-RCP-3"]


def test_after_a_fault_time_and_coordinator_are_not_judged() -> None:
    script = Script("session").drop("beat 31", "beat 41", "beat ack 41", "answer infer")
    script.add(30.5, event="fault", connection=1, name="half-open")

    assert script.judge()[0] == []


def _leaping(seconds: float = 35.0) -> Script:
    """The conforming session, with the coordinator's clock put ahead in the middle of it."""
    script = Script("session").later("beat 31", seconds)
    script.end += seconds
    return script


def test_a_leap_of_the_coordinator_s_clock_is_no_gap_of_the_worker_s() -> None:
    assert {"W-HBT-4", "C-HBT-3"} <= clauses(_leaping().judge()[0])
    assert _leaping().add(30.5, event="leap", seconds=35.0).judge()[0] == []


def test_after_a_leap_the_worker_is_judged_by_its_own_time() -> None:
    script = _leaping().add(30.5, event="leap", seconds=35.0).drop("beat 41", "beat ack 41")

    (finding,) = script.judge()[0]

    assert finding.clause == "W-HBT-6"
    assert finding.t > 50 + 35


def test_after_a_leap_the_coordinator_is_judged_no_more() -> None:
    silent = ("beat ack 31", "beat ack 41", "beat ack 51", "beat ack 61", "beat ack 71")
    assert clauses(Script("session").drop(*silent).judge()[0]) == {"C-HBT-1"}
    assert _leaping().add(30.5, event="leap", seconds=35.0).drop(*silent).judge()[0] == []


def test_a_leap_makes_pairing_codes_expire() -> None:
    script = Script("session").add(80.0, event="leap", seconds=4000.0)
    claim = script.line("claim again")
    claim |= {"t": 4081.0, "response": '{"error":"expired"}', "from": "client"}
    script.drop("claim", "list").end += 4000

    found, judged = script.judge()

    assert found == []
    assert judged["C-TRU-8"] == 1


def test_a_faulty_http_answer_is_not_the_coordinator_s() -> None:
    script = Script("session")
    script.line("health")["status"] = 500
    script.add(0.05, event="fault", name="500")

    assert script.judge()[0] == []


def test_a_transcript_may_begin_in_the_middle() -> None:
    script = Script("session").drop("open", "register", "ack")

    assert clauses(script.judge(Role.WORKER)[0]) <= {"W-PAIR-5"}


def test_the_clauses_that_are_examined_exist() -> None:
    known = {clause.id for clause in all_clauses()}

    for name in ("session", "errors"):
        assert set(Script(name).judge()[1]) <= known
    assert set(SPANS) <= known


def test_roles_choose_whom_to_judge() -> None:
    of_worker, judged = Script("errors").judge(Role.WORKER)
    of_coordinator, _ = Script("errors").judge(Role.COORDINATOR)

    assert {finding.clause[0] for finding in of_worker} == {"W"}
    assert of_coordinator == []
    assert "C-ERR-2" not in judged


def _key(script: Script) -> str:
    return str(script.line("register")["text"]).partition('provider_pubkey":"')[2][:64]


def _reject(script: Script) -> str:
    job_id = str(script.line("assign summarize")["text"]).partition('job_id":"')[2][:36]
    return f'{{"type":"job_reject","job_id":"{job_id}","reason":"malformed"}}'
