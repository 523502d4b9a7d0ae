"""What waits for a word on what has become of it, bounded: the oldest go without it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant

MAX_HELD = 1_000
HEADER_BYTES = 64
"""What a header or a name takes in memory beside its characters, about."""

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Held(Generic[Key, Item]):
    """All of one connection that waits for words of one kind, by what the word will name, oldest first.

    Args:
        limit_bytes: what all may keep, of payloads and heads together.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.bytes = 0
        self._limit_bytes = limit_bytes
        self._items: OrderedDict[Key, tuple[Item, int]] = OrderedDict()
        """Each with what it keeps in bytes."""
        self._deadlines: OrderedDict[Key, int] = OrderedDict()
        """Of those that do not wait for ever, by the monotonic clock. All such wait equally long."""

    def __iter__(self) -> Iterator[Key]:
        """What words may name."""
        return iter(self._items)

    def waiting(self) -> Iterator[Item]:
        """All of them, which go on waiting."""
        return (item for item, _ in self._items.values())

    def hold(self, key: Key, item: Item, size: int, until_ns: int | None = None) -> list[Item]:
        """Hold one more; those that have to go for it: the one that had its key, and the oldest.

        Args:
            key: what the word will name.
            item: what waits.
            size: what it keeps in bytes.
            until_ns: when it has waited long enough, by the monotonic clock.
        """
        former = self.take(key)
        gone = [] if former is None else [former]
        self._items[key] = item, size
        self.bytes += size
        if until_ns is not None:
            self._deadlines[key] = until_ns
        while len(self._items) > MAX_HELD or self.bytes > self._limit_bytes:
            gone.append(self._pop(next(iter(self._items))))
        return gone

    def known(self, key: Key) -> Item | None:
        """What waits for a word that names this, if anything; it goes on waiting."""
        return self._items[key][0] if key in self._items else None

    def take(self, key: Key) -> Item | None:
        """What waits for a word that names this, if anything; it waits no longer."""
        return self._pop(key) if key in self._items else None

    def overdue(self, at: Instant) -> Iterator[Item]:
        """Those that have waited long enough; they wait no longer."""
        while self._deadlines:
            key, until_ns = next(iter(self._deadlines.items()))
            if until_ns > at.monotonic_ns:
                return
            yield self._pop(key)

    def release(self) -> Iterator[Item]:
        """All of them; they wait no longer."""
        while self._items:
            yield self._pop(next(iter(self._items)))

    def _pop(self, key: Key) -> Item:
        item, size = self._items.pop(key)
        self.bytes -= size
        self._deadlines.pop(key, None)
        return item
