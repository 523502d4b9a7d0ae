"""Connections of socket traces: what Envoy read from a socket and wrote to it, for the lanes' own decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.config import BODY_LIMIT_BYTES
from proxy.decoders.decoder import Limits, Origin
from proxy.importers.envoy.exchanges import content, ends_of, instant
from proxy.importers.recording import Skipped, items_of
from proxy.mirror.conversation import REQUEST, Conversation
from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.envoy.shapes import Connection, Event
    from proxy.importers.recording import Item
    from proxy.raw import RawRecord

_CUT = "Envoy kept only the beginning of what passed: max_buffered_rx_bytes, max_buffered_tx_bytes"


class Tapped:
    """One connection.

    Which end Envoy is shows in the first bytes: a tap in a listener reads requests, one in a cluster writes
    them.

    Args:
        trace_id: Envoy's name for it.
        where: what people call its trace.
        producer: whose traffic this is; `""` takes the host of each exchange.
        source: what was read.
    """

    def __init__(self, trace_id: str, where: str, producer: str, source: str) -> None:
        self.connection: Connection | None = None
        self._trace_id = trace_id
        self._where = where
        self._producer = producer
        self._source = source
        self._said: Conversation | None = None
        self._reads_requests = False
        self._wrong = ""

    @property
    def held_bytes(self) -> int:
        """Bytes of what has not ended, roughly."""
        return 0 if self._said is None else self._said.held_bytes

    def take(self, event: Event) -> Iterator[Item]:
        """What an event completes."""
        at = instant(event.timestamp)
        if at is None:
            self._wrong = self._wrong or "an event without its time"
        if at is None or self._wrong:
            return
        done = event.read or event.write
        if done is not None and done.data is not None:
            yield from items_of(self._data(content(done.data), at, read=event.read is not None))
            if done.data.truncated and self._said is not None:
                self._said.give_up(_CUT)
        if self._said is not None and done is not None and done.end_stream:
            yield from items_of(self._said.eof(at, client=not self._reads_requests))
        if self._said is not None and event.closed is not None:
            for client in (True, False):
                yield from items_of(self._said.eof(at, client=client))

    def end(self) -> Iterator[Item]:
        """Nothing more comes."""
        if self._wrong:
            yield Skipped(self._where, self._wrong)
        if self._said is not None:
            yield from items_of(self._said.end())

    def _data(self, data: bytes, at: int, *, read: bool) -> Iterator[RawRecord]:
        if self._said is None:
            if not data:
                return
            if not REQUEST.match(data):
                self._wrong = "its connection does not begin with an HTTP request"
                return
            self._reads_requests = read
            self._said = Conversation(self._origin(at), Limits(body_bytes=BODY_LIMIT_BYTES))
        yield from self._said.data(data, at, client=read == self._reads_requests)

    def _origin(self, at: int) -> Origin:
        here, there = ends_of(self.connection)
        client, server = (there, here) if self._reads_requests else (here, there)
        name = f"{client[0]}:{client[1]}-{server[0]}:{server[1]}-{self._trace_id}-{at}"
        return Origin(
            producer=self._producer, source=self._source, connection=name, peer=client[0], lane=Lane.IMPORT
        )
