"""The copy of a connection whose protocol has a memory: from its first byte to its last, or not at all.

A broker's connection is one conversation: what a delivery means was said at its beginning. There is no place
in it where copying could stop and start again. So each connection counts as one request, and one that cannot
be copied to its end is lost as a whole, for the reason, and forwarded as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.counters import Counter
from proxy.splice.frames import Kind

if TYPE_CHECKING:
    import asyncio

    from proxy.counters import Row
    from proxy.splice.tap import Tap

_REQUESTS, _COPIED = int(Counter.REQUESTS), int(Counter.COPIED)
_CLIENT_DATA, _SERVER_DATA = int(Kind.CLIENT_DATA), int(Kind.SERVER_DATA)


class WholeCopy:
    """One connection as the tap sees it; the same verbs as `proxy.splice.tap.Copy`.

    Args:
        tap: where copies go.
        identifier: of the connection.
        lane: its index.
        opening: what is known of the client, packed.
        row: the lane's counters.
    """

    __slots__ = ("_copying", "_id", "_lane", "_link", "_lost", "_opening", "_row", "_tap", "moved")

    between_exchanges = True
    """There are none: a connection on which nothing moves may be closed where it has to be."""

    def __init__(self, tap: Tap, identifier: int, lane: int, opening: bytes, row: Row) -> None:
        self._tap = tap
        self._id = identifier
        self._lane = lane
        self._opening = opening
        self._row = row
        self._link: asyncio.Transport | None = None
        """The link that this connection was announced on."""
        self._copying = False
        self._lost = False
        """Nothing more is copied, and it has been said why."""
        self.moved = True
        row[Counter.CONNECTIONS] += 1

    def client(self, data: bytes) -> None:
        """The client sent something."""
        self._take(_CLIENT_DATA, data)

    def server(self, data: bytes) -> None:
        """The server sent something; with some protocols it is the first to speak."""
        self._take(_SERVER_DATA, data)

    def _take(self, kind: int, data: bytes) -> None:
        self.moved = True
        if self._lost:
            return
        tap = self._tap
        if not self._copying:
            self._begin()
        elif self._link is not tap.link:  # what was lost with the link is counted there
            self._copying, self._lost = False, True
        elif tap.paused or tap.overfull:
            tap.send(self._id, self._lane, Kind.GAP, bytes(8))
            self._lose(tap.paused or Counter.QUEUE_FULL)
        if self._copying:
            tap.send(self._id, self._lane, kind, data)

    def _begin(self) -> None:
        tap = self._tap
        self._row[_REQUESTS] += 1
        if tap.link is None:
            self._lose(Counter.DECODER_DOWN)
        elif tap.paused or tap.full:
            self._lose(tap.paused or Counter.QUEUE_FULL)
        else:
            self._link = tap.link
            self._copying = True
            self._row[_COPIED] += 1
            tap.send(self._id, self._lane, Kind.OPEN, self._opening, 1)

    def _lose(self, reason: int) -> None:
        self._copying = False
        self._lost = True
        self._row[reason] += 1

    def event(self, kind: Kind) -> None:
        """An end was closed or reset, or the upstream refused."""
        if kind is Kind.REFUSED:
            self._row[Counter.REFUSED] += 1
        elif self._copying and self._link is self._tap.link:
            self._tap.send(self._id, self._lane, kind)

    def close(self) -> None:
        """The connection has ended, on both sides."""
        if self._link is not None and self._link is self._tap.link:
            self._tap.send(self._id, self._lane, Kind.CLOSE)
        self._tap.forget(self._id)

    def mute(self, reason: int) -> None:
        """The decoder wants no more of it, and has counted why."""
        del reason
        self._copying = False
        self._lost = True
