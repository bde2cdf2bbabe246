"""What each fault makes of a frame: pure functions from steps to steps.

Faults that strike the same frame act one after the other, each upon what the one before has left.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, TypeAlias

from dispatch_protocol.canonical import JsonValue, quoted, stringify
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.vocabulary import JobType
from msgspec.structs import replace

from dispatch_mockcoord.faults.frame_kinds import FORMS
from dispatch_mockcoord.faults.plan import Strike
from dispatch_mockcoord.faults.steps import Deafen, Freeze, Post, Shut, Step

Steps: TypeAlias = tuple[Step, ...]

_PADDING: Final = "x_padding"
_BROKEN: Final = {
    "comma": '{"type":"heartbeat_ack","status":"ok",}',
    "quotes": "{'type':'heartbeat_ack','status':'ok'}",
    "bare": "heartbeat_ack",
    "nan": '{"type":"heartbeat_ack","status":NaN}',
    "empty": "",
    "double": '{"type":"heartbeat_ack"}{"status":"ok"}',
    "null": "null",
    "array": '[{"type":"heartbeat_ack","status":"ok"}]',
    "number": "1e400",
    "untyped": '{"status":"ok","type":7}',
}
"""Frames that are no messages, but look like some."""

_WRONG: Final[dict[str, JsonValue]] = {
    "payload": ["no", "object"],
    "job_id": 7,
    "policy": {"FAST": True},
    "privacy_class": None,
    "user_id": False,
}
"""A value of the wrong type for each member of a job_assign but `job_type`."""


def lose(steps: Steps, strike: Strike) -> Steps:
    """Nothing of the message goes out."""
    return tuple(step for step in steps if not (isinstance(step, Post) and step.is_genuine))


def delay(steps: Steps, strike: Strike) -> Steps:
    """It goes out later."""
    seconds = strike.number("seconds")
    return _each(steps, lambda post: replace(post, wait=post.wait + seconds))


def duplicate(steps: Steps, strike: Strike) -> Steps:
    """It goes out again, and again."""
    seconds, times = strike.number("seconds"), strike.whole("times")
    again = [post for post in steps if isinstance(post, Post) and post.is_genuine]
    copies = (
        replace(post, wait=post.wait + seconds * number) for number in range(1, times + 1) for post in again
    )
    return (*steps, *copies)


def wrong_assign(steps: Steps, strike: Strike) -> Steps:
    """One member of it is wrong."""
    member = strike.text("member")
    return _each_text(steps, lambda text: _with_wrong(text, member))


def malformed(steps: Steps, strike: Strike) -> Steps:
    """Something that is no message goes before it."""
    form = strike.text("form")
    if form == "any":
        form = strike.random.choice(FORMS)
    if form == "utf8":
        return _beside(steps, strike, Post(b'{"type":"heartbeat_ack","status":"\xff\xfe"}', is_text=True))
    text = next((step.payload for step in steps if isinstance(step, Post)), "")
    cut = text[: strike.random.randrange(1, len(text))] if isinstance(text, str) and len(text) > 1 else "{"
    return _beside(steps, strike, Post(_BROKEN.get(form, cut)))


def binary(steps: Steps, strike: Strike) -> Steps:
    """Random bytes go before it; in their place, it goes out as a binary message itself."""
    if strike.whole("instead"):
        return _each(steps, lambda post: replace(post, payload=_octets(post), is_text=False))
    return _beside(steps, strike, Post(strike.random.randbytes(strike.whole("bytes"))))


def fragment(steps: Steps, strike: Strike) -> Steps:
    """It goes out in fragments."""

    def cut(post: Post) -> Post:
        length, pieces = len(_octets(post)), strike.whole("pieces")
        cuts = sorted(strike.random.randint(0, length) for _ in range(pieces - 1))
        return replace(post, cuts=tuple(cuts), pings=strike.whole("pings"))

    return _each(steps, cut)


def giant(steps: Steps, strike: Strike) -> Steps:
    """It has one more member, so long that the whole gets as long as wanted."""
    return _each_text(steps, lambda text: _padded(text, strike.whole("bytes")))


def unknown_type(steps: Steps, strike: Strike) -> Steps:
    """A message of a type that nobody knows goes before it."""
    message: JsonValue = {"type": strike.text("type"), "number": strike.random.randrange(1_000_000)}
    return _beside(steps, strike, Post(stringify(message)))


def close(steps: Steps, strike: Strike) -> Steps:
    """The connection is closed behind it."""
    return (*steps, Shut(strike.whole("code"), _latest(steps) + strike.number("seconds")))


def half_open(steps: Steps, strike: Strike) -> Steps:
    """Nothing happens on the connection any more."""
    return (Freeze(strike.number("seconds")),)


def slow_reader(steps: Steps, strike: Strike) -> Steps:
    """Nothing is read for a while."""
    return (*steps, Deafen(strike.number("seconds"), _latest(steps)))


BENDS: Final = MappingProxyType[str, Callable[[Steps, Strike], Steps]](
    {
        "lose": lose,
        "delay": delay,
        "duplicate": duplicate,
        "wrong_assign": wrong_assign,
        "malformed": malformed,
        "binary": binary,
        "fragment": fragment,
        "giant": giant,
        "unknown_type": unknown_type,
        "close": close,
        "half_open": half_open,
        "slow_reader": slow_reader,
    }
)
"""The faults of outgoing frames, by name."""


def _each(steps: Steps, change: Callable[[Post], Post]) -> Steps:
    """The steps with every genuine message changed."""
    return tuple(change(step) if isinstance(step, Post) and step.is_genuine else step for step in steps)


def _each_text(steps: Steps, change: Callable[[str], str]) -> Steps:
    """The steps with the text of every genuine message changed; its cuts, which fit no more, are given up."""

    def changed(post: Post) -> Post:
        if isinstance(post.payload, bytes):
            return replace(post, payload=change(post.payload.decode()).encode(), cuts=())
        return replace(post, payload=change(post.payload), cuts=())

    return _each(steps, changed)


def _beside(steps: Steps, strike: Strike, strange: Post) -> Steps:
    """The steps with a strange message before them, or in the place of the genuine ones."""
    kept = lose(steps, strike) if strike.whole("instead") else steps
    return (replace(strange, is_genuine=False), *kept)


def _latest(steps: Steps) -> float:
    """When the last of the messages goes out."""
    return max((step.wait for step in steps if isinstance(step, Post)), default=0.0)


def _octets(post: Post) -> bytes:
    return post.payload if isinstance(post.payload, bytes) else post.payload.encode()


def _with_wrong(text: str, member: str) -> str:
    """The object with one member spoilt, and every other as it is."""
    members = parse_members(text) or {}
    written = {name: part.text for name, part in members.items()}
    if member == "job_type":
        is_model = members["job_type"].value == JobType.LLM_INFER
        written[member] = quoted(JobType.TASK if is_model else JobType.LLM_INFER)
    else:
        written[member] = stringify(_WRONG[member])
    return "{" + ",".join(f"{quoted(name)}:{part}" for name, part in written.items()) + "}"


def _padded(text: str, length: int) -> str:
    """The object with one member more, so that it is `length` bytes long, if it is not longer already."""
    opening = f',"{_PADDING}":"'
    missing = length - len(text.encode()) - len(opening) - 1
    return text if missing < 0 else f'{text[:-1]}{opening}{"x" * missing}"}}'
