"""Variable-length integers, as protobuf and Avro write them: seven bits a byte, the lowest first."""

from __future__ import annotations

MAX_BYTES = 10
"""Of 64 bits."""
_64_BITS = 2**64 - 1


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned integer at `at`, and where it ends.

    Raises:
        ValueError: it does not end, or has more than 64 bits.
    """
    value = 0
    for index, byte in enumerate(data[at : at + MAX_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if value > _64_BITS:
                break
            return value, at + index + 1
    raise ValueError(f"no variable-length integer at byte {at}")


def read_zigzag(data: bytes, at: int) -> tuple[int, int]:
    """The signed integer at `at`, written as 0, -1, 1, -2, …; and where it ends.

    Raises:
        ValueError: as `read_varint`.
    """
    value, at = read_varint(data, at)
    return (value >> 1) ^ -(value & 1), at
