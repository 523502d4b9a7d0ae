"""Kafka's record batches (message format 2, KIP-98), read with aiokafka's `MemoryRecords`.

That is no documented interface of aiokafka: this file alone knows of it. Compressed batches are inflated
here, in bounds, before it sees them. Formats 0 and 1, which brokers replaced in 2017 and do not read any more
since version 4, are not decoded.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import cramjam
from aiokafka.errors import KafkaError
from aiokafka.record.memory_records import MemoryRecords

from proxy.decoders.kafka_wire import Undecoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INFLATED_LIMIT_BYTES = 16 * 1024 * 1024
"""What one batch may inflate to: sixteen times what brokers take by default. More is a bomb."""

_START = struct.Struct(">qiib")
"""Base offset, length from there on, leader epoch, format."""
_LENGTH_AT, _ATTRIBUTES_AT, _RECORDS_AT = 8, 22, 61
_FORMAT = 2
_CODEC = 0b111
_NO_OUTPUT_YET = 16 * 1024
_GROWTH = 8
_XERIAL = b"\x82SNAPPY\0"
"""Begins Snappy's blocks as Java writes them: 16 bytes, then each block after its length."""

_REFUSED = (KafkaError, ValueError, SystemError, OverflowError, MemoryError)
"""What aiokafka raises at records that do not fit; lengths that are none reach CPython (the last three)."""


class Batch:
    """One batch; `head` is aiokafka's reading of it, in which its records are as they were sent."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.head: Any = MemoryRecords(data).next_batch()

    def records(self) -> Iterator[Any]:
        """Its records, with `offset`, `timestamp` (Unix ms), `key`, `value` and `headers`.

        Raises:
            Undecoded: from here on they cannot be read.
        """
        head = self.head
        if not head.validate_crc():
            raise Undecoded
        codec = head.compression_type
        try:
            yield from MemoryRecords(_plain(self._data, codec)).next_batch() if codec else head
        except _REFUSED:
            raise Undecoded from None


def batches(data: bytes) -> Iterator[Batch | None]:
    """The batches of a partition, None for one that cannot be read.

    The last may be cut: brokers before version 0.11 end a reply where its size ends.
    """
    at = 0
    while len(data) - at >= _START.size:
        _, length, _, written_as = _START.unpack_from(data, at)
        end = at + 12 + length
        if length < 0 or end > len(data):
            return
        readable = written_as == _FORMAT and end - at >= _RECORDS_AT
        yield Batch(data[at:end]) if readable else None
        at = end


def _plain(data: bytes, codec: int) -> bytes:
    """A batch as it was before it was compressed; its checksum stays that of the other."""
    inflate = _INFLATERS.get(codec)
    if inflate is None:
        raise Undecoded
    try:
        records = inflate(memoryview(data)[_RECORDS_AT:])
    except (cramjam.DecompressionError, struct.error):
        raise Undecoded from None
    head = bytearray(data[:_RECORDS_AT])
    struct.pack_into(">i", head, _LENGTH_AT, _RECORDS_AT - 12 + len(records))
    head[_ATTRIBUTES_AT] &= ~_CODEC
    return bytes(head + records)


def _bounded(codec: Any) -> Callable[[memoryview], bytes]:
    """What inflates with a codec of cramjam's that does not know beforehand how long the result is."""

    def inflate(data: memoryview) -> bytes:
        room = max(_NO_OUTPUT_YET, _GROWTH * len(data))
        while True:
            output = bytearray(min(room, INFLATED_LIMIT_BYTES))
            try:
                return bytes(memoryview(output)[: codec.decompress_into(data, output)])
            except cramjam.DecompressionError:
                if room >= INFLATED_LIMIT_BYTES:
                    raise
            room *= _GROWTH

    return inflate


def _snappy(data: memoryview) -> bytes:
    blocks = list(_xerial_blocks(data)) if data[:8] == _XERIAL else [data]
    if sum(cramjam.snappy.decompress_raw_len(block) for block in blocks) > INFLATED_LIMIT_BYTES:
        raise Undecoded
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _xerial_blocks(data: memoryview) -> Iterator[memoryview]:
    at = 16
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


_INFLATERS = {1: _bounded(cramjam.gzip), 2: _snappy, 3: _bounded(cramjam.lz4), 4: _bounded(cramjam.zstd)}
