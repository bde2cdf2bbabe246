"""What faults make of frames, without any socket: nothing of a message is lost but what a fault takes."""

import json

from dispatch_mockcoord.faults.catalogue import CATALOGUE
from dispatch_mockcoord.faults.frame_kinds import FORMS, MEMBERS
from dispatch_mockcoord.faults.frames import BENDS, Steps
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.plan import Place, Plan, Strike
from dispatch_mockcoord.faults.spelling import read_fault, spelled
from dispatch_mockcoord.faults.steps import Deafen, Freeze, Post, Shut
from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import decode_from_coordinator, encode
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.vocabulary import PrivacyClass
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.strategies import json_values

STRIKABLE = sorted(name for name, kind in CATALOGUE.items() if kind.stage is Stage.FRAME)


def assignment(payload: object = None, user_id: str = "user") -> str:
    return encode(
        JobAssign(
            job_id="an-id",
            job_type="TASK",
            payload=Json.of(payload),  # type: ignore[arg-type]
            policy="FAST",
            privacy_class=PrivacyClass.PUBLIC,
            user_id=user_id,
        )
    )


def strike(text: str, seed: int = 1) -> Strike:
    fault, plan = read_fault(text), Plan(seed)
    plan.add(fault, CATALOGUE[fault.name], spelled(fault))
    kind = CATALOGUE[fault.name]
    message = fault.message or ("job_assign" if kind.message == "*" else kind.message)
    (struck,) = plan.strikes(Stage.FRAME, Place(target="x", message=message))
    return struck


def bent(text: str, frame: str, *others: str, seed: int = 1) -> Steps:
    steps: Steps = (Post(frame),)
    for fault in (text, *others):
        struck = strike(fault, seed)
        steps = BENDS[struck.fault.name](steps, struck)
    return steps


def genuine(steps: Steps) -> list[Post]:
    return [step for step in steps if isinstance(step, Post) and step.is_genuine]


def test_every_fault_of_frames_has_its_function() -> None:
    assert sorted(BENDS) == STRIKABLE


@given(st.lists(st.sampled_from(STRIKABLE), max_size=6), st.integers(0, 100), json_values)
def test_any_faults_together_leave_steps(names: list[str], seed: int, payload: object) -> None:
    """Whatever strikes together and in whatever order; and the same again for the same seed."""
    frame = assignment(payload)
    steps: Steps = (Post(frame),)
    for name in names:
        struck = strike(name, seed)
        steps = BENDS[name](steps, struck)
    for step in steps:
        assert isinstance(step, Post | Shut | Deafen | Freeze)
        if isinstance(step, Post):
            length = len(step.payload.encode() if isinstance(step.payload, str) else step.payload)
            assert list(step.cuts) == sorted(step.cuts)
            assert all(0 <= cut <= length for cut in step.cuts)
    again: Steps = (Post(frame),)
    for name in names:
        again = BENDS[name](again, strike(name, seed))
    assert again == steps


@given(json_values, st.sampled_from(MEMBERS))
def test_a_wrong_member_leaves_the_others_as_they_were(payload: object, member: str) -> None:
    frame = assignment(payload)
    (post,) = genuine(bent(f"wrong_assign:member={member}", frame))
    before, after = json.loads(frame), json.loads(post.payload)
    assert before[member] != after[member]
    del before[member], after[member]
    assert before == after
    assert list(before) == list(after)


@given(json_values, st.integers(0, 5000))
def test_a_giant_is_exactly_as_long_as_wanted_and_reads_the_same(payload: object, size: int) -> None:
    frame = assignment(payload, "größe 📦")
    (post,) = genuine(bent(f"giant:bytes={size}", frame))
    assert isinstance(post.payload, str)
    assert decode_from_coordinator(post.payload) == decode_from_coordinator(frame)
    length, least = len(post.payload.encode()), len(frame.encode())
    assert length == size if size >= least + len(',"x_padding":""') else length == least


def test_a_strange_frame_never_counts_as_the_message() -> None:
    frame = assignment()
    for fault in ("malformed", "binary", "unknown_type"):
        assert genuine(bent(fault, frame)) == [Post(frame)]
        assert genuine(bent(f"{fault}:instead=1", frame)) == (
            [] if fault != "binary" else [Post(frame.encode())]
        )
        strange, *rest = bent(fault, frame, "lose:message=job_assign")
        assert isinstance(strange, Post)
        assert (strange.is_genuine, rest) == (False, [])


def test_a_cut_frame_is_a_beginning_of_the_message() -> None:
    frame = assignment()
    seen = set()
    for seed in range(50):
        strange = bent("malformed:form=cut", frame, seed=seed)[0]
        assert isinstance(strange, Post)
        assert isinstance(strange.payload, str)
        assert frame.startswith(strange.payload)
        assert 0 < len(strange.payload) < len(frame)
        seen.add(strange.payload)
    assert len(seen) > 20


def test_any_form_is_every_form() -> None:
    frame = assignment()
    fixed = {form: bent(f"malformed:form={form}", frame)[0] for form in FORMS if form != "cut"}
    drawn = {bent("malformed", frame, seed=seed)[0] for seed in range(400)}
    assert set(fixed.values()) <= drawn


def test_later_steps_come_behind_what_is_late() -> None:
    frame = assignment()
    assert bent("delay:seconds=2", frame, "close:seconds=1") == (Post(frame, wait=2), Shut(1011, 3))
    assert bent("delay:seconds=2", frame, "slow_reader:seconds=4") == (Post(frame, wait=2), Deafen(4, 2))
    assert bent("close", frame, "half_open:message=job_assign") == (Freeze(60),)
    waits = [post.wait for post in genuine(bent("duplicate:times=3,seconds=2", frame, "delay:seconds=1"))]
    assert waits == [1, 3, 5, 7]


def test_cuts_that_fit_no_more_are_given_up() -> None:
    frame = assignment()
    (post,) = genuine(bent("fragment:pieces=9", frame, "giant:bytes=500"))
    assert post.cuts == ()
    (post,) = genuine(bent("giant:bytes=500", frame, "fragment:pieces=9,pings=2"))
    assert (len(post.cuts), post.pings) == (8, 2)
    (post,) = genuine(bent("binary:instead=1", frame, "giant:bytes=500"))
    assert isinstance(post.payload, bytes)
    assert len(post.payload) == 500
