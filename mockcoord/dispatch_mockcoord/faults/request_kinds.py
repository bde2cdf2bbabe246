"""The faults of HTTP: requests that are refused, and answers that come late, cut off or not at all."""

from typing import Final

from dispatch_mockcoord.faults.kinds import Kind, Option, Stage
from dispatch_mockcoord.faults.socket_kinds import MAX_SECONDS

CLAIM_ERRORS: Final = ("invalid_code", "already_claimed", "expired")
"""The reasons for which a claim of a pairing code is refused."""

_MOST_BYTES: Final = 1_048_576
_AFTER_ERROR: Final = ("W-PAIR-6", "W-PAIR-7")
_BROKEN: Final = ("W-PAIR-7",)

_METHOD: Final = Option("method", "", "only requests with this method")
_PATH: Final = Option("path", "/v1/", "only paths that begin so, in any letter case")
_RETRY_AFTER: Final = Option(
    "retry_after", 1, "seconds in the Retry-After header; 0: no such header", high=86_400
)
_DONE: Final = Option("done", 0, "1: the request is carried out all the same", high=1)

REQUEST_KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        name="http_429",
        stage=Stage.REQUEST,
        does="A request is answered 429 with a Retry-After, and not carried out.",
        peer="The client waits as long as it was told, and asks again; a worker whose claim it was works on.",
        clauses=_AFTER_ERROR,
        options=(_METHOD, _PATH, _RETRY_AFTER),
    ),
    Kind(
        name="http_500",
        stage=Stage.REQUEST,
        does="A request is answered 500.",
        peer="The client asks again where that does no harm, for it may have been carried out.",
        clauses=_BROKEN,
        options=(_METHOD, _PATH, _DONE),
    ),
    Kind(
        name="http_503",
        stage=Stage.REQUEST,
        does="A request is answered 503 with a Retry-After, and not carried out.",
        peer="The client waits as long as it was told, and asks again; a worker whose claim it was works on.",
        clauses=_AFTER_ERROR,
        options=(_METHOD, _PATH, _RETRY_AFTER),
    ),
    Kind(
        name="http_slow",
        stage=Stage.REQUEST,
        does="A request is carried out at once, and its answer comes late, whole or behind its head.",
        peer="The client waits, but not for ever; a worker answers its jobs while it waits for its claim.",
        clauses=_BROKEN,
        options=(
            _METHOD,
            _PATH,
            Option("seconds", 2.0, "how late", high=MAX_SECONDS),
            Option("part", "all", "what is late: all of the answer, or its body", choices=("all", "body")),
        ),
    ),
    Kind(
        name="http_cut",
        stage=Stage.REQUEST,
        does="A request is carried out, and its answer cut off: shorter than its content-length.",
        peer="The client takes it for no answer; what it asked for may have been done.",
        clauses=_BROKEN,
        options=(_METHOD, _PATH, Option("bytes", 10, "how much of the body is sent", high=_MOST_BYTES)),
    ),
    Kind(
        name="http_torn",
        stage=Stage.REQUEST,
        does="The connection is torn before a request is answered.",
        peer="The client asks again where that does no harm: what it asked for may have been done.",
        clauses=_BROKEN,
        options=(
            _METHOD,
            _PATH,
            Option("done", 1, "1: the request was carried out; 0: it was not", high=1),
        ),
    ),
    Kind(
        name="refuse_claim",
        stage=Stage.REQUEST,
        does="The claim of a pairing code is answered 400, and nobody is paired.",
        peer="The worker says so, and goes on working.",
        clauses=("W-PAIR-6",),
        options=(
            Option("method", "POST", _METHOD.meaning),
            Option("path", "/v1/trust/claim", _PATH.meaning),
            Option("error", "invalid_code", "the reason that is given", choices=CLAIM_ERRORS),
        ),
    ),
)
"""What may befall an HTTP request. A pairing that fails with a server error is `http_500:path=/v1/trust`."""
