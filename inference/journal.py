"""The journal of a consumer: what it did when, short enough to be kept, long enough to be understood.

Retries, polling, repeats, pages, lifecycles and what a consumer does after an error are told by the sequence
of its exchanges. The journal keeps an `Event` for each, and the miners (`inference/conduct/`) read them in
the order of time when a map is made. So folding needs no order, merging is a union, and nothing is lost at
the ends of windows.

Bounded by coordinated sampling (as in `inference/flow.py`): every event has keys (its request, the entities
that it names), and where a journal grows beyond `MAX_EVENTS` it keeps those of which one key has the smallest
hash. A request and its repeats, an entity and all that was done with it, are kept or left out together; of
more repeats than fit, the first are kept.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from xxhash import xxh3_64_intdigest, xxh32_intdigest

from contract.content import OPAQUE
from inference.ranked import Ranked
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.observation import Observation

MAX_EVENTS = 4_096
"""Events kept for each consumer and window (an hour): one a second; stored about 100 bytes each."""

MAX_FIELDS = 24
"""Named scalars kept of each body."""

MAX_TEXT = 24
"""Characters up to which a value is kept as it is; of longer ones a hash."""

_OUTCOMES = tuple(Outcome)
_IDENTIFYING = re.compile(
    r"(?i:(?:.*[_.-])?(?:ids?|uuid|key|token|number|no|code|ref|reference|sku|slug|location))"
    r"|.*[a-z0-9](?:I[Dd]s?|U[Uu][Ii][Dd]|Key|Token|Number|No|Code|Ref|Reference|S[Kk][Uu]|Slug)"
)
KEY_HEADERS = ("idempotency-key", "x-idempotency-key", "idempotence-key", "x-idempotence-key", "request-id")

Mark = str | int
"""A value that can be compared: a short text as it is, of a longer one 32 bits of its hash."""


class Event(NamedTuple):
    """One exchange as the journal keeps it.

    `at` is the start (Unix ns), `wait` and `duration` run from there (ns, -1: not known). `status` is 0 where
    there was none. `request` and `answer` are 64 bits that stand for method, target and body, and for status
    and body. `path` holds the variable segments by index, `query` the parameters, `sent` and `shown` the
    scalar fields of the two bodies down to the second level (`order.id`), as marks; `shown` has `location` as
    well, the last segment of that header. `items` counts the entries of the answer's first array, -1 if it
    has none. `key` is the idempotency key, `""` if none; `retry_after` the seconds that the answer asked to
    wait, -1 if none; `size` the bytes of its body.
    """

    at: int
    id: str
    route: str
    wait: int
    duration: int
    status: int
    outcome: Outcome
    request: int
    answer: int
    path: Mapping[str, Mark]
    query: Mapping[str, Mark]
    sent: Mapping[str, Mark]
    shown: Mapping[str, Mark]
    items: int
    key: Mark
    retry_after: float
    size: int

    @property
    def ended(self) -> int:
        """When the consumer had the answer, or gave it up (Unix ns)."""
        return self.at + max(self.duration, self.wait, 0)

    @property
    def method(self) -> str:
        """The request method."""
        return self.route.partition(" ")[0]


class Journal(Ranked[Event]):
    """The events of one consumer."""

    family: ClassVar[str] = "journal"
    most = MAX_EVENTS

    def observe(self, observation: Observation) -> None:
        """Note one exchange; messages are no calls, and come when others send them."""
        if observation.message is not None:
            return
        event = _event(observation)
        self.note((_lowest_key(event), event.at, event.id), event)

    def knows(self, value: Mark) -> bool:
        """Whether every event that names an entity is here; of others, neighbours may have been left out."""
        return self.complete or hash_of(value) < self.ceiling[0]

    def knows_repeats(self, event: Event) -> bool:
        """Whether every event with the same request is here."""
        return self.complete or _lowest_asked(event) < self.ceiling[0]

    def state(self) -> Any:
        """The serial form: the ceiling, the names and routes, and the events that point into them."""
        self.shrink()
        table: dict[str, int] = {}

        def number(text: str) -> int:
            return table.setdefault(text, len(table))

        def marks(values: Mapping[str, Mark]) -> list[Mark]:
            return [part for name, mark in sorted(values.items()) for part in (number(name), mark)]

        rows = [
            [
                event.at,
                event.id,
                number(event.route),
                event.wait,
                event.duration,
                event.status,
                _OUTCOMES.index(event.outcome),
                event.request,
                event.answer,
                *(marks(values) for values in (event.path, event.query, event.sent, event.shown)),
                event.items,
                event.key,
                event.retry_after,
                event.size,
            ]
            for event in self.events()
        ]
        return [None if self.complete else self.ceiling, list(table), rows]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        ceiling, table, rows = state
        self = cls(tuple(ceiling)) if ceiling else cls()

        def marks(flat: list[Mark]) -> dict[str, Mark]:
            return {table[name]: mark for name, mark in zip(flat[::2], flat[1::2], strict=True)}

        for at, id_, route, wait, duration, status, outcome, request, answer, *rest in rows:
            path, query, sent, shown, items, key, retry_after, size = rest
            event = Event(
                at,
                id_,
                table[route],
                wait,
                duration,
                status,
                _OUTCOMES[outcome],
                request,
                answer,
                marks(path),
                marks(query),
                marks(sent),
                marks(shown),
                items,
                key,
                retry_after,
                size,
            )
            self._events[_lowest_key(event), at, id_] = event
        return self


def mark(value: object) -> Mark:
    """The mark of a scalar; the same for a number and for the text of it, as JSON writes it."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    if len(text) <= MAX_TEXT:
        return text
    return xxh32_intdigest(text.encode("utf-8", "surrogatepass"))


