"""One frame of text from the wire to the members of its object. Source: SPEC.md, "Frames".

A frame is judged here by its form alone: text, bounded, one JSON object. What its members mean is the matter
of `messages`.
"""

from typing import Final

from dispatch_protocol.errors import JsonSyntaxError, Violation, shown
from dispatch_protocol.parsing import Member, parse_members
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, Role, WireCode

TEXT_FRAMES: Final = {Role.WORKER: "W-FRM-1", Role.COORDINATOR: "C-FRM-1"}
"""The clauses by which frames are text."""

ONE_OBJECT: Final = {Role.WORKER: "W-FRM-2", Role.COORDINATOR: "C-FRM-2"}
"""The clauses by which a frame holds one JSON object and nothing else."""

BOUNDED: Final = {Role.WORKER: "W-FRM-3", Role.COORDINATOR: "C-FRM-3"}
"""The clauses that bound a frame's length."""


def read_frame(frame: str | bytes, sender: Role, limit: int = MAX_FRAME_BYTES) -> dict[str, Member]:
    """The members of the object in a frame that `sender` sent; `str` is a text frame, `bytes` a binary one.

    `limit` is the longest frame in bytes of UTF-8. Raises Violation, and nothing else whatever comes in: code
    PARSE_ERROR where the text is no JSON (or nests too deeply), INVALID_MSG for the rest.
    """
    if isinstance(frame, bytes):
        raise Violation(TEXT_FRAMES[sender], "$", WireCode.INVALID_MSG, "a binary frame; frames are text")
    if len(frame) * 4 > limit and len(frame.encode("utf-8", "surrogatepass")) > limit:
        raise Violation(BOUNDED[sender], "$", WireCode.INVALID_MSG, f"a frame longer than {limit} bytes")
    try:
        members = parse_members(frame)
    except JsonSyntaxError as error:
        detail = f"not JSON: {shown(error.reason)} at character {error.position}"
        raise Violation(ONE_OBJECT[sender], "$", WireCode.PARSE_ERROR, detail) from None
    if members is None:
        raise Violation(ONE_OBJECT[sender], "$", WireCode.INVALID_MSG, "JSON, but no object")
    return members
