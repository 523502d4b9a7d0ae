"""MQTT's packets, cut out of one direction of a connection, and what stands in them.

MQTT 3.1.1 and 5.0 of OASIS; sections are 5.0's. A reader of a field gets the packet and where the field
begins, and gives its value and where the next one begins. Whatever breaks the standard is
`Opaque(Reason.MALFORMED)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.decoders.decoder import Limits
    from store.records import Headers

CONNECT, CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP = 0x10, 0x20, 0x40, 0x50, 0x62, 0x70
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 0x82, 0x90, 0xA2, 0xB0
PINGREQ, PINGRESP, DISCONNECT, AUTH = 0xC0, 0xD0, 0xE0, 0xF0
PUBLISH = frozenset(range(0x30, 0x40)) - {0x36, 0x37, 0x3E, 0x3F}  # no quality of service 3, section 3.3.1.2
"""First bytes: the packet's type with the flags that it must have (section 2.1.3), or may have."""

_OF_BOTH = PUBLISH | {PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT, AUTH}
OF_CLIENT = _OF_BOTH | {SUBSCRIBE, UNSUBSCRIBE, PINGREQ}
OF_SERVER = _OF_BOTH | {SUBACK, UNSUBACK, PINGRESP}

MQTT_5 = 5
"""The level that CONNECT names (section 3.1.2.2); 4 is 3.1.1."""

TOPIC_ALIAS = 0x23
ASSIGNED_CLIENT_IDENTIFIER = 0x12
_USER_PROPERTY = 0x26
_HEADERS = {
    0x01: "payload-format-indicator",
    0x02: "message-expiry-interval",
    0x03: "content-type",
    0x08: "reply-to",
    0x09: "correlation-id",
}

Packet = tuple[int, bytes, int]
"""The first byte, what follows the fixed header, and its length: the end of a PUBLISH may be cut off."""

Properties = list[tuple[int, Any]]
"""By identifier, as sent: numbers, texts, bytes, and a pair of texts for each user property."""


class Connect(NamedTuple):
    """Who connects (section 3.1)."""

    client_id: str
    user: str


class Publish(NamedTuple):
    """One PUBLISH (section 3.3). `packet` is its identifier, 0 where it has none."""

    topic: str
    alias: int
    packet: int
    headers: Headers
    payload: bytes
    size: int


