"""Defects of the hashed text: W-CAN. Each writes what another language's serializer writes."""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tests.mutants import ecmascript
from tests.mutants.registry import defect
from tests.mutants.worker import Worker

HASHED = ("W-CAN-2", "W-RCP-4")


MARK = "\ue000"


def whole(value: Any) -> Any:
    """A value with whole numbers as Python's int, as its own reader would have read them."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return rebuilt(value, whole)


def in_place(value: Any) -> Any:
    """A value whose names all stand where they were inserted: MARK keeps them from being integer-like."""
    if isinstance(value, dict):
        return {MARK + name: in_place(item) for name, item in value.items()}
    return rebuilt(value, in_place)


def sorted_by_name(value: Any) -> Any:
    """A value whose names stand in the order of their code points."""
    if isinstance(value, dict):
        return {name: sorted_by_name(value[name]) for name in sorted(value)}
    return rebuilt(value, sorted_by_name)


def rebuilt(value: Any, build: Callable[[Any], Any]) -> Any:
    """A value with `build` applied to its parts."""
    if isinstance(value, list):
        return [build(item) for item in value]
    if isinstance(value, dict):
        return {name: build(item) for name, item in value.items()}
    return value


def spaced(value: Any, **manner: Any) -> str:
    """What json.dumps writes, lone surrogates escaped."""
    text = json.dumps(whole(value), ensure_ascii=False, **manner)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


@defect("hash-with-prefix", "W-CAN-1", "writes sha256: before the hash", "W-RCP-4")
class HashWithPrefix(Worker):
    def stated_hash(self, output_hash: str) -> str:
        return "sha256:" + output_hash


@defect("hash-in-capitals", "W-CAN-1", "writes the hash in upper-case digits")
class HashInCapitals(Worker):
    def stated_hash(self, output_hash: str) -> str:
        return output_hash.upper()


@defect("hash-of-a-string", "W-CAN-2", "hashes the canonical text as a JSON string", "W-RCP-4")
class HashOfAString(Worker):
    def hashed_text(self, output: Any) -> str:
        return ecmascript.write(super().hashed_text(output))


@defect("hash-spaced", "W-CAN-3", "hashes text with Python's default separators", *HASHED)
class HashSpaced(Worker):
    def hashed_text(self, output: Any) -> str:
        return spaced(output)


@defect("hash-indented", "W-CAN-3", "hashes indented text", *HASHED)
class HashIndented(Worker):
    def hashed_text(self, output: Any) -> str:
        return spaced(output, indent=2)


@defect("hash-terminated", "W-CAN-3", "hashes the text with a line feed behind it", *HASHED)
class HashTerminated(Worker):
    def hashed_text(self, output: Any) -> str:
        return super().hashed_text(output) + "\n"


@defect("hash-sorted", "W-CAN-4", "hashes text with sorted members", *HASHED)
class HashSorted(Worker):
    def hashed_text(self, output: Any) -> str:
        return ecmascript.write(in_place(sorted_by_name(output))).replace(MARK, "")


@defect("hash-indices-in-place", "W-CAN-4", "leaves integer-like names where they were inserted", *HASHED)
class HashIndicesInPlace(Worker):
    def hashed_text(self, output: Any) -> str:
        return ecmascript.write(in_place(output)).replace(MARK, "")


@defect("hash-of-doubles", "W-CAN-5", "prints whole numbers with .0", *HASHED)
class HashOfDoubles(Worker):
    def hashed_text(self, output: Any) -> str:
        def marked(value: Any) -> Any:
            if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
                return f"{MARK}{value:.1f}{MARK}"
            return rebuilt(value, marked)

        return ecmascript.write(marked(output)).replace(f'"{MARK}', "").replace(f'{MARK}"', "")


@defect("hash-of-python-floats", "W-CAN-5", "prints exponents as Python does", *HASHED)
class HashOfPythonFloats(Worker):
    def hashed_text(self, output: Any) -> str:
        return re.sub(r"(?<=\d)e([+-])(\d)(?=[,}\]])", r"e\g<1>0\2", super().hashed_text(output))


@defect("hash-escapes-in-capitals", "W-CAN-6", "writes control characters with upper-case digits", *HASHED)
class HashEscapesInCapitals(Worker):
    def hashed_text(self, output: Any) -> str:
        return re.sub(r"\\u00(..)", lambda found: f"\\u00{found[1].upper()}", super().hashed_text(output))


@defect("hash-long-escapes", "W-CAN-6", "writes tabulators and line feeds as \\u0009 and \\u000a", *HASHED)
class HashLongEscapes(Worker):
    def hashed_text(self, output: Any) -> str:
        return super().hashed_text(output).replace("\\t", "\\u0009").replace("\\n", "\\u000a")


@defect("hash-escaped-slashes", "W-CAN-7", "escapes slashes", *HASHED)
class HashEscapedSlashes(Worker):
    def hashed_text(self, output: Any) -> str:
        return super().hashed_text(output).replace("/", "\\/")


@defect("hash-escaped-html", "W-CAN-7", "escapes <, > and & as Go does", *HASHED)
class HashEscapedHtml(Worker):
    def hashed_text(self, output: Any) -> str:
        return re.sub(
            "[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", super().hashed_text(output)
        )


@defect("hash-in-ascii", "W-CAN-8", "escapes everything beyond ASCII", "W-CAN-7", *HASHED)
class HashInAscii(Worker):
    def hashed_text(self, output: Any) -> str:
        return "".join(
            char if char < "\x7f" else json.dumps(char)[1:-1] for char in super().hashed_text(output)
        )


@defect("hash-normalized", "W-CAN-8", "normalizes text to its composed form", *HASHED)
class HashNormalized(Worker):
    def hashed_text(self, output: Any) -> str:
        return unicodedata.normalize("NFC", super().hashed_text(output))


@defect("hash-replaces-surrogates", "W-CAN-9", "puts U+FFFD in the place of a lone surrogate", *HASHED)
class HashReplacesSurrogates(Worker):
    def hashed_text(self, output: Any) -> str:
        return re.sub(r"(?<!\\)\\ud[89a-f]..", "\ufffd", super().hashed_text(output))
