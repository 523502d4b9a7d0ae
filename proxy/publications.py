"""What was published lately: so that a delivery knows when that was, and by whom.

Most protocols do not say, or to the second only. A message that passes us twice, from its publisher and to
its consumers, says it by itself: by its id where it has one, by its content otherwise.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from xxhash import xxh3_128_digest

if TYPE_CHECKING:
    from proxy.raw import RawEvent
    from store.records import Identity

MAX_PUBLICATIONS = 65_536
"""Remembered, over all connections of a process: half a minute of two thousand a second."""

_SECOND_NS = 1_000_000_000


class Publication(NamedTuple):
    """When a message was published (Unix ns), and by whom."""

    at: int
    by: Identity


class Publications:
    """The last messages that were published."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Publication] = OrderedDict()

    def published(self, event: RawEvent, by: Identity) -> None:
        """Remember a publication; of the same content the last one counts."""
        digest = _digest(event)
        self._known[digest] = Publication(event.at, by)
        self._known.move_to_end(digest)
        if len(self._known) > MAX_PUBLICATIONS:
            self._known.popitem(last=False)

    def of(self, delivered: RawEvent) -> Publication | None:
        """The publication of what was delivered, if it passed here and is remembered."""
        found = self._known.get(_digest(delivered))
        return found if found is not None and found.at <= delivered.at else None


def published_at(event: RawEvent, publication: Publication | None) -> int | None:
    """When a message was published: as we saw it, else as it says itself with more than whole seconds."""
    if publication is not None:
        return publication.at
    said = event.published_at
    return None if said is None or said % _SECOND_NS == 0 else said


def _digest(event: RawEvent) -> bytes:
    """What tells a message from others; a content that was cut is known by its beginning and its length."""
    identifier = next((value for name, value in event.headers if name in _IDS), "")
    payload = event.payload
    content = b"" if payload is None else payload.data
    size = 0 if payload is None else payload.size
    head = f"{event.producer}\n{event.channel}\n{event.key}\n{identifier}\n{size}\n"
    return xxh3_128_digest(head.encode("utf-8", "surrogatepass") + content)


_IDS = frozenset({"message-id", "nats-msg-id", "ce-id", "ce_id", "cloudevents:id", "cloudevents_id"})
