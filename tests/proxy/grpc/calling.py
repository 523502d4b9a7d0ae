"""A service with a method of each kind, its messages, and calls to it as exchanges."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor_pool import DescriptorPool

from proxy.raw import RawBody, RawExchange
from store.records import Headers
from tests.proxy.planted import exchange

_FIELD = descriptor_pb2.FieldDescriptorProto
GRPC = (("content-type", "application/grpc"),)
KINDS = {"Get": (False, False), "List": (False, True), "Put": (True, False), "Chat": (True, True)}
"""Methods, and which ends stream."""


def orders_file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="orders.proto", package="shop", syntax="proto3")
    order = file.message_type.add(name="Order")
    order.field.add(name="id", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    order.field.add(name="total_cents", number=2, type=_FIELD.TYPE_INT64, label=_FIELD.LABEL_OPTIONAL)
    ref = file.message_type.add(name="Ref")
    ref.field.add(name="id", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    service = file.service.add(name="Orders")
    for name, (client, server) in KINDS.items():
        service.method.add(
            name=name,
            input_type=".shop.Ref",
            output_type=".shop.Order",
            client_streaming=client,
            server_streaming=server,
        )
    return file


def classes() -> tuple[Any, Any]:
    """`shop.Ref` and `shop.Order` as protobuf's own classes have them."""
    pool = DescriptorPool()
    pool.Add(orders_file())
    ref, order = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{name}"))
        for name in ("Ref", "Order")
    )
    return ref, order


Ref, Order = classes()


def framed(*messages: bytes, flags: int = 0) -> bytes:
    return b"".join(bytes([flags]) + len(one).to_bytes(4, "big") + one for one in messages)


def a_call(
    method: str = "shop.Orders/Get",
    *,
    sent: bytes = b"",
    got: bytes = b"",
    headers: Headers = GRPC,
    answered: Headers | None = None,
    trailers: Headers = (("grpc-status", "0"),),
    missing: int = 0,
    **more: Any,
) -> RawExchange:
    """A call. `missing` bytes are cut from the end of what was got."""
    return exchange(
        **{
            "method": "POST",
            "target": f"/{method}",
            "protocol": "http/2",
            "request_headers": headers,
            "request_body": RawBody(data=sent, size=len(sent)) if sent else None,
            "status": 200,
            "response_headers": headers if answered is None else answered,
            "response_trailers": trailers,
            "response_body": RawBody(data=got[: len(got) - missing], size=len(got)) if got else None,
            **more,
        }
    )
