"""The faults of single frames: lost, late, doubled, altered, or with something strange in front of them."""

from typing import Final

from dispatch_mockcoord.faults.kinds import Kind, Option, Stage
from dispatch_mockcoord.faults.plan import ANY_MESSAGE
from dispatch_mockcoord.faults.socket_kinds import MAX_SECONDS

MAX_BYTES: Final = 33_554_432
"""The longest frame that a fault makes."""

FORMS: Final = (
    "cut",
    "comma",
    "quotes",
    "bare",
    "nan",
    "empty",
    "double",
    "null",
    "array",
    "number",
    "untyped",
)
"""What `malformed` sends: no JSON, or JSON that is no message; one of these at random."""

MEMBERS: Final = ("job_type", "payload", "job_id", "policy", "privacy_class", "user_id")
"""The members of a job_assign that `wrong_assign` can spoil."""

_INSTEAD: Final = Option("instead", 0, "1: in place of the message, which is lost", low=0, high=1)

FRAME_KINDS: Final = (
    Kind(
        name="lose",
        stage=Stage.FRAME,
        message="heartbeat_ack",
        does="The message is not sent; behind a lost register_ack nothing is.",
        peer="The worker goes on: only silence of 35 seconds is the end of a connection.",
        clauses=("W-END-5", "W-REG-10"),
    ),
    Kind(
        name="delay",
        stage=Stage.FRAME,
        message="job_assign",
        does="The message is sent late, and others overtake it; behind a late register_ack all wait.",
        peer="The worker takes it when it comes; it waits 10 seconds for a register_ack.",
        clauses=("W-JOB-1", "W-REG-10", "W-ROB-12"),
        options=(Option("seconds", 2.0, "how late", low=0, high=MAX_SECONDS),),
    ),
    Kind(
        name="duplicate",
        stage=Stage.FRAME,
        message="job_assign",
        does="The message is sent again.",
        peer="The worker answers a job that is assigned twice once, and survives every other message.",
        clauses=("W-JOB-4", "W-ROB-8", "W-ROB-12"),
        options=(
            Option("times", 1, "how often again", low=1, high=100),
            Option("seconds", 0.0, "how long after the message, and between them", low=0, high=MAX_SECONDS),
        ),
    ),
    Kind(
        name="wrong_assign",
        stage=Stage.FRAME,
        message="job_assign",
        only_that=True,
        does="A member of the job_assign is wrong: another job type, or a value of the wrong JSON type.",
        peer="The worker survives; a job that it can read but not do it rejects, or completes with an error.",
        clauses=("W-ROB-17", "W-BAD-1", "W-BAD-6", "W-BAD-8"),
        options=(Option("member", "job_type", "which member is spoilt", choices=MEMBERS),),
    ),
    Kind(
        name="malformed",
        stage=Stage.FRAME,
        message=ANY_MESSAGE,
        does="In front of the message comes a text frame that is no JSON, or JSON that is no message.",
        peer="The worker ignores it; one that is no UTF-8 ends the connection with 1007.",
        clauses=("W-ROB-3", "W-ROB-4", "W-ROB-5", "W-ROB-6"),
        options=(
            _INSTEAD,
            Option("form", "any", "what it is; any: one of all but utf8", choices=("any", *FORMS, "utf8")),
        ),
    ),
    Kind(
        name="binary",
        stage=Stage.FRAME,
        message=ANY_MESSAGE,
        does="In front of the message comes a binary frame of random bytes, or instead itself in binary.",
        peer="The worker ignores it, or closes with 1003.",
        clauses=("W-ROB-16",),
        options=(
            _INSTEAD,
            Option("bytes", 32, "how many random bytes", low=0, high=MAX_BYTES),
        ),
    ),
    Kind(
        name="fragment",
        stage=Stage.FRAME,
        message=ANY_MESSAGE,
        does="The message is sent in several fragments, cut anywhere, with pings between them.",
        peer="The worker reads it like any other, and answers each ping with a pong.",
        clauses=("W-ROB-13", "W-ROB-14"),
        options=(
            Option("pieces", 3, "how many fragments, some of which may be empty", low=2, high=1_000),
            Option("pings", 1, "how many pings between two fragments", low=0, high=10),
        ),
    ),
    Kind(
        name="giant",
        stage=Stage.FRAME,
        message=ANY_MESSAGE,
        does="The message has one more member, which makes it as long as wanted.",
        peer="The worker reads it like any other up to 1,048,576 bytes; beyond, it may close with 1009.",
        clauses=("W-ROB-18", "W-ROB-2"),
        options=(Option("bytes", 1_048_576, "how long the message gets", low=0, high=MAX_BYTES),),
    ),
    Kind(
        name="unknown_type",
        stage=Stage.FRAME,
        message=ANY_MESSAGE,
        does="In front of the message comes one of a type that nobody knows.",
        peer="The worker ignores it.",
        clauses=("W-ROB-1",),
        options=(_INSTEAD, Option("type", "surprise", "the type")),
    ),
)
"""What may befall a frame."""
