"""What it takes to understand a fetch: names of topics, the offsets asked for, aborted transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TOPICS = 10_000
MAX_PARTITIONS = 10_000
"""Remembered on one connection, the latest. Without its offset no record of a partition is left out."""
ENTRY_BYTES = 128
"""What one entry keeps, roughly."""

Topic = str | UUID | None
"""As a request or a reply names it."""
Offsets = dict[tuple[Topic, int], int]


def topic_of(entity: Any) -> Topic:
    """The topic of a part of a request or reply; its id takes the place of its name in newer versions."""
    for word in ("name", "topic"):
        name: str | None = getattr(entity, word, None)
        if name is not None:
            return name
    topic_id: UUID | None = getattr(entity, "topic_id", None)
    return topic_id


class Topics:
    """The names of topics by their ids, as metadata tells them (KIP-516)."""

    def __init__(self) -> None:
        self._names: dict[UUID, str] = {}

    def learn(self, metadata: Any) -> None:
        """A reply with metadata."""
        for topic in metadata.topics:
            topic_id, name = getattr(topic, "topic_id", None), topic.name
            if topic_id is not None and name is not None:
                self._names.pop(topic_id, None)
                self._names[topic_id] = name
                _drop_oldest(self._names, MAX_TOPICS)

    def name_of(self, topic: Topic) -> tuple[str, tuple[str, ...]]:
        """A topic's name, and the flaw that it is only its id."""
        if isinstance(topic, str):
            return topic, ()
        name = self._names.get(topic) if topic is not None else None
        return (name, ()) if name is not None else (str(topic or UUID(int=0)), ("topic-unknown",))


class FetchSession:
    """Which offsets a client asks for.

    In a session (KIP-227) a request names only the partitions that change; where it is not in one, or begins
    one, it names all.
    """

    def __init__(self) -> None:
        self._offsets: Offsets = {}

    @property
    def held_bytes(self) -> int:
        """Bytes that are kept, roughly."""
        return len(self._offsets) * ENTRY_BYTES

    def asked(self, request: Any) -> Offsets:
        """The offsets that a request asks for."""
        if getattr(request, "session_epoch", -1) <= 0:
            self._offsets = {}
        for forgotten in getattr(request, "forgotten_topics_data", ()):
            for partition in forgotten.partitions:
                self._offsets.pop((topic_of(forgotten), partition), None)
        for topic in request.topics:
            for one in topic.partitions:
                self._offsets[topic_of(topic), one.partition] = one.fetch_offset
                _drop_oldest(self._offsets, MAX_PARTITIONS)
        return self._offsets


class AbortedTransactions:
    """Which batches of a partition belong to transactions that were aborted (KIP-98).

    Args:
        listed: the reply's list for the partition, of which each names a producer and where it began.
    """

    def __init__(self, listed: Iterable[Any]) -> None:
        self._coming = sorted(((one.first_offset, one.producer_id) for one in listed), reverse=True)
        self._open: set[int] = set()

    def has(self, batch: Any) -> bool:
        """Whether the next batch belongs to one; the marker that ends a transaction is the last to do so."""
        while self._coming and self._coming[-1][0] <= batch.base_offset + batch.last_offset_delta:
            self._open.add(self._coming.pop()[1])
        is_aborted = bool(batch.is_transactional) and batch.producer_id in self._open
        if batch.is_control_batch:
            self._open.discard(batch.producer_id)
        return is_aborted


def _drop_oldest(entries: dict[Any, Any], most: int) -> None:
    if len(entries) > most:
        del entries[next(iter(entries))]
