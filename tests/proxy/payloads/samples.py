"""Schemas and payloads that several tests use."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import fastavro
from google.protobuf import descriptor_pb2, message_factory, timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool

from proxy.raw import RawBody
from store.records import Headers

ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "quantity", "type": "int"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "note", "type": ["null", "string"]},
    ],
}
ORDER_JSON = b'{"id":"o-1","quantity":2,"price":"12.50","placed":"2026-01-02T03:04:05Z","note":null}'
ORDER_AVRO = (
    b"\x06o-1"  # id
    b"\x04"  # quantity
    b"\x04\x04\xe2"  # price: 1250
    b"\x90\xb2\xcc\xca\xeff"  # placed: 1767323045000
    b"\x00"  # note: null
)

FINGERPRINT = fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(ORDER), "CRC-64-AVRO")
SINGLE_OBJECT = b"\xc3\x01" + bytes.fromhex(FINGERPRINT)
TREE = {
    "type": "record",
    "name": "Tree",
    "fields": [{"name": "left", "type": ["null", "Tree"]}, {"name": "right", "type": ["null", "Tree"]}],
}

_FIELD = descriptor_pb2.FieldDescriptorProto


def avro(schema: Any, value: object) -> bytes:
    stream = BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


def framed(number: int, payload: bytes) -> bytes:
    return b"\0" + number.to_bytes(4, "big") + payload


def body(data: bytes, *, cut: int = 0) -> RawBody:
    return RawBody(data=data, size=len(data) + cut, decoded=True)


def of_type(media_type: str) -> Headers:
    return (("content-type", media_type),)


def shop_file() -> descriptor_pb2.FileDescriptorProto:
    """Two messages, an enum, a map, a nested message, both kinds of presence, and shipped imports."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    file.dependency.extend(["google/protobuf/timestamp.proto", "google/protobuf/wrappers.proto"])
    file.dependency.append("google/protobuf/any.proto")
    status = file.enum_type.add(name="Status")
    status.value.add(name="UNKNOWN", number=0)
    status.value.add(name="PAID", number=1)
    file.message_type.add(name="Cancelled")
    order = file.message_type.add(name="Order")
    line = order.nested_type.add(name="Line")
    line.field.add(name="sku", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    entry = order.nested_type.add(name="TagsEntry")
    entry.options.map_entry = True
    for number, name in enumerate(("key", "value"), start=1):
        entry.field.add(name=name, number=number, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    fields: list[tuple[str, Any, str, bool]] = [
        ("id", _FIELD.TYPE_STRING, "", False),
        ("total_cents", _FIELD.TYPE_INT64, "", False),
        ("lines", _FIELD.TYPE_MESSAGE, ".shop.Order.Line", True),
        ("tags", _FIELD.TYPE_MESSAGE, ".shop.Order.TagsEntry", True),
        ("status", _FIELD.TYPE_ENUM, ".shop.Status", False),
        ("placed", _FIELD.TYPE_MESSAGE, ".google.protobuf.Timestamp", False),
        ("discount", _FIELD.TYPE_MESSAGE, ".google.protobuf.Int64Value", False),
        ("digest", _FIELD.TYPE_BYTES, "", False),
        ("parent", _FIELD.TYPE_MESSAGE, ".shop.Order", False),
        ("extra", _FIELD.TYPE_MESSAGE, ".google.protobuf.Any", False),
    ]
    for number, (name, kind, type_name, repeated) in enumerate(fields, start=1):
        label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
        order.field.add(name=name, number=number, type=kind, type_name=type_name or None, label=label)
    return file


def descriptor_set(*files: descriptor_pb2.FileDescriptorProto) -> bytes:
    return descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()


def order_class() -> Any:
    """`shop.Order` as protobuf's own classes have it."""
    from google.protobuf import any_pb2, wrappers_pb2  # noqa: PLC0415

    pool = DescriptorPool()
    for shipped in (timestamp_pb2, wrappers_pb2, any_pb2):
        pool.AddSerializedFile(shipped.DESCRIPTOR.serialized_pb)
    pool.Add(shop_file())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))
