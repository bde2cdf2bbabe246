"""Legal variety: the same message, answer or id in another form that the specification allows.

Pure: chance comes in as a generator. What is read from the result is what was there before, and members that
nobody knows beside it. Source: W-ROB-2 (unknown members), W-ROB-13 (fragments), C-FRM-2 (white space),
C-REG-2 and C-JOB-2 (ids).
"""

from itertools import pairwise
from random import Random
from typing import Final
from uuid import UUID, uuid4

from dispatch_protocol.canonical import JsonValue, quoted, stringify
from dispatch_protocol.codec import encode
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.messages import CoordinatorMessage
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES

from dispatch_mockcoord.faults.jsontext import respelled

MAX_DELAY_SECONDS: Final = 0.3
"""The longest time for which a frame or an answer is held back."""

NAMES: Final = (
    "x_trace",
    "extensions",
    "Type",
    "JOB_ID",
    "Worker_Id",
    "__proto__",
    "constructor",
    "",
    "0",
    "größe",
    "\U0001f4e6",
)
"""The names of the members that nobody knows. None of the protocol's names is among them."""

_VALUES: Final[tuple[JsonValue, ...]] = (
    None,
    True,
    -0.5,
    "job_assign",
    "\u2028",
    [],
    {},
    {"type": "error", "job_id": None, "code": 7},
    [[1, 2.5, "three"], {"": {"deep": [None]}}],
)


def varied_frame(message: CoordinatorMessage, random: Random) -> str:
    """A frame of this message: members in any order, unknown ones among them, spelled in any way.

    It decodes to the same message. One that would grow beyond MAX_FRAME_BYTES comes out plain.
    """
    plain = encode(message)
    varied = _varied(plain, random)
    return varied if len(varied.encode("utf-8")) <= MAX_FRAME_BYTES else plain


def varied_answer(body: bytes, random: Random) -> bytes:
    """Another body of the same HTTP answer; one that is no JSON object comes out as it is."""
    try:
        varied = _varied(body.decode("utf-8"), random)
    except (UnicodeDecodeError, JsonSyntaxError):
        return body
    return varied.encode("utf-8")


def varied_job_id(random: Random) -> str:
    """A fresh UUID, of any version, in any letter case. Its shape is chance's, its digits are not."""
    return _shaped_uuid(uuid4(), random)


def varied_worker_id(random: Random) -> str:
    """A fresh worker id: a string that is not empty, of a shape by chance."""
    unique = uuid4()
    shapes = (
        _shaped_uuid(unique, random),
        unique.hex,
        str(unique.int),
        f"w-{unique.hex[:12]}",
        f'worker/{unique.hex} "east" <1>',
        f"größe-\U0001f4e6-{unique.hex}",
        f"urn:uuid:{unique}" + "-0123456789" * 20,
    )
    return random.choice(shapes)


def delay(random: Random) -> float:
    """For how many seconds a frame or an answer is held back: often not at all, seldom for long."""
    return float(MAX_DELAY_SECONDS * random.random() ** 3) if random.random() < 0.5 else 0.0


def varied_pieces(frame: str, random: Random) -> list[bytes]:
    """The frame in UTF-8, now and then in fragments, cut anywhere (W-ROB-13); some may be empty."""
    octets = frame.encode("utf-8")
    cuts = sorted(random.choices(range(len(octets) + 1), k=random.choice((0, 0, 0, 0, 1, 3))))
    return [octets[start:end] for start, end in pairwise((0, *cuts, len(octets)))]


def _varied(text: str, random: Random) -> str:
    """Another text of the same object; what is no object stays as it is. Raises JsonSyntaxError."""
    members = parse_members(text)
    if members is None:
        return text
    written = [(name, member.text) for name, member in members.items()]
    unknown = random.sample(NAMES, random.choice((0, 0, 1, 3)))
    written += [(name, stringify(random.choice(_VALUES))) for name in unknown if name not in members]
    random.shuffle(written)
    return respelled("{" + ",".join(f"{quoted(name)}:{value}" for name, value in written) + "}", random)


def _shaped_uuid(unique: UUID, random: Random) -> str:
    digits = unique.hex
    version = random.choice("134578f")
    text = str(UUID(digits[:12] + version + digits[13:]))
    cased = (str(unique), text, text.upper(), "".join(random.choice((d, d.upper())) for d in text))
    return random.choice(cased)
