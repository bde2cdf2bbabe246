"""Hostile texts of messages, for both directions. Each generator takes its own seeded Random and a Scene."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass
class Scene:
    """What a hostile peer knows: messages of its side that are well-formed, as objects, and some ids."""

    samples: list[dict[str, Any]]
    types: list[str]
    job_ids: list[str] = field(default_factory=lambda: ["demo-0", "00000000-0000-4000-8000-000000000000"])


Generator = Callable[[Random, Scene], str]

HOSTILE_STRINGS = [
    "", "\x00", "\u202e", "\ud800", "\udfff\ud800", "__proto__", "constructor", "toString", "null", "NaN",
    "../../etc/passwd", "'; DROP TABLE jobs; --", "<script>alert(1)</script>", "%s%n%x", "${7*7}", "\r\n\r\n",
    "\x1b[2J\x1b]0;x\x07", "﷽" * 50, "a" * 5000, "0" * 400, "\u2028", "é" * 300, "😀" * 100, "-0", "1e400",
]  # fmt: skip
HOSTILE_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**53 + 1, 10**300, [], {}, [[]], [None], {"": ""}, {"__proto__": None},
    [1] * 500, {"toString": 1}, "x", *HOSTILE_STRINGS,
]  # fmt: skip


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


def _sample(random: Random, scene: Scene) -> dict[str, Any]:
    return dict(random.choice(scene.samples))


def not_json(random: Random, scene: Scene) -> str:
    """Printable noise."""
    return "".join(chr(random.randrange(32, 0x2FF)) for _ in range(random.randrange(1, 200)))


def truncated(random: Random, scene: Scene) -> str:
    """A message that stops in the middle."""
    text = _dump(_sample(random, scene))
    return text[: random.randrange(1, len(text))]


def trailing(random: Random, scene: Scene) -> str:
    """A message with something behind it."""
    return _dump(_sample(random, scene)) + random.choice(["{}", "x", ",", "\x00", "}", " null", "\ufeff"])


def no_object(random: Random, scene: Scene) -> str:
    """JSON, but no object."""
    return random.choice(["null", "true", "[]", "0", '""', "[{}]", "-1e308", '"register"', "[null]", "1e400"])


def blank(random: Random, scene: Scene) -> str:
    """Nothing, or white space of several kinds."""
    return random.choice(["", " ", "\n" * 50, "\ufeff", "\u00a0", "\t" * 1000, "\u2028"])


def deep_array(random: Random, scene: Scene) -> str:
    """Arrays within arrays, closed or not."""
    depth = random.randrange(100, 30_000)
    return "[" * depth + ("]" * depth if random.random() < 0.5 else "")


def deep_member(random: Random, scene: Scene) -> str:
    """A message one of whose members nests deeply."""
    message = _sample(random, scene)
    name = random.choice(list(message))
    text = _dump(message | {name: "@@"})
    depth = random.randrange(100, 12_000)
    nested = "[" * depth + "]" * depth if random.random() < 0.5 else '{"a":' * depth + "1" + "}" * depth
    return text.replace('"@@"', nested)


def long_string(random: Random, scene: Scene) -> str:
    """A member of up to 200,000 characters."""
    message = _sample(random, scene)
    return _dump(message | {random.choice(list(message)): "x" * random.randrange(10_000, 200_000)})


def unknown_type(random: Random, scene: Scene) -> str:
    """A type that no one knows."""
    return _dump(
        _sample(random, scene) | {"type": random.choice(["", "REGISTER", "x" * 3000, *HOSTILE_STRINGS])}
    )


def mistyped_type(random: Random, scene: Scene) -> str:
    """A `type` that is no string, or is not there."""
    message = _sample(random, scene)
    if random.random() < 0.3:
        del message["type"]
        return _dump(message)
    return _dump(message | {"type": random.choice([v for v in HOSTILE_VALUES if not isinstance(v, str)])})


def mistyped_member(random: Random, scene: Scene) -> str:
    """One member replaced by a hostile value."""
    message = _sample(random, scene)
    name = random.choice([key for key in message if key != "type"] or ["type"])
    return _dump(message | {name: random.choice(HOSTILE_VALUES)})


def missing_member(random: Random, scene: Scene) -> str:
    """One member left out."""
    message = _sample(random, scene)
    del message[random.choice(list(message))]
    return _dump(message)


def hostile_string(random: Random, scene: Scene) -> str:
    """One string member replaced by a hostile string."""
    message = _sample(random, scene)
    name = random.choice(
        [key for key, value in message.items() if isinstance(value, str) and key != "type"] or ["x"]
    )
    return _dump(message | {name: random.choice(HOSTILE_STRINGS)})


def extra_members(random: Random, scene: Scene) -> str:
    """Many members that no one asked for."""
    extra = {
        f"{random.getrandbits(32)}": random.choice(HOSTILE_VALUES) for _ in range(random.randrange(1, 300))
    }
    return _dump(extra | _sample(random, scene))


def duplicate_members(random: Random, scene: Scene) -> str:
    """The same member several times over."""
    text = _dump(_sample(random, scene))
    double = f'"type":{_dump(random.choice(scene.types))},"job_id":null,"__proto__":{{"type":"register"}},'
    return "{" + double * random.randrange(1, 20) + text[1:]


def huge_numbers(random: Random, scene: Scene) -> str:
    """Numbers beyond doubles, and digits without end."""
    number = random.choice(
        ["1e400", "-1e999999999", "9" * 5000, "0." + "3" * 5000, "1E-400", "-0", "1e+0001"]
    )
    message = _sample(random, scene)
    return _dump(message | {random.choice(list(message)): "@@"}).replace('"@@"', number)


def bad_numbers(random: Random, scene: Scene) -> str:
    """What other parsers take for numbers."""
    number = random.choice(
        ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1_000", "1n", "--1"]
    )
    message = _sample(random, scene)
    return _dump(message | {random.choice(list(message)): "@@"}).replace('"@@"', number)


def bad_escapes(random: Random, scene: Scene) -> str:
    """Strings that JSON does not allow, and lone surrogates, which it does."""
    body = random.choice(
        ["\\x41", "\\u12", "\\ud800", "\\udc00\\ud800", "\n", "\x00", "\\", "\\u00g0", "\x1f"]
    )
    message = _sample(random, scene)
    return _dump(message | {random.choice(list(message)): "@@"}).replace('"@@"', f'"{body}"')


def odd_layout(random: Random, scene: Scene) -> str:
    """A legal message, laid out oddly: blanks, escapes, order."""
    items = list(_sample(random, scene).items())
    random.shuffle(items)
    return "\r\n\t " + json.dumps(dict(items), indent=random.randrange(0, 40)) + " \n"


def wrong_side(random: Random, scene: Scene) -> str:
    """A type that only the other side may send."""
    return _dump(
        {"type": random.choice(["job_assign", "register_ack", "register", "job_complete", "heartbeat_ack"])}
    )


def unknown_job(random: Random, scene: Scene) -> str:
    """A message about a job that this peer has nothing to do with."""
    return _dump(_sample(random, scene) | {"job_id": random.choice(scene.job_ids + HOSTILE_STRINGS)})


def mutated(random: Random, scene: Scene) -> str:
    """A message with a few characters changed."""
    text = list(_dump(_sample(random, scene)))
    for _ in range(random.randrange(1, 6)):
        text[random.randrange(len(text))] = chr(random.randrange(1, 127))
    return "".join(text)


def many_members(random: Random, scene: Scene) -> str:
    """Thousands of members, integer-like ones among them."""
    members = ",".join(f'"{random.randrange(2**33)}":0' for _ in range(random.randrange(100, 3000)))
    return f'{{{members},"type":{_dump(random.choice(scene.types))}}}'


GENERATORS: dict[str, Generator] = {
    generator.__name__: generator
    for generator in (
        not_json, truncated, trailing, no_object, blank, deep_array, deep_member, long_string, unknown_type,
        mistyped_type, mistyped_member, missing_member, hostile_string, extra_members, duplicate_members,
        huge_numbers, bad_numbers, bad_escapes, odd_layout, wrong_side, unknown_job, mutated, many_members,
    )
}  # fmt: skip
