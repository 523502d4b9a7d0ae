"""URL schemes of upstreams: what is spoken there, whether inside TLS, and on which port by custom."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class Scheme(NamedTuple):
    """`port` is None where the scheme has no customary one, so that a URL must name it."""

    protocol: str
    tls: bool
    port: int | None


SCHEMES = {
    "http": Scheme("http", tls=False, port=80),
    "https": Scheme("http", tls=True, port=443),
    "amqp": Scheme("amqp", tls=False, port=5672),
    "amqps": Scheme("amqp", tls=True, port=5671),
    "kafka": Scheme("kafka", tls=False, port=9092),
    "kafkas": Scheme("kafka", tls=True, port=9093),
    "mqtt": Scheme("mqtt", tls=False, port=1883),
    "mqtts": Scheme("mqtt", tls=True, port=8883),
    "nats": Scheme("nats", tls=False, port=4222),
    "redis": Scheme("redis", tls=False, port=6379),
    "rediss": Scheme("redis", tls=True, port=6379),
    "tcp": Scheme("http", tls=False, port=None),
    "tls": Scheme("http", tls=True, port=None),
}
"""`tcp` and `tls`: bytes of any protocol, HTTP unless the lane says which. A NATS server begins TLS inside
the connection and says so itself, so there is no scheme for it."""

PROTOCOLS = ("http", "amqp", "kafka", "mqtt", "nats", "redis", "auto")
"""What a lane can be told to expect; `auto`: the first bytes of each connection tell."""


def scheme_of(upstream: str) -> Scheme:
    """The scheme of an upstream; a Unix socket speaks HTTP."""
    return SCHEMES["http" if upstream.startswith("unix:") else urlsplit(upstream).scheme]


def is_upstream(text: str) -> bool:
    """Whether a lane can lead there."""
    if text.startswith("unix:"):
        return len(text) > len("unix:")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    scheme = SCHEMES.get(parts.scheme)
    return scheme is not None and bool(parts.hostname) and port != 0 and (port or scheme.port) is not None
