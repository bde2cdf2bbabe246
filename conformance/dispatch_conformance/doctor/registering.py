"""Whether the worker that has a WebSocket registered, stayed and took a job. Source: W-REG, W-FRM."""

from collections.abc import Sequence

from dispatch_protocol.errors import shown

from dispatch_conformance.doctor.evidence import Breach, Evidence
from dispatch_conformance.doctor.reason import Reason, slow


def registered(seen: Evidence) -> Reason | None:
    """Whether it sent a register, and a good one."""
    if seen.registered is not None and not seen.breaches:
        assert seen.opened is not None  # noqa: S101  nobody registers without a connection
        return slow("register", seen.registered - seen.opened, seen.patience.register)
    if seen.registered is not None or "register" in seen.kinds[:1]:
        return _malformed("bad register", "the worker's register is malformed", seen.breaches)
    if seen.kinds:
        first = seen.kinds[0]
        what = (
            f"a {first} frame" if first in {"binary", "ping", "pong"} else f"something else ({shown(first)})"
        )
        return _malformed(
            "binary" if first == "binary" else "something else first",
            f"the worker's first message is {what}, and not a register: {shown(seen.first_frame, 120)}",
            seen.breaches,
        )
    protocol = next((wish for visit in seen.visits if (wish := visit.header("sec-websocket-protocol"))), "")
    left = seen.closed or seen.ending
    if protocol and left:
        return Reason(
            name="wants a subprotocol",
            sentence=f"the worker asks for the subprotocol {shown(protocol, 60)} and leaves ({left}): "
            "a coordinator grants none",
            advice=("ask for no Sec-WebSocket-Protocol: the protocol has none",),
        )
    extensions = any(visit.header("sec-websocket-extensions") for visit in seen.visits)
    if left:
        maybe = ("if it insists on an extension (it offered some), do without",) if extensions else ()
        return Reason(
            name="connects and leaves",
            sentence=f"the worker connects and leaves without a register ({left})",
            advice=("send register as the first frame, and keep the connection", *maybe),
        )
    return Reason(
        name="no register",
        sentence="the worker connects and sends no register",
        advice=("send register as the first frame, at once: the coordinator says nothing before it",),
    )


def _malformed(name: str, sentence: str, breaches: Sequence[Breach]) -> Reason:
    clauses = tuple(
        f"{breach.clause}: {shown(breach.message, 160)}"
        + (f"; expected {shown(breach.expected, 120)}" if breach.expected else "")
        + f"; got {shown(breach.actual, 120)}"
        for breach in breaches[:4]
    )
    explain = f"dispatch-conformance explain {breaches[0].clause if breaches else 'W-REG-1'}"
    return Reason(name=name, sentence=sentence, advice=(*clauses, explain))


def stayed(seen: Evidence) -> Reason | None:
    """Whether it stayed when it was registered, and took a job."""
    left = seen.closed or seen.ending
    if left:
        return Reason(
            name="leaves when registered",
            sentence=f"the worker leaves after its register_ack ({left})",
            advice=(
                "take a register_ack with the status ok and a worker_id as success",
                "then keep the process and the connection until there is a reason to end",
            ),
        )
    if seen.instead:
        return Reason(
            name="no answer",
            sentence=f"the worker registers, and does not answer its first job: {shown(seen.instead, 160)}",
            advice=(
                "listen for job_assign as soon as the worker is registered, and answer with job_complete",
                "the suite judges such a worker, and says more: dispatch-conformance run --only registration",
            ),
        )
    return None