def identifies(name: str) -> bool:
    """Whether fields of a name hold what tells one entity from another."""
    return _identifies(name)


@lru_cache(maxsize=16_384)
def _identifies(name: str) -> bool:
    return _IDENTIFYING.fullmatch(name) is not None


def _event(observation: Observation) -> Event:
    exchange = observation.exchange
    shown, items = _fields(observation.response_body)
    seconds = -1.0
    key: Mark = ""
    for name, value in exchange.response_headers:
        if name == "location":
            shown["location"] = mark(value.partition("?")[0].rstrip("/").rpartition("/")[2])
        elif name == "retry-after":
            seconds = _seconds(value, observation.received_at)
    for name, value in exchange.request_headers:
        if name in KEY_HEADERS:
            key = mark(value)
    request, response = exchange.request_body, exchange.response_body
    return Event(
        observation.at,
        exchange.id,
        observation.route,
        _known(exchange.wait_ns),
        _known(exchange.duration_ns),
        exchange.status or 0,
        exchange.outcome,
        _digest(f"{exchange.method} {exchange.path}?{exchange.query}\n", request.content if request else b""),
        _digest(f"{exchange.status}\n", response.content if response else b""),
        _variable(observation),
        {name: mark(value) for name, value in observation.pairs[:MAX_FIELDS]},
        _fields(observation.request_body)[0],
        shown,
        items,
        key,
        seconds,
        response.size if response else 0,
    )


def _known(duration: int | None) -> int:
    return -1 if duration is None else duration


def _digest(head: str, body: bytes) -> int:
    return xxh3_64_intdigest(head.encode("utf-8", "surrogatepass") + body)


def _variable(observation: Observation) -> dict[str, Mark]:
    """The segments that the route leaves open, by index."""
    labels = _labels(observation.route)
    if "{}" not in observation.route:
        return {}
    return {
        str(index): mark(text)
        for index, (text, label) in enumerate(zip(observation.segments, labels, strict=False))
        if "{}" in label
    }


@lru_cache(maxsize=4096)
def _labels(route: str) -> tuple[str, ...]:
    return tuple(part for part in route.partition(" ")[2].split("/") if part)


def _fields(body: Any) -> tuple[dict[str, Mark], int]:
    """The scalar fields of a body down to the second level, and the length of its first array (-1: none)."""
    if body is OPAQUE:
        return {}, -1
    if body.__class__ is list:
        return {}, len(body)
    found: dict[str, Mark] = {}
    items = -1
    if body.__class__ is dict:
        for name, value in body.items():
            if value.__class__ is dict:
                items = _inner(name, value, found, items)
            elif value.__class__ is list:
                items = len(value) if items < 0 else items
            elif value is not None and len(found) < MAX_FIELDS:
                found[name] = mark(value)
    return found, items


def _inner(outer: str, body: dict[str, Any], found: dict[str, Mark], items: int) -> int:
    for name, value in body.items():
        if value.__class__ is list:
            items = len(value) if items < 0 else items
        elif value.__class__ is not dict and value is not None and len(found) < MAX_FIELDS:
            found[f"{outer}.{name}"] = mark(value)
    return items


def _seconds(text: str, now: int) -> float:
    """The seconds that a Retry-After asks to wait (RFC 9110 section 10.2.3); -1 if it cannot be read."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now / 1e9)
    except ValueError:
        return -1.0


def _lowest_key(event: Event) -> int:
    """The smallest hash of what groups the event with others: its request, its key, the entities it names."""
    lowest = _lowest_asked(event)
    if event.key:
        lowest = min(lowest, hash_of(event.key))
    for name, value in event.shown.items():
        if _identifies(name):
            lowest = min(lowest, hash_of(value))
    return lowest


def _lowest_asked(event: Event) -> int:
    """The smallest hash of what all repeats of a request have in common."""
    lowest = event.request
    for value in event.path.values():
        lowest = min(lowest, hash_of(value))
    for values in (event.query, event.sent):
        for name, value in values.items():
            if _identifies(name):
                lowest = min(lowest, hash_of(value))
    return lowest


@lru_cache(maxsize=65_536)
def hash_of(value: Mark) -> int:
    """The hash by which an event that names a value is kept."""
    return xxh3_64_intdigest(str(value).encode("utf-8", "surrogatepass"))
