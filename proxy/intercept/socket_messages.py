"""The messages of a flow's WebSocket, read by what reads them in the splice lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Instant, Limits, Opaque, Reason
from proxy.decoders.websocket_inside import inside_of
from proxy.decoders.websocket_messages import BINARY, TEXT
from proxy.importers.instants import from_seconds
from proxy.raw import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mitmproxy.websocket import WebSocketMessage

    from proxy.intercept.tee import Room
    from proxy.raw import RawExchange, RawRecord


class SocketMessages:
    """Those of one flow.

    Args:
        carrier: its exchange.
        limit: bytes kept of each message.
        room: of all flows.
    """

    def __init__(self, carrier: RawExchange, limit: int, room: Room) -> None:
        self._inside = inside_of(carrier, Limits(body_bytes=limit))
        self._room = room
        self._held_bytes = 0
        self._opaque = False

    def passed(self, message: WebSocketMessage) -> Iterator[RawRecord]:
        """One passed.

        Raises:
            Opaque: it cannot be understood, nor can what follows; said once.
        """
        if self._opaque:
            return
        sender = Sender.CLIENT if message.from_client else Sender.SERVER
        kind = TEXT if message.is_text else BINARY
        try:
            yield from self._inside.piece(
                sender, kind, message.content, _instant(message.timestamp), ends=True
            )
            self._hold()
        except Opaque:
            self._forget()
            raise

    def ended(self, by: Sender, at: float) -> Iterator[RawRecord]:
        """There will be no more; `at` is in seconds of Unix time."""
        if not self._opaque:
            yield from self._inside.ended(by, _instant(at))
            self._forget()

    def _hold(self) -> None:
        more = self._inside.held_bytes - self._held_bytes
        if more < 0:
            self._room.give_back(-more)
            self._held_bytes += more
            return
        granted = self._room.take(more)
        self._held_bytes += granted
        if granted < more:
            raise Opaque(Reason.TOO_LARGE, 1)

    def _forget(self) -> None:
        self._opaque = True
        self._room.give_back(self._held_bytes)
        self._held_bytes = 0


def _instant(seconds: float) -> Instant:
    """A moment of mitmproxy's one clock."""
    at = from_seconds(seconds) or 0
    return Instant(at, at)
