"""What is spoken inside a WebSocket: the subprotocol that was agreed on tells (RFC 6455 section 1.9).

Both lanes hand over messages here, in pieces or whole, so that they tell the same of the same. Where nothing
was agreed on that is known here, each message is told as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from proxy.decoders.decoder import Opaque, Origin, Reason
from proxy.decoders.graphql_ws import SUBPROTOCOLS, GraphQlMessages
from proxy.decoders.mqtt import MqttDecoder
from proxy.decoders.stomp import StompDecoder
from proxy.decoders.websocket_messages import BINARY, TEXT, Messages
from proxy.raw import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.decoders.broker import BrokerDecoder
    from proxy.decoders.decoder import Instant, Limits
    from proxy.raw import RawExchange, RawRecord

_BROKERS: dict[str, tuple[Callable[[Origin, Limits], BrokerDecoder], frozenset[str]]] = {
    "mqtt": (MqttDecoder, frozenset({BINARY})),  # MQTT 5.0 section 6
    **dict.fromkeys(("v10.stomp", "v11.stomp", "v12.stomp"), (StompDecoder, frozenset({TEXT, BINARY}))),
}
"""The decoder of what a subprotocol carries, and the kinds of messages that may carry it."""


class Inside(Protocol):
    """One connection, from the end of its opening handshake on."""

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept, roughly."""

    def piece(
        self, sender: Sender, kind: str, data: bytes, at: Instant, *, ends: bool
    ) -> Iterator[RawRecord]:
        """A piece of a message passed.

        Args:
            sender: whose message it is.
            kind: `text` or `binary`.
            data: the piece, decompressed.
            at: when.
            ends: whether the message is whole with it.

        Raises:
            Opaque: what comes cannot be understood from here on.
        """

    def ended(self, by: Sender, at: Instant) -> Iterator[RawRecord]:
        """The connection is over; it may be said again.

        Args:
            by: who ended it.
            at: when.
        """


def inside_of(carrier: RawExchange, limits: Limits) -> Inside:
    """What reads the messages for which a handshake opened the way."""
    agreed = next((value for name, value in carrier.response_headers if name == "sec-websocket-protocol"), "")
    if agreed in _BROKERS:
        decoder, kinds = _BROKERS[agreed]
        return _Stream(decoder(_origin(carrier), limits), kinds)
    return (GraphQlMessages if agreed in SUBPROTOCOLS else Messages)(carrier, limits)


class _Stream:
    """A broker's protocol: a stream of bytes, wherever messages begin and end."""

    def __init__(self, decoder: BrokerDecoder, kinds: frozenset[str]) -> None:
        self._decoder = decoder
        self._kinds = kinds

    @property
    def held_bytes(self) -> int:
        return self._decoder.held_bytes

    def piece(
        self, sender: Sender, kind: str, data: bytes, at: Instant, *, ends: bool
    ) -> Iterator[RawRecord]:
        del ends
        if kind not in self._kinds:
            yield from self._decoder.client_eof(at)
            raise Opaque(Reason.MALFORMED, 1)
        client = sender is Sender.CLIENT
        yield from (self._decoder.client_data if client else self._decoder.server_data)(data, at)

    def ended(self, by: Sender, at: Instant) -> Iterator[RawRecord]:
        del by
        return self._decoder.client_eof(at)


def _origin(carrier: RawExchange) -> Origin:
    """A connection of its own: its events are not to be taken for exchanges of the one around it."""
    _, *place = carrier.fingerprint
    return Origin(
        producer=carrier.producer,
        source=carrier.source,
        connection="-".join(map(str, place)),
        peer=carrier.peer,
        lane=carrier.lane,
        scheme=carrier.scheme,
        client_certificate=carrier.client_certificate,
        carrier=carrier,
    )
