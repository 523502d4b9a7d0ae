"""Requests that wait for their reply. A broker answers those of one connection in the order they came in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.held import Held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from proxy.decoders.decoder import Limits
    from store.records import Identity

MAX_CALLS = 10_000
"""One keeps some 200 bytes, and producers have up to a million on the way (librdkafka's `max.in.flight`)."""


class Reply(Enum):
    """Whether a request gets a reply."""

    COMES = auto()
    MAY_COME = auto()
    """The request could not be read, and would have said."""
    NONE = auto()


class Publication(NamedTuple):
    """What one request publishes, as it was sent: topic, partition and record batches, in its order."""

    parts: tuple[tuple[str | UUID | None, int, bytes], ...]
    acks: int
    at: int
    """Unix ns."""
    client: tuple[Identity, ...]

    @property
    def size(self) -> int:
        """Bytes of its record batches."""
        return sum(len(records) for _, _, records in self.parts)


@dataclass(slots=True, eq=False)
class Call:
    """A request, as far as its reply needs it.

    `correlation` is None where the reply has no head (a token of SASL by itself). `asked` is what the handler
    of the reply wants to know, `size` what that keeps in bytes. `publication` is what it publishes, and where
    that was let go before the reply None.
    """

    api: int
    version: int
    correlation: int | None
    reply: Reply = Reply.COMES
    publication: Publication | None = None
    asked: Any = None
    size: int = 0


class Calls:
    """All of one connection, oldest first.

    Publications are bounded by letting the oldest go without their reply; whatever else a request asks for
    is small, and a connection with too much of it is given up.
    """

    def __init__(self, limits: Limits) -> None:
        self._asked_limit = 4 * limits.body_bytes + limits.head_bytes
        self._calls: deque[Call] = deque()
        self._publications: Held[Call, Publication] = Held(4 * limits.body_bytes)
        self._asked = 0

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for a reply."""
        return self._publications.bytes + self._asked

    def add(self, call: Call) -> Iterator[Publication]:
        """One more request; the publications that have to go for it.

        Raises:
            Opaque: there are too many.
        """
        self._calls.append(call)
        self._asked += call.size
        publication, call.publication = call.publication, None
        if publication is not None:
            yield from self._publications.hold(call, publication, publication.size)
        if len(self._calls) > MAX_CALLS or self._asked > self._asked_limit:
            raise Opaque(Reason.TOO_MANY, 1)

    def replied(self, correlation: int | None) -> Call:
        """The request that a reply is to; it does not wait any longer.

        Raises:
            Opaque: there is no such request, or one before it has not been answered.
        """
        while self._calls:
            call = self._calls.popleft()
            self._asked -= call.size
            if call.correlation in {correlation, None}:
                call.publication = self._publications.take(call)
                return call
            if call.reply is Reply.COMES:
                break
        raise Opaque(Reason.MALFORMED, 1)

    def release(self) -> Iterator[Publication]:
        """All publications that wait, without their reply."""
        return self._publications.release()
