"""Sequences: whether messages about one thing came in the order in which they were published.

What a message is about is told by its own key, else by each field of its payload that identifies something.
Of each such name things are sampled by hash (`inference/kept.py`), so that all messages about one thing are
kept together. Consumers are kept apart: each is given the messages at its own pace.

Where the messages of a thing are published further apart than their lags differ, they come in order whoever
delivers them, and that says nothing. So the order is held against a null: that the lags of messages
published about the same time are dealt out at random.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from inference.events import is_replayed
from inference.journal import identifies
from inference.kept import EVERYTHING, Kept, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.observation import Observation
    from store.records import Message

MAX_THINGS = 256
"""Things whose messages are kept, for each name, consumer and window."""

MAX_MESSAGES = 64
"""Messages kept of one thing: the first ones."""

MAX_NAMES = 6
"""Names that tell things apart; of more those that come first in the alphabet."""

NEIGHBOURS = 32
"""Messages about as old, whose lags might as well have been each other's: lags drift with the load."""

OWN_KEY = "key"


class Delivered(NamedTuple):
    """One message: when it was delivered and published (Unix ns), between them the broker's number, or 0."""

    at: int
    number: int
    published: int

    @property
    def lag(self) -> int:
        """How long it took (ns)."""
        return self.at - self.published


class Things(Kept[Delivered]):
    """The messages of the things that one name tells apart."""

    things = MAX_THINGS
    each = MAX_MESSAGES
    __slots__ = ()

    @property
    def different(self) -> float:
        """How many things with several messages there are, by what the sample shows."""
        several = sum(len(messages) > 1 for messages in self.entries.values())
        return several * (EVERYTHING / self.ceiling)

    def steps(self) -> Iterator[tuple[Delivered, Delivered]]:
        """Neighbours in the order of delivery, as far as there is one, of which one was published earlier."""
        for messages in self.entries.values():
            for one, two in pairwise(sorted(messages)):
                if one.published != two.published and one[:2] != two[:2]:
                    yield one, two

    def reversals(self) -> float:
        """How many steps would not be in order if lags were dealt out at random."""
        by_age = sorted(
            (one for messages in self.entries.values() for one in messages), key=lambda one: one.published
        )
        ages = [one.published for one in by_age]
        expected = 0.0
        for one, two in self.steps():
            middle = bisect_right(ages, min(one.published, two.published))
            first = max(0, min(middle - NEIGHBOURS // 2, len(by_age) - NEIGHBOURS))
            lags = sorted(near.lag for near in by_age[first : first + NEIGHBOURS])
            expected += _reversed(lags, abs(two.published - one.published))
        return expected


def _reversed(lags: list[int], gap: int) -> float:
    """The share of pairs of lags that differ by more than a gap, the earlier message's being the longer."""
    if len(lags) < 2 or lags[-1] - lags[0] <= gap:
        return 0.0
    longer = sum(len(lags) - bisect_right(lags, lag + gap) for lag in lags)
    return longer / (len(lags) * (len(lags) - 1))


class Order(NamedTuple):
    """How messages about the same thing came.

    `by` is what tells things apart, `things` how many had several messages. Steps between them were in
    order, or not; `reversals` is how many would not have been by chance.
    """

    by: str
    things: int
    in_order: int
    out_of_order: int
    reversals: float


class Sequences:
    """Things by what tells them apart, and by consumer."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, str], Things] = {}

    def observe(self, observation: Observation, message: Message) -> None:
        """Note one delivery, if it is the first one and it is known when it was published."""
        if message.published_at is None or is_replayed(message):
            return
        delivered = Delivered(observation.at, message.sequence or 0, message.published_at)
        for by, thing in _things(message.key, observation.response_body):
            name = by, observation.exchange.identity.key
            if name not in self.groups:
                self.groups[name] = Things()
                self._bound()
            if name in self.groups:
                self.groups[name].note(digest_of(thing), delivered)

    def merge(self, other: Sequences) -> None:
        """Take the things of both."""
        for name, things in other.groups.items():
            self.groups.setdefault(name, Things()).merge(things)
        self._bound()

    def _bound(self) -> None:
        names = sorted({by for by, _ in self.groups})
        if len(names) > MAX_NAMES:
            kept = frozenset(names[:MAX_NAMES])
            self.groups = {name: things for name, things in self.groups.items() if name[0] in kept}

    def by_name(self) -> dict[str, Things]:
        """Things by what tells them apart, whoever was given them."""
        found: dict[str, Things] = {}
        for (by, _), things in sorted(self.groups.items()):
            found.setdefault(by, Things()).merge(things)
        return found

    def order(self) -> Order | None:
        """The order by what tells most things apart: a customer's orders are in order if each order is.

        None where nothing came twice. The key that publishers give comes first: it is for this.
        """
        different: dict[str, float] = {}
        for (by, _), things in sorted(self.groups.items()):
            different[by] = different.get(by, 0) + things.different
        named = [by for by, number in different.items() if number]
        if not named:
            return None
        best = min(named, key=lambda by: (by != OWN_KEY, -different[by], by))
        return _order(best, [things for (by, _), things in self.groups.items() if by == best])

    def state(self) -> Any:
        """The serial form."""
        rows = []
        for (by, consumer), things in sorted(self.groups.items()):
            rows.append([by, consumer, *things.state()])
        return rows

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        for by, consumer, *things in state:
            self.groups[by, consumer] = Things.from_state(things, Delivered)
        return self


def _order(by: str, groups: list[Things]) -> Order:
    steps = [one.published < two.published for things in groups for one, two in things.steps()]
    several = {digest for things in groups for digest, known in things.entries.items() if len(known) > 1}
    return Order(
        by,
        len(several),
        sum(steps),
        len(steps) - sum(steps),
        sum(things.reversals() for things in groups),
    )


def _things(key: str | None, payload: Any) -> Iterator[tuple[str, str]]:
    """What a message is about, and what tells that: its key, else fields down to the second level."""
    if key:
        yield OWN_KEY, key
    else:
        yield from identifying(payload)


def identifying(payload: Any) -> Iterator[tuple[str, str]]:
    """The fields of a payload that identify something, down to the second level: name and text."""
    if isinstance(payload, dict):
        for name, value in payload.items():
            if isinstance(value, dict):
                yield from ((f"{name}.{inner}", text) for inner, text in _identifying(value))
        yield from _identifying(payload)


def _identifying(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if identifies(name) and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield name, str(value)
