"""A broker, and a relay before it that real Kafka clients do not leave.

Clients go on at the addresses that replies name; the relay puts its own there.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from typing import Any

from confluent_kafka import KafkaException, Producer
from kio.index import load_request_schema, load_response_schema
from kio.serial import entity_reader, entity_writer

from proxy.decoders.kafka import KafkaDecoder
from tests.proxy.decoders.relaying import Relay
from tests.proxy.decoders.relaying import relaying as relaying_to

_PRODUCE, _METADATA, _FIND_COORDINATOR = 0, 3, 10
_UNANSWERED = -1


class Broker:
    """The one of librdkafka, in this process, for as long as this object lives."""

    def __init__(self) -> None:
        self._owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        (broker,) = self._owner.list_topics(timeout=10).brokers.values()
        self.port: int = broker.port

    def create(self, topic: str) -> None:
        """Topics come into being when they are asked for."""
        with suppress(KafkaException):
            self._owner.list_topics(topic, timeout=10)


class _Frames:
    """Whole frames from pieces."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        while len(self._buffer) >= 4 and len(self._buffer) >= 4 + int.from_bytes(self._buffer[:4], "big"):
            end = 4 + int.from_bytes(self._buffer[:4], "big")
            yield self._buffer[4:end]
            self._buffer = self._buffer[end:]


def _wants_no_reply(api: int, version: int, frame: bytes) -> bool:
    """Whether it publishes without acknowledgement; librdkafka's broker answers that, others do not."""
    if api != _PRODUCE:
        return False
    schema: Any = load_request_schema(api, version)
    _, size = entity_reader(schema.__header_schema__)(frame, 0)
    request, _ = entity_reader(schema)(frame, size)
    return bool(request.acks == 0)


def _with_port(api: int, version: int, frame: bytes, port: int) -> bytes:
    schema: Any = load_response_schema(api, version)
    head, size = entity_reader(schema.__header_schema__)(frame, 0)
    body, _ = entity_reader(schema)(frame, size)
    changed: Any = body
    if api == _METADATA:
        changed = replace(changed, brokers=tuple(replace(one, port=port) for one in changed.brokers))
    elif hasattr(changed, "coordinators"):
        changed = replace(
            changed, coordinators=tuple(replace(one, port=port) for one in changed.coordinators)
        )
    else:
        changed = replace(changed, port=port)
    output = io.BytesIO()
    entity_writer(schema.__header_schema__)(output, head)
    entity_writer(schema)(output, changed)
    return output.getvalue()


class _Changing:
    """Puts the relay's port in the place of the brokers'."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._asked: dict[int, tuple[int, int]] = {}
        self._sides = {"client": (_Frames(), self._remembered), "server": (_Frames(), self._rewritten)}

    def __call__(self, side: str, data: bytes) -> bytes:
        frames, change = self._sides[side]
        return b"".join(struct.pack(">i", len(new)) + new for new in map(change, frames.feed(data)) if new)

    def _remembered(self, frame: bytes) -> bytes:
        api, version, correlation = struct.unpack_from(">hhi", frame)
        self._asked[correlation] = (_UNANSWERED if _wants_no_reply(api, version, frame) else api), version
        return frame

    def _rewritten(self, frame: bytes) -> bytes:
        api, version = self._asked.pop(int.from_bytes(frame[:4], "big"))
        if api in {_METADATA, _FIND_COORDINATOR}:
            return _with_port(api, version, frame, self._port)
        return b"" if api == _UNANSWERED else frame


def relaying(upstream: int) -> AbstractAsyncContextManager[Relay]:
    """The relay, at whose port clients stay."""
    return relaying_to(upstream, KafkaDecoder, _Changing)
