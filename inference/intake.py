"""What one consumer was given when, on all channels, and how it answered: a journal of deliveries.

How many messages a consumer takes at once, what it leaves out, whether it was away: all that shows only in
what comes one after the other. So stretches of time are kept whole, the same ones for every consumer, and of
the one that the bound cuts the beginning (`inference/ranked.py`). The miners read them when a map is made.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from inference.events import is_acknowledgement, is_retained
from inference.kept import digest_of
from inference.ranked import Ranked

if TYPE_CHECKING:
    from inference.observation import Observation
    from inference.ranked import Rank

MAX_TAKEN = 4_096
"""Deliveries kept for each consumer and window: as many as a journal has calls."""

STRETCH_NS = 600 * 10**9
"""Ten minutes: longer than handling takes, short enough that some of an hour are kept whole."""

_TEXTS = ("channel", "protocol", "route", "answer")


class Taken(NamedTuple):
    """One delivery, or an acknowledgement that was told without its message: then `route` is `""`.

    `at` is when it was delivered (Unix ns), or acknowledged, `published` and `answered` when that was (0: not
    known). `partition` and `number` are its place (-1: it has none), `before` counts earlier deliveries (-1:
    not said). `one` says that its consumer is one recipient, as a group or queue is.
    """

    at: int
    id: str
    channel: str
    protocol: str
    route: str
    answer: str
    partition: int
    number: int
    published: int
    answered: int
    before: int
    one: bool

    @property
    def rank(self) -> Rank:
        """By stretch, then by time; what came at one instant by its place, so that a cut leaves no gap."""
        return _stretch(self.at // STRETCH_NS), self.at, self.channel, self.partition, self.number, self.id

    @property
    def is_delivery(self) -> bool:
        """Whether it brought a message."""
        return bool(self.route)


class Intake(Ranked[Taken]):
    """The deliveries of one consumer."""

    family: ClassVar[str] = "intake"
    most = MAX_TAKEN

    def observe(self, observation: Observation) -> None:
        """Note one delivery. One of a sample says nothing of what else was delivered."""
        message = observation.message
        if message is None or message.consumer is None or message.weight != 1:
            return
        alone = is_acknowledgement(message)
        taken = Taken(
            at=observation.at,
            id=message.id,
            channel=message.channel,
            protocol=message.protocol,
            route="" if alone else observation.route,
            answer=message.acknowledgement,
            partition=-1 if message.partition is None else message.partition,
            number=-1 if message.sequence is None else message.sequence,
            published=0 if alone or is_retained(message) else message.published_at or 0,
            answered=message.acknowledged_at or 0,
            before=-1 if message.redeliveries is None else message.redeliveries,
            one=message.consumer.basis in {"group", "queue"},
        )
        self.note(taken.rank, taken)

    def stretches(self) -> list[list[Taken]]:
        """What was kept whole, in the order of time: all of it, or some stretches."""
        if self.complete:
            return [self.events()]
        return [list(events) for _, events in groupby(self.events(), lambda one: one.at // STRETCH_NS)]

    def state(self) -> Any:
        """The serial form: the ceiling, the texts, and the deliveries that point into them."""
        self.shrink()
        table: dict[str, int] = {}
        rows = [
            [
                table.setdefault(str(value), len(table)) if name in _TEXTS else value
                for name, value in zip(Taken._fields, taken, strict=True)
            ]
            for taken in self.events()
        ]
        return [None if self.complete else self.ceiling, list(table), rows]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        ceiling, table, rows = state
        self = cls(tuple(ceiling)) if ceiling else cls()
        for row in rows:
            taken = Taken(
                *(
                    table[value] if name in _TEXTS else value
                    for name, value in zip(Taken._fields, row, strict=True)
                )
            )
            self._events[taken.rank] = taken
        return self


@lru_cache(maxsize=4096)
def _stretch(number: int) -> int:
    """The hash by which a stretch is kept."""
    return digest_of(f"stretch {number}")
