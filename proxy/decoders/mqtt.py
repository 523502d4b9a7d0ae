"""MQTT 3.1.1 and 5 seen from the side: what a client publishes and what a broker delivers to it.

Sections are those of OASIS MQTT 5.0. The version is a matter of the connection, so that only one that is
seen from its CONNECT on can be read. A message that will be acknowledged waits for that, within bounds.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders import mqtt_packets as packets
from proxy.decoders.broker import BrokerDecoder, link_of
from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.held import HEADER_BYTES, Held
from proxy.decoders.mqtt_packets import PacketReader
from proxy.raw import RawBody, RawEvent, Sender
from store.records import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from store.records import Headers

_BEGINNING = re.compile(rb"\x10[\x80-\xff]{0,3}[\0-\x7f]\0\x04MQTT[\x04\x05]", re.DOTALL)
_BEGINNING_BYTES = 14
"""The shortest CONNECT; the expression has answered by then."""
_SHARED = re.compile(r"\$share/[^/+#]+/.")
"""A shared subscription (section 4.8.2)."""
_FAILED = 0x80
"""Reason codes from here on are failures (section 2.4)."""
_WORDS = {packets.PUBACK: "puback", packets.PUBREC: "pubrec", packets.PUBCOMP: "pubcomp"}
_PEERS = {Sender.CLIENT: Sender.SERVER, Sender.SERVER: Sender.CLIENT}

_Key = tuple[Sender, int, int]
"""Who sent a message, its packet identifier, its quality of service."""


class MqttDecoder(BrokerDecoder):
    """One connection.

    Args:
        origin: where it comes from.
        limits: bounds on what is kept of a message, of its head, and of the names that the ends agree on.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._link = link_of(origin, "mqtt")
        self._limits = limits
        self._first = b""
        self._level = 0
        self._refused = False
        self._sides = {
            Sender.CLIENT: _Side(frozenset({packets.CONNECT}), limits),
            Sender.SERVER: _Side(frozenset({packets.CONNACK, packets.AUTH}), limits),
        }
        self._handlers: dict[int, Callable[[Sender, int, bytes, Instant], RawEvent | None]] = {
            packets.CONNECT: self._connects,
            packets.CONNACK: self._is_answered,
            packets.PUBACK: self._acknowledges,
            packets.PUBREC: self._receives,
            packets.PUBCOMP: self._acknowledges,
            packets.SUBSCRIBE: self._subscribes,
            packets.UNSUBSCRIBE: self._subscribes,
        }
        self._client: tuple[Identity, ...] = ()
        self._groups: tuple[Identity, ...] = ()
        self._shared = _Names(limits)
        """Filters of shared subscriptions."""
        self._held: Held[_Key, _Message] = Held(4 * limits.body_bytes)
        self._ordinals = count()

    @property
    def held_bytes(self) -> int:
        """Bytes of packets that have not ended, of messages that wait, and of names to remember."""
        sides = sum(side.packets.held_bytes + side.aliases.bytes for side in self._sides.values())
        return len(self._first) + sides + self._shared.bytes + self._held.bytes

    @property
    def wants_bytes(self) -> bool:
        """Whether the client has not been refused."""
        return not self._refused

    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        if not self._level:
            data = self._begin(sender, data)
        if self._refused:
            return
        for packet in self._sides[sender].packets.feed(data):
            yield from self._take_in(sender, packet, at)
            if self._refused:
                return

    def _begin(self, sender: Sender, data: bytes) -> bytes:
        """All that came, once it is known to be MQTT."""
        if sender is Sender.SERVER and data:
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        self._first += data
        if len(self._first) < _BEGINNING_BYTES and self._first[:1] in {b"", b"\x10"}:
            return b""
        beginning = _BEGINNING.match(self._first)
        if beginning is None:
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        self._level = beginning[0][-1]
        data, self._first = self._first, b""
        return data

    def _take_in(self, sender: Sender, packet: packets.Packet, at: Instant) -> Iterable[RawEvent]:
        first, body, _ = packet
        if first not in packets.PUBLISH:
            handler = self._handlers.get(first)
            event = handler(sender, first, body, at) if handler else None
            return (event,) if event else ()
        message = self._message(sender, packet, at)
        if message.key is None:
            return (self._event(message),)
        # One with its key was sent before this one: nobody had acknowledged it.
        return map(self._event, self._held.hold(message.key, message, message.held_bytes))

    def _connects(self, sender: Sender, first: int, body: bytes, at: Instant) -> None:
        del first, at
        connect = packets.read_connect(body, self._level)
        said = (("client-id", connect.client_id, "client id"), ("user", connect.user, "user name"))
        self._client = tuple(
            Identity(basis=basis, value=name, source=f"CONNECT {word}") for basis, name, word in said if name
        )
        self._sides[sender].packets.legal = packets.OF_CLIENT

    def _is_answered(self, sender: Sender, first: int, body: bytes, at: Instant) -> None:
        del first, at
        reason, client_id = packets.read_connack(body, self._level)
        self._refused = reason > 0
        if client_id:
            source = "CONNACK assigned client identifier"
            self._client = (Identity(basis="client-id", value=client_id, source=source), *self._client)
        self._sides[sender].packets.legal = packets.OF_SERVER

    def _subscribes(self, sender: Sender, first: int, body: bytes, at: Instant) -> None:
        """Or no longer. A share that the server refuses counts all the same: the client asked for it."""
        del sender, at
        for name in packets.read_filters(first, body, self._level):
            if _SHARED.match(name):
                self._shared.drop(name)
                if first == packets.SUBSCRIBE:
                    self._shared.put(name, name)
        groups = {name.split("/")[1] for name in self._shared.known.values()}
        self._groups = tuple(
            Identity(basis="group", value=name, source="SUBSCRIBE share name") for name in groups
        )

    def _message(self, sender: Sender, packet: packets.Packet, at: Instant) -> _Message:
        first, body, _ = packet
        publish = packets.read_publish(packet, self._level, self._limits)
        channel = publish.topic
        if publish.alias or not channel:
            channel = self._sides[sender].topic(channel, publish.alias)
        return _Message(
            (sender, publish.packet, first >> 1 & 3) if publish.packet else None,
            sender,
            next(self._ordinals),
            channel,
            at.wall_ns,
            RawBody(data=publish.payload, size=publish.size),
            publish.headers,
            first >> 3 & 1 if publish.packet else None,
            len(body) + HEADER_BYTES * len(publish.headers),
        )

    def _receives(self, sender: Sender, first: int, body: bytes, at: Instant) -> RawEvent | None:
        """PUBREC: PUBREL and PUBCOMP follow, but for a failure (section 4.3.3)."""
        _, reason = packets.read_acknowledgement(body)
        return self._acknowledges(sender, first, body, at) if reason >= _FAILED else None

    def _acknowledges(self, sender: Sender, first: int, body: bytes, at: Instant) -> RawEvent | None:
        number, reason = packets.read_acknowledgement(body)
        message = self._held.take((_PEERS[sender], number, 1 if first == packets.PUBACK else 2))
        if message is None:  # of an earlier connection of the same session, or let go already
            return None
        word = _WORDS[first]
        return self._event(message, at.wall_ns, f"{word} 0x{reason:02x}" if reason >= _FAILED else word)

    def _released(self, at: Instant) -> Iterator[RawEvent]:
        del at
        return map(self._event, self._held.release())

    def _event(
        self, message: _Message, acknowledged_at: int | None = None, acknowledgement: str = ""
    ) -> RawEvent:
        client = self._client
        if message.sender is Sender.SERVER and len(self._groups) == 1:
            client = self._groups + client
        return RawEvent(
            link=self._link,
            ordinal=message.ordinal,
            sender=message.sender,
            channel=message.channel,
            at=message.at_ns,
            client=client,
            payload=message.payload,
            headers=message.headers,
            acknowledged_at=acknowledged_at,
            acknowledgement=acknowledgement,
            redeliveries=message.redeliveries,
        )


