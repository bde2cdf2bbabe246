"""Base58, in which some programs write keys, hashes and signatures."""

from typing import Final

DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    """The text of these bytes: every zero byte in front is a `1`."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = DIGITS[place] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text
