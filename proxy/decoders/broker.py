"""What the decoders of brokers' protocols have in common.

A connection to a broker is one conversation: it is read from its first byte to its last, or to where it
cannot be read. What waits for a word on what has become of it is an event without that word as well.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason
from proxy.raw import Link, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Origin
    from proxy.raw import RawEvent


class BrokerDecoder(ABC):
    """One connection of a client to a broker; what is a protocol's own is left to its class."""

    open_requests = 0
    """A message is an event by itself."""

    @property
    @abstractmethod
    def held_bytes(self) -> int:
        """Bytes that are kept, roughly."""

    @property
    def wants_bytes(self) -> bool:
        """Whether more bytes can tell it anything."""
        return True

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawEvent]:
        """The client sent bytes."""
        return self._read(Sender.CLIENT, data, at)

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawEvent]:
        """The broker sent bytes."""
        return self._read(Sender.SERVER, data, at)

    def client_eof(self, at: Instant) -> Iterator[RawEvent]:
        """The connection ended, in whichever way: no word will come."""
        return self._released(at)

    server_eof = client_reset = server_reset = refused = client_eof

    def gap(self, requests: int) -> None:
        """Bytes are missing: where the next message begins is not known, nor what words were about."""
        del requests
        raise Opaque(Reason.UNSYNCHRONISED, 1)

    def _read(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        try:
            yield from self._events_of(sender, data, at)
        except Opaque as end:
            yield from self._released(at)
            if end.reason is Reason.MALFORMED and not self._is_sure:
                raise Opaque(Reason.OTHER_PROTOCOL, end.lost) from None
            raise

    @property
    def _is_sure(self) -> bool:
        """Whether the ends have understood each other: until then it may be another protocol."""
        return True

    @abstractmethod
    def _events_of(self, sender: Sender, data: bytes, at: Instant) -> Iterator[RawEvent]:
        """What more bytes tell."""

    @abstractmethod
    def _released(self, at: Instant) -> Iterator[RawEvent]:
        """All that waits for a word, without it."""


def link_of(origin: Origin, protocol: str) -> Link:
    """What all events of a connection have in common."""
    return Link(
        producer=origin.producer,
        lane=origin.lane,
        source=origin.source,
        protocol=protocol,
        connection=origin.connection,
        peer=origin.peer,
        client_certificate=origin.client_certificate,
        carrier=origin.carrier,
    )
