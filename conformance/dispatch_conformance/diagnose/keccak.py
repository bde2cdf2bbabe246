"""Keccak-256 as Ethereum uses it: SHA3-256 with the padding that the standard later changed.

Source: FIPS 202 §3 (the permutation) and the Keccak submission, version 3 (the padding 0x01). It stands here
because a worker from that world hashes with it out of habit, and no library of ours has it.
"""

from typing import Final

_RATE: Final = 136
_MASK: Final = 2**64 - 1


def keccak_256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256. Slow (some 100 µs per 136 bytes): for short texts."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), _RATE):
        for place in range(_RATE // 8):
            lane = padded[start + 8 * place : start + 8 * place + 8]
            lanes[place % 5][place // 5] ^= int.from_bytes(lane, "little")
        lanes = _permuted(lanes)
    return b"".join(lanes[place % 5][place // 5].to_bytes(8, "little") for place in range(4))


def _permuted(lanes: list[list[int]]) -> list[list[int]]:
    """Keccak-f[1600] on lanes[x][y]: 24 rounds of θ, ρ and π, χ, ι (FIPS 202 §3.2)."""
    register = 1
    for _ in range(24):
        parities = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in lanes]
        mixed = [parities[(x + 4) % 5] ^ _rotated(parities[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lane ^ mixed[x] for lane in lanes[x]] for x in range(5)]
        x, y, moving = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moving, lanes[x][y] = lanes[x][y], _rotated(moving, (step + 1) * (step + 2) // 2)
        lanes = [
            [lanes[x][y] ^ (~lanes[(x + 1) % 5][y] & lanes[(x + 2) % 5][y]) for y in range(5)]
            for x in range(5)
        ]
        for exponent in range(7):
            register = (register << 1 ^ (register >> 7) * 0x71) % 256
            if register & 2:
                lanes[0][0] ^= 1 << ((1 << exponent) - 1)
    return lanes


def _rotated(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> (64 - by)) & _MASK
