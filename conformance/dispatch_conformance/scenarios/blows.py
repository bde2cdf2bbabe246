"""What a worker must survive, frame by frame. Source: SPEC.md, "Robustness" (W-ROB)."""

from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue, stringify

_JOB: Final = "5f1c3c3e-6d0f-4f0a-9a53-3f1f5b9f7f10"
_HASH: Final = "0x" + "5a" * 32
_LINK: Final = f"https://explorer.invalid/tx/{_HASH}"


class Blow(NamedTuple):
    """Frames to send, text or bytes; what they are, in words; and the check that they decide.

    `builds_on` are checks of the same messages in their plain form: a worker that does not survive those is
    not blamed once more.
    """

    check: str
    about: str
    frames: tuple[str | bytes, ...]
    builds_on: tuple[str, ...] = ()


def _message(kind: str, **members: JsonValue) -> str:
    return stringify({"type": kind, **members})


def _posted(**more: JsonValue) -> str:
    return _message(
        "payment_posted",
        job_ids=[_JOB],
        tx_hash=_HASH,
        amount="0.003",
        network="monad-testnet",
        explorer_url=_LINK,
        **more,
    )


_TOKEN: Final[dict[str, JsonValue]] = {"token": "wBOLT"}
_ACK: Final = _message("register_ack", status="ok", worker_id=_JOB)
_ERROR: Final = _message("error", code="PARSE_ERROR", message="Invalid JSON")

BLOWS: Final = (
    Blow(
        "heartbeat_ack",
        "a heartbeat_ack that it did not ask for",
        (_message("heartbeat_ack", status="ok"),) * 3,
    ),
    Blow("error", "an error message", (_ERROR,)),
    Blow(
        "error",
        "an error with a code of its own",
        (_message("error", code="TEAPOT", message="short\nand stout"),),
    ),
    Blow("second_ack", "a second register_ack", (_ACK,)),
    Blow("second_ack", "a third register_ack", (_ACK,)),
    Blow("payment_posted", "payment_posted with a token", (_posted(**_TOKEN),)),
    Blow("payment_posted", "payment_posted without a token", (_posted(),)),
    Blow(
        "payment_failed",
        "payment_failed with a token",
        (_message("payment_failed", job_ids=[_JOB], error="no gas", **_TOKEN),),
    ),
    Blow(
        "payment_failed",
        "payment_failed without a token",
        (_message("payment_failed", job_ids=[_JOB], error="no"),),
    ),
    Blow(
        "feedback",
        "feedback_posted",
        (
            _message(
                "feedback_posted", job_id=_JOB, tx_hash=_HASH, network="monad-testnet", explorer_url=_LINK
            ),
        ),
    ),
    Blow("feedback", "feedback_failed", (_message("feedback_failed", job_id=_JOB, error="reverted"),)),
    Blow(
        "unknown_type", "a message of an unknown type", (_message("coordinator_notice", text="maintenance"),)
    ),
    Blow(
        "unknown_type",
        "a message of an unknown type that names a job",
        (_message("job_cancel", job_id=_JOB),),
    ),
    Blow("unknown_type", "a message whose type is empty", (_message(""),)),
    Blow("unknown_type", "a message whose type is __proto__", (_message("__proto__", constructor=1),)),
    Blow(
        "unknown_members",
        "an unknown member in a heartbeat_ack",
        (_message("heartbeat_ack", status="ok", load=0.3),),
        ("heartbeat_ack",),
    ),
    Blow(
        "unknown_members",
        "unknown members in an error",
        (_message("error", code="X", message="y", hint=None, trace=[{"at": 1}]),),
        ("error",),
    ),
    Blow("null", "the frame null", ("null",)),
    Blow("null", "the frame null with white space around it", (" null\n",)),
    Blow("no_object", "an empty list", ("[]",)),
    Blow("no_object", "a list that holds a message", (f"[{_ERROR}]",)),
    Blow("no_object", "a string", ('"job_assign"',)),
    Blow("no_object", "a number", ("42",)),
    Blow("no_object", "booleans", ("true", "false")),
    Blow("not_json", "text that is not JSON", ("this is not JSON",)),
    Blow("not_json", "an empty frame", ("",)),
    Blow("not_json", "half an object", (_ERROR[:-9],)),
    Blow("not_json", "an object with something behind it", (_ERROR + "}",)),
    Blow("not_json", "ten thousand opening brackets", ("[" * 10_000,)),
    Blow("no_type", "an object without a type", ("{}", stringify({"job_id": _JOB}))),
    Blow("no_type", "a type that is null", ('{"type":null}',)),
    Blow(
        "no_type", "a type that is no string", ('{"type":5}', '{"type":["job_assign"]}', '{"type":{"a":1}}')
    ),
    Blow("binary", "a binary message", (b"\x00\xff\xfe binary",)),
    Blow("binary", "a message in a binary frame", (_ERROR.encode(),)),
    Blow("missing_members", "a job_assign without members", (_message("job_assign"),)),
    Blow(
        "missing_members",
        "a job_assign whose job_id is no string",
        (
            _message(
                "job_assign", job_id=7, job_type="TASK", payload={"task_type": "summarize", "input": "x"}
            ),
            _message("job_assign", job_id=None, job_type=None, payload=None),
        ),
    ),
    Blow("missing_members", "an error without members", (_message("error"),), ("error",)),
    Blow(
        "missing_members",
        "payments without members",
        (_message("payment_posted"), _message("payment_failed")),
        ("payment_posted", "payment_failed"),
    ),
    Blow(
        "missing_members",
        "a payment with members of other types",
        (_message("payment_posted", job_ids=None, tx_hash=5, amount=0.003, network=[], explorer_url={}),),
        ("payment_posted",),
    ),
    Blow(
        "missing_members",
        "feedback without members",
        (_message("feedback_posted"), _message("feedback_failed")),
        ("feedback",),
    ),
)
"""In the order in which they are sent: the messages of the specification first."""

BEFORE_ACK: Final = (
    Blow(
        "early_unknown_type",
        "a message of an unknown type",
        (_message("coordinator_notice", text="welcome"),),
    ),
    Blow("early_no_object", "an empty list", ("[]",)),
    Blow("early_not_json", "text that is not JSON", ("not JSON",)),
    Blow("early_no_type", "an object without a type", (stringify({"job_id": _JOB}),)),
    Blow("early_error", "an error message", (_ERROR,)),
)
"""What comes before the register_ack: everything but null, which is tried by itself."""
