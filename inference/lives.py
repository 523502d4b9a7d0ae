"""The lives of entities: which values their status fields were seen with, first and last when.

An order is shown by lists, by reads and by answers to writes, to many consumers. For each entity the summary
keeps where which word stood in which of its fields: the end of the first sighting and the beginning of the
last. That one value came before another is proven if the first sighting of the one ended before the last of
the other began. So the summary needs no order, and merging is exact: the earlier end, the later beginning.
What follows what is worked out when a map is made (`inference/conduct/lifecycles.py`).

Bounded by coordinated sampling (as in `inference/flow.py`): the entities with the `MAX_ENTITIES` smallest
hashes are kept, whoever shows them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from xxhash import xxh3_64_intdigest

from contract.content import OPAQUE
from contract.statuses import word_of
from contract.subject import ITEM, parse
from inference.journal import identifies
from inference.specificity import bits_of

if TYPE_CHECKING:
    from inference.observation import Observation

MAX_ENTITIES = 2_048
"""Entities kept for each consumer and window, about 2 MB."""

MAX_SIGHTINGS = 48
"""Pairs of place and value kept of each; which ones is decided by name alone."""

MAX_WORDS = 3
"""Fields of an answer's outermost object that are watched though their name does not say status."""

_MAX_DEPTH = 5
_ALL = 1 << 64
_STATUS = re.compile(
    r"(?i:(?:.*[_.-])?(?:status|state|phase|stage|step|condition|lifecycle|availability))"
    r"|.*[a-z0-9](?:Status|State|Phase|Stage|Step|Condition|Lifecycle|Availability)"
)
_STATUS_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,23}")
_WORD = re.compile(r"(?=.{2,24}$)[A-Za-z]+(?:[_-][A-Za-z]+)*")

Word = str | int
"""A value of a status field; a number is a code below a hundred."""


class Showing(NamedTuple):
    """Where an entity shows a status.

    `subject` is the object's; `by` the field that identifies it, or `path.1` where that segment of the path
    says which one is shown.
    """

    route: str
    subject: str
    by: str
    field: str


class Sighting:
    """A value of one entity at one place: how often it was seen, in which exchange first.

    `ended` is when the first sighting was over, `began` when the last one started (Unix ns).
    """

    __slots__ = ("began", "count", "ended", "example")

    def __init__(self, ended: int, began: int, count: int, example: str) -> None:
        self.ended = ended
        self.began = began
        self.count = count
        self.example = example

    def merge(self, other: Sighting) -> None:
        """Count what the other counted, too."""
        self.ended, self.example = min((self.ended, self.example), (other.ended, other.example))
        self.began = max(self.began, other.began)
        self.count += other.count


class Life:
    """One entity: how specific its id is (bits), and its sightings by place and value."""

    __slots__ = ("bits", "sightings")

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.sightings: dict[tuple[Showing, Word], Sighting] = {}

    def see(self, showing: Showing, word: Word, sighting: Sighting) -> None:
        """Note a sighting. Of too many those that come first by name stay, whatever the order."""
        known = self.sightings.get((showing, word))
        if known is not None:
            known.merge(sighting)
            return
        self.sightings[showing, word] = sighting
        if len(self.sightings) > MAX_SIGHTINGS:
            del self.sightings[max(self.sightings, key=_by_name)]


def _seen(observation: Observation) -> tuple[int, int]:
    """When a thing was certainly in a state: from the call to its answer; when the message was published."""
    if observation.message is not None:
        at = observation.message.published_at or observation.at
        return at, at
    exchange = observation.exchange
    return observation.at, observation.at + (exchange.wait_ns or exchange.duration_ns or 0)