class PacketReader:
    """One direction of a connection.

    Args:
        legal: the first bytes that a packet may have; this may change from packet to packet.
        limits: `head_bytes` bounds a packet and the head of a PUBLISH, `body_bytes` what of its payload is
            kept.
    """

    def __init__(self, legal: frozenset[int], limits: Limits) -> None:
        self.legal = legal
        self._head_bytes = limits.head_bytes
        self._publish_bytes = limits.head_bytes + limits.body_bytes
        self._rest = b""
        """The beginning of a fixed header."""
        self._first = self._size = 0
        self._body = bytearray()
        self._missing = 0
        """Bytes that are still to come of the packet that these three tell of."""

    @property
    def held_bytes(self) -> int:
        """Bytes of a packet that has not ended."""
        return len(self._rest) + len(self._body)

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that end in `data`.

        Raises:
            Opaque: a packet may not be, or is too long.
        """
        at = 0
        if self._missing:
            at = self._extend(data)
            if self._missing:
                return
            body = bytes(self._body)
            self._body.clear()
            yield self._first, body, self._size
        data, self._rest = self._rest + data, b""
        while at < len(data):
            first = data[at]
            if first not in self.legal:
                raise malformed()
            length = _number(data, at + 1)
            if length is None:
                self._rest = data[at:]
                return
            size, at = length
            keep = min(size, self._room(first, size))
            if at + size > len(data):
                self._first, self._size, self._missing = first, size, size
                self._extend(data[at:])
                return
            yield first, data[at : at + keep], size
            at += size

    def _extend(self, data: bytes) -> int:
        """Add what `data` has of the packet under way; how much that was."""
        taken = min(self._missing, len(data))
        self._missing -= taken
        room = self._room(self._first, self._size) - len(self._body)
        if room > 0:
            self._body += data[: min(taken, room)]
        return taken

    def _room(self, first: int, size: int) -> int:
        """How much of a packet is kept."""
        if first in PUBLISH:
            return self._publish_bytes
        if size > self._head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)
        return size


def malformed() -> Opaque:
    """The stream breaks the standard."""
    return Opaque(Reason.MALFORMED, 1)


def read_publish(packet: Packet, level: int, limits: Limits) -> Publish:
    """A message. The topic is empty where only its alias stands there.

    Raises:
        Opaque: its head breaks the standard, or is longer than `limits` has it.
    """
    first, body, size = packet
    number = 0
    properties: Properties = []
    try:
        topic, at = _text(body, 0)
        if first & 0x06:
            number, at = _packet_identifier(body, at)
        if level == MQTT_5:
            properties, at = _read_properties(body, at)
    except Opaque:
        if len(body) == size:
            raise
        at = len(body)  # the head goes on where the packet was cut off
    if at > limits.head_bytes:
        raise Opaque(Reason.TOO_LARGE, 1)
    headers = _BY_FLAGS[first & 0x07]
    alias = 0
    if properties:
        headers += _headers_of(properties)
        alias = dict(properties).get(TOPIC_ALIAS, 0)
    return Publish(topic, alias, number, headers, body[at : at + limits.body_bytes], size - at)


def read_connect(body: bytes, level: int) -> Connect:
    """Who connects; the password and the will are passed over (section 3.1).

    A user name without a password is left out, since it may be the secret itself: an access token.
    """
    _, at = _text(body, 0)
    _, at = _byte(body, at)  # the level
    flags, at = _byte(body, at)
    _, at = _two_bytes(body, at)  # keep alive
    if level == MQTT_5:
        _, at = _read_properties(body, at)
    client_id, at = _text(body, at)
    if flags & 0x04:
        if level == MQTT_5:
            _, at = _read_properties(body, at)
        _, at = _text(body, at)
        _, at = _binary(body, at)
    user = ""
    if flags & 0x80:
        user, at = _text(body, at)
    return Connect(client_id, user if flags & 0x40 else "")


def read_connack(body: bytes, level: int) -> tuple[int, str]:
    """The reason code, 0 where the server accepts, and the client id that it gave (section 3.2)."""
    _, at = _byte(body, 0)
    reason, at = _byte(body, at)
    properties = _read_properties(body, at)[0] if level == MQTT_5 else []
    return reason, dict(properties).get(ASSIGNED_CLIENT_IDENTIFIER, "")


def read_acknowledgement(body: bytes) -> tuple[int, int]:
    """The packet identifier, and the reason code: left out (always in 3.1.1) it is 0 (section 3.4)."""
    number, at = _packet_identifier(body, 0)
    return number, body[at] if at < len(body) else 0


def read_filters(first: int, body: bytes, level: int) -> list[str]:
    """The topic filters of a SUBSCRIBE or UNSUBSCRIBE (sections 3.8.3, 3.10.3)."""
    _, at = _packet_identifier(body, 0)
    if level == MQTT_5:
        _, at = _read_properties(body, at)
    filters = []
    while at < len(body):
        name, at = _text(body, at)
        if first == SUBSCRIBE:
            _, at = _byte(body, at)
        filters.append(name)
    return filters


def _read_properties(data: bytes, at: int) -> tuple[Properties, int]:
    """All properties of a packet (section 2.2.2)."""
    size, at = _varint(data, at)
    end = at + size
    if not size:
        return [], at
    found = []
    while at < end:
        number = data[at] if at < len(data) else 0
        reader = _PROPERTIES.get(number)  # an identifier has one byte, whatever its type may say
        if reader is None:
            raise malformed()
        value, at = reader(data, at + 1)
        found.append((number, value))
    if at != end:
        raise malformed()
    return found, at


def _packet_identifier(data: bytes, at: int) -> tuple[int, int]:
    """A packet identifier; none is 0 (section 2.2.1)."""
    number, at = _two_bytes(data, at)
    if not number:
        raise malformed()
    return number, at


def _headers_of(properties: Properties) -> Headers:
    headers: list[tuple[str, str]] = []
    for number, value in properties:
        if number == _USER_PROPERTY:
            headers.append((value[0].lower(), value[1]))
        elif name := _HEADERS.get(number):
            headers.append((name, _legible(value) if isinstance(value, bytes) else str(value)))
    return tuple(headers)


def _legible(value: bytes) -> str:
    """Correlation data as text, in hexadecimal where it is none."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def _number(data: bytes, at: int) -> tuple[int, int] | None:
    """A variable byte integer (section 1.5.5); None where it has not ended."""
    value = shift = 0
    for byte in data[at : at + 4]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    if shift == 28:
        raise malformed()
    return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = _number(data, at)
    if number is None:
        raise malformed()
    return number


def _text(data: bytes, at: int) -> tuple[str, int]:
    value, at = _binary(data, at)
    try:
        return value.decode(), at
    except UnicodeDecodeError:
        raise malformed() from None


def _binary(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + int.from_bytes(data[at:start])
    if end > len(data) or start > len(data):
        raise malformed()
    return data[start:end], end


def _pair(data: bytes, at: int) -> tuple[tuple[str, str], int]:
    name, at = _text(data, at)
    value, at = _text(data, at)
    return (name, value), at


def _integer(size: int) -> Callable[[bytes, int], tuple[int, int]]:
    def read(data: bytes, at: int) -> tuple[int, int]:
        end = at + size
        if end > len(data):
            raise malformed()
        return int.from_bytes(data[at:end]), end

    return read


_byte, _two_bytes, _four_bytes = _integer(1), _integer(2), _integer(4)

_PROPERTIES: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), _byte),
    **dict.fromkeys((0x13, 0x21, 0x22, TOPIC_ALIAS), _two_bytes),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), _four_bytes),
    **dict.fromkeys((0x03, 0x08, ASSIGNED_CLIENT_IDENTIFIER, 0x15, 0x1A, 0x1C, 0x1F), _text),
    **dict.fromkeys((0x09, 0x16), _binary),
    0x0B: _varint,
    _USER_PROPERTY: _pair,
}
"""Section 2.2.2.2, table 2-4."""

_BY_FLAGS: tuple[Headers, ...] = tuple(
    (("mqtt-qos", str(flags >> 1)), *((("mqtt-retain", "true"),) if flags & 1 else ())) for flags in range(8)
)
"""What the flags of a PUBLISH say, without DUP."""
