"""One connection of which copies are shown, read by a decoder until it cannot be read any further."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Instant, Opaque
from proxy.decoders.http import HttpDecoder
from proxy.raw import RawEvent, RawExchange, RawMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy.decoders.decoder import Limits, Origin
    from proxy.raw import RawRecord

REQUEST = re.compile(rb"[A-Z]{3,16} \S+ HTTP/1\.[01]\r\n|PRI \* HTTP/2\.0\r\n")
"""How a client's bytes begin: who it is where nothing else tells."""


class Lost(NamedTuple):
    """Requests of a connection that were seen and are no exchanges: which connection, why, how many."""

    connection: str
    reason: str
    requests: int


class Conversation:
    """What both ends of a connection say. Times are Unix ns; an `origin` without a producer takes the host.

    After `give_up`, and after a decoder has had enough, nothing more comes of it.
    """

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._origin = origin
        self._decoder = HttpDecoder(origin, limits)
        self._given_up = ""
        self._lost = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of what has not ended, roughly."""
        return self._decoder.held_bytes

    def data(self, data: bytes, at: int, *, client: bool) -> Iterator[RawRecord]:
        """One end sent bytes."""
        feed = self._decoder.client_data if client else self._decoder.server_data
        yield from self._records(feed(data, Instant(at, at)))

    def eof(self, at: int, *, client: bool) -> Iterator[RawRecord]:
        """One end will send no more."""
        eof = self._decoder.client_eof if client else self._decoder.server_eof
        yield from self._records(eof(Instant(at, at)))

    def reset(self, at: int, *, client: bool) -> Iterator[RawRecord]:
        """One end broke it off."""
        reset = self._decoder.client_reset if client else self._decoder.server_reset
        yield from self._records(reset(Instant(at, at)))

    def give_up(self, reason: str) -> None:
        """It cannot be read any further; only the first reason counts."""
        if not self._given_up:
            self._given_up = reason
            self._lost += max(1, self._decoder.open_requests)

    def end(self) -> Iterator[Lost]:
        """Nothing more was captured: what came to nothing."""
        if not self._given_up and self._decoder.open_requests:
            self.give_up("its end was not captured")
        if self._lost:
            yield Lost(self._origin.connection, self._given_up, self._lost)

    def _records(self, records: Iterable[RawRecord]) -> Iterator[RawRecord]:
        if self._given_up:
            return
        try:
            for one in records:
                yield self._named(one)
        except Opaque as end:
            self._given_up = end.reason or "it left HTTP"
            self._lost += end.lost

    def _named(self, record: RawRecord) -> RawRecord:
        if self._origin.producer:
            return record
        if isinstance(record, RawMessage):
            return replace(record, carrier=_by_host(record.carrier))
        if not isinstance(record, RawEvent):
            return _by_host(record)
        if record.link.carrier is None:
            return record
        carrier = _by_host(record.link.carrier)
        return record._replace(link=record.link._replace(producer=carrier.producer, carrier=carrier))


def _by_host(exchange: RawExchange) -> RawExchange:
    return replace(exchange, producer=re.sub(r":\d*\Z", "", exchange.authority) or "unknown")
