"""The faults of connections: registrations, closes, and sockets that nobody attends to."""

from typing import Final

from dispatch_mockcoord.faults.kinds import Kind, Option, Stage

MAX_SECONDS: Final = 3_600.0
"""The longest that any fault lasts, or waits."""

NO_FRAME: Final = 1006
"""As a close code: the socket is torn down without a close frame (RFC 6455 §7.1.5)."""

_CODE: Final = Option(
    "code",
    1011,
    "the close code; 1005: a close frame without a code; 1006: no close frame, the socket is torn",
    low=0,
    high=65_535,
)

SOCKET_KINDS: Final = (
    Kind(
        name="refuse_register",
        stage=Stage.REGISTER,
        does="A register is answered with a register_ack whose status is error; nobody is registered.",
        peer="The worker ends, and says why.",
        clauses=("W-REG-11",),
        options=(Option("error", "registration refused on purpose", "the text of the refusal"),),
    ),
    Kind(
        name="drop_register",
        stage=Stage.REGISTER,
        does="The connection ends when the register came, before any register_ack.",
        peer="The worker connects again after a pause, or ends.",
        clauses=("W-END-4", "W-END-6"),
        options=(Option("code", NO_FRAME, _CODE.meaning, low=0, high=65_535),),
    ),
    Kind(
        name="close",
        stage=Stage.FRAME,
        message="job_assign",
        does="The connection is closed behind the message; behind a job_assign that is mid-job.",
        peer="The worker connects again or ends, and answers the job on no other connection.",
        clauses=("W-END-4", "W-END-6", "W-END-8"),
        options=(
            _CODE,
            Option("seconds", 0.0, "how long after the message", low=0, high=MAX_SECONDS),
        ),
    ),
    Kind(
        name="half_open",
        stage=Stage.FRAME,
        message="heartbeat_ack",
        does="From the message on, which is not sent, nothing is sent, read or closed.",
        peer="The worker gives the connection up 35 seconds after the last frame that it received.",
        clauses=("W-END-5",),
        options=(Option("seconds", 60.0, "after so long the socket is torn down", low=0, high=MAX_SECONDS),),
    ),
    Kind(
        name="slow_reader",
        stage=Stage.FRAME,
        message="job_assign",
        does="Behind the message the coordinator reads nothing from the connection for a while.",
        peer="The worker keeps what it has to say until it is taken, and stays.",
        clauses=("W-JOB-1", "W-HBT-1"),
        options=(Option("seconds", 5.0, "how long nothing is read", low=0, high=MAX_SECONDS),),
    ),
    Kind(
        name="demo_traffic",
        stage=Stage.MODE,
        does="Demo mode is on: every 8 to 12 seconds a small job that no client asked for, by the seed.",
        peer="The worker answers demo jobs like any others.",
        clauses=("W-JOB-1",),
    ),
)
"""What may befall a connection."""
