"""Which decoder reads which protocol. A protocol is one file and one line here."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.decoders.decoder import Decoder, Limits, Origin

_DECODERS = {
    "http": ("proxy.decoders.http", "HttpDecoder"),
    "amqp": ("proxy.decoders.amqp", "AmqpDecoder"),
    "kafka": ("proxy.decoders.kafka", "KafkaDecoder"),
    "mqtt": ("proxy.decoders.mqtt", "MqttDecoder"),
    "nats": ("proxy.decoders.nats", "NatsDecoder"),
    "redis": ("proxy.decoders.redis", "RedisDecoder"),
    "auto": ("proxy.decoders.auto", "AutoDecoder"),
}
"""By name, since what is not spoken on any lane need not be installed, nor loaded."""


@lru_cache
def decoder_of(protocol: str) -> Callable[[Origin, Limits], Decoder]:
    """What makes a decoder of one connection.

    Raises:
        DefactoError: a library that it needs is not installed.
    """
    module, name = _DECODERS[protocol]
    try:
        return cast("Callable[[Origin, Limits], Decoder]", getattr(import_module(module), name))
    except ModuleNotFoundError as error:
        raise DefactoError(
            f"reading {protocol} needs {error.name}, which is not installed",
            "Install it with: pip install 'defacto[events]'",
        ) from None
