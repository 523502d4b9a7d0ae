"""Entries of some things, sampled by hash of the thing (bottom-k, as in `inference/flow.py`).

All entries of a thing are kept together or left out together, in whatever order or part they are folded, and
the same things are kept in every part. Of too many entries of one thing the first are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from xxhash import xxh3_64_intdigest

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING = 1 << 64
"""Above every hash."""

E = TypeVar("E", bound=tuple[Any, ...])


class Kept(Generic[E]):
    """Entries by the hash of what they are about. Entries are tuples that begin with when they were."""

    things: ClassVar[int]
    """How many are kept."""
    each: ClassVar[int]
    """How many entries of one thing are."""

    __slots__ = ("ceiling", "entries")

    def __init__(self, ceiling: int = EVERYTHING, entries: dict[int, list[E]] | None = None) -> None:
        self.ceiling = ceiling
        self.entries = entries if entries is not None else {}

    def note(self, digest: int, entry: E) -> None:
        """Note one entry."""
        if digest >= self.ceiling:
            return
        known = self.entries.setdefault(digest, [])
        known.append(entry)
        if len(known) > 2 * self.each:
            self.entries[digest] = sorted(known)[: self.each]
        if len(self.entries) > 2 * self.things:
            self.shrink()

    def merge(self, other: Self) -> None:
        """Keep the things with the smallest hashes of both."""
        self.ceiling = min(self.ceiling, other.ceiling)
        for digest, entries in other.entries.items():
            self.entries.setdefault(digest, []).extend(entries)
        self.entries = {digest: known for digest, known in self.entries.items() if digest < self.ceiling}
        self.shrink()

    def shrink(self) -> None:
        """Forget what is beyond the bounds, and from now on look at no larger hash."""
        kept = sorted(self.entries)
        if len(kept) > self.things:
            self.ceiling = kept[self.things]
        self.entries = {digest: sorted(self.entries[digest])[: self.each] for digest in kept[: self.things]}

    def state(self) -> list[Any]:
        """The serial form."""
        self.shrink()
        return [
            self.ceiling - 1,
            [[digest, [list(one) for one in known]] for digest, known in self.entries.items()],
        ]

    @classmethod
    def from_state(cls, state: Any, entry: Callable[..., E]) -> Self:
        """Read the serial form; `entry` makes an entry of its parts."""
        ceiling, things = state
        return cls(ceiling + 1, {digest: [entry(*one) for one in known] for digest, known in things})


def digest_of(text: str, content: bytes = b"") -> int:
    """The hash by which a thing is kept."""
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass") + content)