class _Message(NamedTuple):
    """One PUBLISH. `key` is what its acknowledgement will be found by, None where it has none (QoS 0)."""

    key: _Key | None
    sender: Sender
    ordinal: int
    channel: str
    at_ns: int
    payload: RawBody
    headers: Headers
    redeliveries: int | None
    held_bytes: int


class _Side:
    """What one end sends."""

    def __init__(self, legal: frozenset[int], limits: Limits) -> None:
        self.packets = PacketReader(legal, limits)
        self.aliases = _Names(limits)

    def topic(self, name: str, alias: int) -> str:
        """The topic that is meant; given both, the alias is the name's from now on (section 3.3.2.3.4)."""
        if alias and name:
            self.aliases.put(alias, name)
        meant = name or self.aliases.known.get(alias)
        if not meant:
            raise Opaque(Reason.MALFORMED, 1)
        return meant


class _Names:
    """Names to remember for the rest of the connection; too many end the reading."""

    def __init__(self, limits: Limits) -> None:
        self.known: dict[int | str, str] = {}
        self.bytes = 0
        self._limit = 4 * limits.head_bytes

    def put(self, key: int | str, name: str) -> None:
        """Remember a name, instead of what had the same key."""
        self.drop(key)
        self.known[key] = name
        self.bytes += len(name) + HEADER_BYTES
        if self.bytes > self._limit:
            raise Opaque(Reason.TOO_LARGE, 1)

    def drop(self, key: int | str) -> None:
        """Remember it no longer."""
        name = self.known.pop(key, None)
        if name is not None:
            self.bytes -= len(name) + HEADER_BYTES
