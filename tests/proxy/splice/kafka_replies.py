"""Requests and replies of Kafka, as kio writes them, and what a rewriter makes of them."""

from __future__ import annotations

import struct
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any
from uuid import UUID

import kio.schema
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.serial import entity_writer
from kio.static.constants import EntityType
from kio.static.primitive import Records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxy.splice.kafka_addresses import AddressRewriter

st.register_type_strategy(Records, st.binary(max_size=200).map(Records))

REWRITTEN = {
    "metadata": 0,
    "find_coordinator": 0,
    "describe_cluster": 0,
    "produce": 10,
    "fetch": 16,
    "share_fetch": 1,
    "share_acknowledge": 1,
}
"""The first version with addresses, by kio's name of the API."""

few = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))


def versions(api: str) -> Iterator[int]:
    package = import_module(f"kio.schema.{api}")
    yield from sorted(int(module.name[1:]) for module in iter_modules(package.__path__))


@cache
def response_type(api: str, version: int) -> Any:
    module = import_module(f"kio.schema.{api}.v{version}.response")
    return next(one for one in vars(module).values() if getattr(one, "__type__", None) is EntityType.response)


ADDRESSED = [
    (api, version) for api, first in REWRITTEN.items() for version in versions(api) if version >= first
]
OTHERS = [
    (module.name, version)
    for module in iter_modules(kio.schema.__path__)
    if module.ispkg
    for version in versions(module.name)
    if (module.name, version) not in ADDRESSED and find_spec(f"kio.schema.{module.name}.v{version}.response")
]
KEYS = {(response_type(*kind).__api_key__, kind[1]) for kind in ADDRESSED}
TOPIC = UUID(int=1)


def written(entity: Any) -> bytes:
    buffer = BytesIO()
    entity_writer(type(entity))(buffer, entity)
    return buffer.getvalue()


def framed(*parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack("!i", len(data)) + data


def request(key: int, version: int, correlation: int, body: bytes = b"\xff\xff...") -> bytes:
    return framed(struct.pack("!hhi", key, version, correlation), body)


def asked(response: Any, correlation: int) -> bytes:
    """The request to which it is the reply."""
    return request(response.__api_key__, response.__version__, correlation)


def reply(response: Any, correlation: int) -> bytes:
    header = response.__header_schema__(correlation_id=correlation)
    return framed(written(header), written(response))


def local(node: int, host: str, port: int) -> tuple[str, int]:
    """Hosts of all lengths, of more than one byte of length too."""
    return f"{host[:2]}{'n' * (node % 200)}", port ^ 1


def replaced(value: Any) -> Any:
    """The same with other addresses."""
    if isinstance(value, tuple):
        return tuple(replaced(one) for one in value)
    if not is_dataclass(value):
        return value
    changes = {field.name: replaced(getattr(value, field.name)) for field in fields(value)}
    node = changes.get("node_id", changes.get("broker_id", -1))
    if "host" in changes and node >= 0:
        changes["host"], changes["port"] = local(node, changes["host"], changes["port"])
    return replace(value, **changes)  # type: ignore[type-var]


def cut(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places})
    for start, end in zip([0, *ends], [*ends, len(data)], strict=True):
        yield data[start:end]


def sent(rewriter: AddressRewriter, pieces: Iterator[bytes]) -> bytes:
    return b"".join([*map(rewriter.server, pieces), rewriter.server_end()])


def bytewise(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def endpoints(api: str, version: int, count: int = 2) -> tuple[Any, ...]:
    node_endpoint = import_module(f"kio.schema.{api}.v{version}.response").NodeEndpoint
    return tuple(
        node_endpoint(node_id=node, host="broker.example", port=9092, rack=None) for node in range(count)
    )


def fetched(records: bytes, api: str = "fetch", version: int = 18, nodes: int = 2) -> Any:
    """A reply with these records, and so many addresses."""
    schema = import_module(f"kio.schema.{api}.v{version}.response")
    common = {"partition_index": 0, "error_code": ErrorCode.none, "records": Records(records)}
    if api == "fetch":
        partition = schema.PartitionData(**common, high_watermark=9, aborted_transactions=())
        topic = schema.FetchableTopicResponse(topic_id=TOPIC, partitions=(partition,))
        rest = {}
    else:
        partition = schema.PartitionData(
            **common,
            acknowledge_error_code=0,
            acknowledge_error_message=None,
            current_leader=schema.LeaderIdAndEpoch(leader_id=1, leader_epoch=2),
            acquired_records=(),
        )
        topic = schema.ShareFetchableTopicResponse(topic_id=TOPIC, partitions=(partition,))
        rest = {"error_message": None, "acquisition_lock_timeout": timedelta(0)}
    return response_type(api, version)(
        throttle_time=timedelta(0),
        error_code=ErrorCode.none,
        responses=(topic,),
        node_endpoints=endpoints(api, version, nodes),
        **rest,
    )


def metadata(brokers: int) -> Any:
    schema = import_module("kio.schema.metadata.v0.response")
    nodes = (
        schema.MetadataResponseBroker(node_id=node, host="broker.example", port=9092)
        for node in range(brokers)
    )
    return schema.MetadataResponse(brokers=tuple(nodes), topics=())
