"""The messages of a WebSocket, each as it is: what is told where nothing is known of what they mean."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from proxy.raw import RawBody, RawMessage, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Limits
    from proxy.raw import RawExchange, RawRecord

TEXT, BINARY = "text", "binary"
"""What kinds of messages there are."""


class Messages:
    """One connection, from the end of its opening handshake on. What reads them may be built on it.

    Args:
        carrier: the handshake.
        limits: bounds on what is kept of a message.
    """

    def __init__(self, carrier: RawExchange, limits: Limits) -> None:
        self._carrier = carrier
        self._limit = limits.body_bytes
        self._open = {Sender.CLIENT: bytearray(), Sender.SERVER: bytearray()}
        self._sizes = dict.fromkeys(Sender, 0)
        self._ordinals = count()

    @property
    def held_bytes(self) -> int:
        """Bytes of messages that have not ended."""
        return sum(map(len, self._open.values()))

    def piece(
        self, sender: Sender, kind: str, data: bytes, at: Instant, *, ends: bool
    ) -> Iterator[RawRecord]:
        """A piece of a message passed."""
        kept = self._open[sender]
        kept += data[: max(self._limit - len(kept), 0)]
        self._sizes[sender] += len(data)
        if ends:
            payload = RawBody(data=bytes(kept), size=self._sizes[sender], decoded=True)
            kept.clear()
            self._sizes[sender] = 0
            yield from self._read(sender, kind, payload, at)

    def ended(self, by: Sender, at: Instant) -> Iterator[RawRecord]:
        """The connection is over: a message that has not ended is none."""
        del by, at
        return iter(())

    def _read(self, sender: Sender, kind: str, payload: RawBody, at: Instant) -> Iterator[RawRecord]:
        """A message is whole."""
        yield self._as_it_is(sender, kind, payload, at)

    def _as_it_is(
        self, sender: Sender, kind: str, payload: RawBody, at: Instant, flaws: tuple[str, ...] = ()
    ) -> RawMessage:
        return RawMessage(
            carrier=self._carrier,
            ordinal=next(self._ordinals),
            protocol="websocket",
            sender=sender,
            at=at.wall_ns,
            payload=payload,
            type=kind,
            flaws=flaws,
        )
