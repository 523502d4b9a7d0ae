"""Transcripts of Kafka connections, and the requests, replies and batches to write them with."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import Any, get_args, get_origin

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from kio.index import load_request_schema, load_response_schema
from kio.schema.errors import ErrorCode
from kio.serial import entity_writer

from proxy.decoders.decoder import Limits
from proxy.decoders.kafka import KafkaDecoder
from tests.proxy.decoders.broker_playing import Player, Sent

LIMITS = Limits(body_bytes=1000, head_bytes=4096)
PRODUCE, FETCH, METADATA, OFFSET_COMMIT, TXN_OFFSET_COMMIT, API_VERSIONS = 0, 1, 3, 8, 28, 18
CONTROL, TRANSACTIONAL = 0x20, 0x10
NO_TIME = timedelta()

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value, headers."""


def framed(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def request(
    api: int, version: int, correlation: int = 1, client_id: str | None = "shop", **said: Any
) -> Sent:
    """A request of kio's; parts are given as dictionaries."""
    schema: Any = load_request_schema(api, version)
    head = schema.__header_schema__
    told = {"request_api_key": api, "request_api_version": version, "correlation_id": correlation}
    return "c", framed(written(head, {**told, "client_id": client_id}) + written(schema, said))


def reply(api: int, version: int, correlation: int = 1, **said: Any) -> Sent:
    schema: Any = load_response_schema(api, version)
    head = written(schema.__header_schema__, {"correlation_id": correlation})
    return "s", framed(head + written(schema, said))


def bare_request(api: int, version: int, correlation: int, client_id: bytes = b"shop") -> Sent:
    """One of which nothing but the head is read."""
    head = struct.pack(">hhih", api, version, correlation, len(client_id))
    return "c", framed(head + client_id + b"whatever")


def bare_reply(correlation: int) -> Sent:
    return "s", framed(struct.pack(">i", correlation) + b"whatever")


OPENED: list[Sent] = [bare_request(API_VERSIONS, 3, 77), bare_reply(77)]
_PLAYER = Player(KafkaDecoder, LIMITS, lambda limits: 12 * limits.body_bytes + 4 * limits.head_bytes, OPENED)
once, played, session = _PLAYER.once, _PLAYER.played, _PLAYER.session


def written(schema: Any, said: dict[str, Any]) -> bytes:
    output = io.BytesIO()
    entity_writer(schema)(output, _entity(schema, said))
    return output.getvalue()


def _entity(schema: Any, said: dict[str, Any]) -> Any:
    """An entity of a schema; what is not said is nothing."""
    given: dict[str, Any] = {}
    for one in fields(schema):
        if one.name in said:
            given[one.name] = _value(one.type, said[one.name])
        elif one.default is MISSING:
            kind = one.metadata.get("kafka_type", "")
            nothing = {"": (), "string": "", "bytes": b"", "uuid": None, "error_code": ErrorCode.none}
            given[one.name] = NO_TIME if kind.startswith("timedelta") else nothing.get(kind, 0)
    return schema(**given)


def _value(kind: Any, said: Any) -> Any:
    if not isinstance(said, list):
        return said
    while get_origin(kind) is not tuple:  # a union with None
        kind = get_args(kind)[0]
    return tuple(_entity(get_args(kind)[0], part) if isinstance(part, dict) else part for part in said)


def batch(
    *values: bytes | Record | None,
    codec: int = 0,
    base_offset: int = 0,
    producer_id: int = -1,
    attributes: int = 0,
    times: Iterable[int] = (),
) -> bytes:
    """Records as one batch; of a value alone key and headers are none."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, producer_id, 0, 0, 1 << 30)
    stamps = list(times) or [1_700_000_000_000] * len(values)
    for offset, (one, time) in enumerate(zip(values, stamps, strict=True)):
        key, value, headers = one if isinstance(one, tuple) else (None, one, [])
        builder.append(offset, time, key, value, headers)
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, base_offset)
    data[22] |= attributes
    return signed(data)


def signed(data: bytes | bytearray) -> bytes:
    """A batch with the checksum that its content has."""
    changed = bytearray(data)
    struct.pack_into(">I", changed, 17, calc_crc32c(bytes(changed[21:])))
    assert DefaultRecordBatch(bytes(changed)).validate_crc()
    return bytes(changed)


def produce(*parts: tuple[str, int, bytes], acks: int = -1, correlation: int = 1, version: int = 9) -> Sent:
    """A request that publishes batches to topics' partitions."""
    return request(
        PRODUCE,
        version,
        correlation,
        acks=acks,
        topic_data=[
            {"name": topic, "partition_data": [{"index": partition, "records": records}]}
            for topic, partition, records in parts
        ],
    )


def produced(
    *parts: tuple[str, int, int], correlation: int = 1, version: int = 9, error: ErrorCode = ErrorCode.none
) -> Sent:
    """The reply, with base offsets."""
    return reply(
        PRODUCE,
        version,
        correlation,
        responses=[
            {
                "name": topic,
                "partition_responses": [{"index": partition, "error_code": error, "base_offset": offset}],
            }
            for topic, partition, offset in parts
        ],
    )


def fetch(*parts: tuple[Any, int, int], correlation: int = 1, version: int = 12, **said: Any) -> Sent:
    """A request for topics' partitions, from offsets on."""
    word = "topic" if version < 13 else "topic_id"
    return request(
        FETCH,
        version,
        correlation,
        topics=[
            {
                word: topic,
                "partitions": [{"partition": partition, "fetch_offset": offset, "partition_max_bytes": 1}],
            }
            for topic, partition, offset in parts
        ],
        **said,
    )


def fetched(
    *parts: tuple[Any, int, bytes | None],
    correlation: int = 1,
    version: int = 12,
    aborted: Sequence[tuple[int, int]] = (),
) -> Sent:
    """The reply, with batches."""
    word = "topic" if version < 13 else "topic_id"
    return reply(
        FETCH,
        version,
        correlation,
        responses=[
            {
                word: topic,
                "partitions": [
                    {
                        "partition_index": partition,
                        "records": records,
                        "aborted_transactions": [
                            {"producer_id": producer, "first_offset": first} for producer, first in aborted
                        ],
                    }
                ],
            }
            for topic, partition, records in parts
        ],
    )


def metadata(*topics: tuple[Any, str | None], correlation: int = 1) -> Sent:
    """A reply that names topics."""
    return reply(
        METADATA,
        12,
        correlation,
        topics=[{"topic_id": topic_id, "name": name, "partitions": []} for topic_id, name in topics],
    )