class Lives:
    """The lives that one consumer was shown, by hash of the id.

    Args:
        ceiling: hashes from this one on are not looked at: the ceiling of the part that this one continues.
    """

    family: ClassVar[str] = "lives"

    def __init__(self, ceiling: int = _ALL) -> None:
        self.lives: dict[int, Life] = {}
        self.ceiling = ceiling

    def successor(self) -> Lives:
        """No lives yet, of the same sample."""
        return Lives(self.ceiling)

    def observe(self, observation: Observation) -> None:
        """Fold in one exchange: what a successful answer shows."""
        status, body = observation.exchange.status, observation.response_body
        if status is None or not 200 <= status < 300 or body is OPAQUE:
            return
        place = f"response.{word_of(status)}.body"
        if body.__class__ is dict:
            self._show(observation, body, place)
            self._below(observation, body, place, 1)
        elif body.__class__ is list:
            self._items(observation, body, place, 1)
        if len(self.lives) > 2 * MAX_ENTITIES:
            self._shrink()

    def _show(self, observation: Observation, shown: dict[str, Any], place: str) -> None:
        """Note what the outermost object says of the entity that the call is about."""
        ids, statuses, others = _plan(tuple(shown))
        fields = [(name, word) for name in statuses if (word := _status_word(shown[name])) is not None]
        fields += [(name, shown[name]) for name in others if _is_word(shown[name])][:MAX_WORDS]
        if not fields:
            return
        known = {str(shown[name]): name for name in reversed(ids) if _names(shown[name])}
        segments = observation.segments
        for index in range(len(segments) - 1, -1, -1):
            if segments[index] in known:
                self._note(observation, segments[index], place, f"path.{index}", fields)
                return
        own = _own(ids, shown)
        if own is not None:
            self._note(observation, shown[own], place, own, fields)
        elif observation.route.endswith("{}"):
            index = len(segments) - 1
            self._note(observation, segments[index], place, f"path.{index}", fields)

    def _below(self, observation: Observation, shown: dict[str, Any], place: str, depth: int) -> None:
        """Walk to the objects further down."""
        if depth > _MAX_DEPTH:
            return
        for name, child in shown.items():
            if child.__class__ is dict:
                self._inner(observation, child, _within(place, name), depth + 1)
            elif child.__class__ is list and child and child[0].__class__ is dict:
                self._items(observation, child, _within(place, name), depth + 1)

    def _items(self, observation: Observation, items: list[Any], place: str, depth: int) -> None:
        inside = _within(place, ITEM)
        for item in items:
            if item.__class__ is dict:
                self._inner(observation, item, inside, depth)

    def _inner(self, observation: Observation, shown: dict[str, Any], place: str, depth: int) -> None:
        """Note what an object further down says of its entity, in fields that are named for it."""
        ids, statuses, _ = _plan(tuple(shown))
        if statuses and ids:
            own = _own(ids, shown)
            fields = [(name, word) for name in statuses if (word := _status_word(shown[name])) is not None]
            if own is not None and fields:
                self._note(observation, shown[own], place, own, fields)
        for child in shown.values():
            if child.__class__ is dict or child.__class__ is list:
                self._below(observation, shown, place, depth)
                return

    def _note(
        self, observation: Observation, identity: Any, place: str, by: str, fields: list[tuple[str, Word]]
    ) -> None:
        text = str(identity)
        digest = _digest(text)
        if digest >= self.ceiling:
            return
        life = self.lives.get(digest)
        if life is None:
            life = self.lives[digest] = Life(bits_of(text))
        exchange = observation.exchange
        began, ended = _seen(observation)
        for name, word in fields:
            showing = _showing(observation.route, place, by, name)
            life.see(showing, word, Sighting(ended, began, 1, exchange.id))

    def merge(self, other: Lives) -> None:
        """Merge the lives, and keep the smallest hashes of both."""
        self.ceiling = min(self.ceiling, other.ceiling)
        for digest, life in other.lives.items():
            mine = self.lives.get(digest)
            if mine is None:
                mine = self.lives[digest] = Life(life.bits)
            for (showing, word), seen in life.sightings.items():
                mine.see(showing, word, Sighting(seen.ended, seen.began, seen.count, seen.example))
        self.lives = {digest: life for digest, life in self.lives.items() if digest < self.ceiling}
        self._shrink()

    def _shrink(self) -> None:
        """Keep the smallest hashes, and from now on look at no larger one."""
        if len(self.lives) <= MAX_ENTITIES:
            return
        kept = sorted(self.lives)[:MAX_ENTITIES]
        self.ceiling = min(self.ceiling, kept[-1] + 1)
        self.lives = {digest: self.lives[digest] for digest in kept}

    def state(self) -> Any:
        """The serial form: the ceiling, the places, and the lives that point into them."""
        self._shrink()
        table: dict[Showing, int] = {}
        lives = [
            [
                digest,
                life.bits,
                [
                    [table.setdefault(showing, len(table)), word, s.ended, s.began, s.count, s.example]
                    for (showing, word), s in sorted(
                        life.sightings.items(), key=lambda entry: _by_name(entry[0])
                    )
                ],
            ]
            for digest, life in sorted(self.lives.items())
        ]
        return [self.ceiling - 1, [list(showing) for showing in table], lives]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        ceiling, table, lives = state
        self = cls(ceiling + 1)
        showings = [Showing(*row) for row in table]
        for digest, bits, rows in lives:
            life = self.lives[digest] = Life(bits)
            life.sightings = {
                (showings[index], word): Sighting(ended, began, count, example)
                for index, word, ended, began, count, example in rows
            }
        return self


def is_status(name: str) -> bool:
    """Whether fields of a name say how something stands."""
    return _STATUS.fullmatch(name) is not None


def _by_name(key: tuple[Showing, Word]) -> tuple[Showing, str, str]:
    """An order of all places and values, texts and numbers."""
    return key[0], str(key[1]), key[1].__class__.__name__


@lru_cache(maxsize=16_384)
def _plan(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Of an object's fields those that identify it, those that say how it stands, and the others by name."""
    ids = tuple(name for name in names if identifies(name))
    statuses = tuple(sorted(name for name in names if is_status(name)))
    return ids, statuses, tuple(sorted(set(names) - set(ids) - set(statuses)))


def _own(ids: tuple[str, ...], shown: dict[str, Any]) -> str | None:
    """The field that identifies an object: `id`, or the only one that can."""
    named = [name for name in ids if _names(shown[name])]
    for name in named:
        if name.lower() in {"id", "_id", "uuid"}:
            return name
    return named[0] if len(named) == 1 else None


def _names(value: Any) -> bool:
    """Whether a value can be an id."""
    return (value.__class__ is str and 0 < len(value) <= 128) or value.__class__ is int


def _status_word(value: Any) -> Word | None:
    if value.__class__ is str:
        return value if _is_status_word(value) else None
    return value if value.__class__ is int and 0 <= value < 100 else None


@lru_cache(maxsize=16_384)
def _is_status_word(text: str) -> bool:
    return _STATUS_WORD.fullmatch(text) is not None


def _is_word(value: Any) -> bool:
    return value.__class__ is str and len(value) <= 24 and _WORD.fullmatch(value) is not None


@lru_cache(maxsize=16_384)
def _within(place: str, name: str) -> str:
    return parse(place).within(name).text


@lru_cache(maxsize=16_384)
def _showing(route: str, place: str, by: str, name: str) -> Showing:
    return Showing(route, place, by, name)


@lru_cache(maxsize=65_536)
def _digest(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
