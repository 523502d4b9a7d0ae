"""Value flow: a value that a consumer received comes back in what it sends next, so the field it came from is used.

For every specific value of a consumer the summary keeps when and where the consumer first received it, and when and where it
sent it. Whether the value flowed is decided when the claims are made: it did if it was received before it was ever sent. So
the summary needs no order: merging takes the earlier receipt and adds up the uses, and a value that is received in one window
and sent in the next is found when the two are merged.

Bounded by coordinated sampling (bottom-k: Cohen & Kaplan, PODC 2007): of all values only those with the `MAX_VALUES` smallest
hashes are kept. The same values are kept in every part of the traffic, so a receipt and its return are kept or left out
together, the counts are those of an unbiased sample, and the result does not depend on the order or on the partitioning.
"""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING, Any, ClassVar, Self

from xxhash import xxh3_64_intdigest

from contract.subject import ITEM, VALUE, Subject
from inference.observation import ABSENT, query_pairs, segments
from inference.shape import MAX_DEPTH, MAX_FIELDS
from inference.specificity import bits_of, followed
from inference.tally import Tally
from inference.thresholds import SPECIFIC_BITS
from store.tokens import PREFIX, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.observation import Observation

MAX_VALUES = 16_384
"""Values remembered for each consumer and window, about 5 MB."""

MAX_SOURCES = 8
"""Places remembered at which one answer held the same value."""

MAX_USES = 16
"""Places remembered to which one value was sent."""

MAX_SPOTS = 50_000
"""Places of bodies whose written form is remembered, over all operations; past that, new ones are not looked at."""

Place = tuple[str, str]
"""A route and a subject. Path segments are `request.path.INDEX`; a link that was followed is `request.target`."""


class Trace:
    """The way of one value: the receipt that came first, and all that was sent.

    `received` is (when, exchange id) of the first receipt, None if there was none; `sources` the places of that answer at
    which it stood; `uses` counts by the place that it was sent to.
    """

    __slots__ = ("bits", "received", "sources", "uses")

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.received: tuple[int, str] | None = None
        self.sources: tuple[Place, ...] = ()
        self.uses: dict[Place, Tally] = {}

    def receive(self, received: tuple[int, str], sources: tuple[Place, ...]) -> None:
        """Note a receipt; the earliest stays, and of one answer all places."""
        if self.received is None or received < self.received:
            self.received, self.sources = received, sources
        elif received == self.received:
            self.sources = tuple(sorted({*self.sources, *sources}))[:MAX_SOURCES]

    def merge(self, other: Trace) -> None:
        """Take the earlier receipt, add up the uses."""
        if other.received is not None:
            self.receive(other.received, other.sources)
        for place, tally in other.uses.items():
            self.uses.setdefault(place, Tally()).merge(tally)
        for place in sorted(self.uses)[MAX_USES:]:
            del self.uses[place]

    @property
    def flowed(self) -> bool:
        """Whether the consumer learned the value from an answer: it received it before it ever sent it."""
        if self.received is None or not self.uses:
            return False
        return self.received[0] <= min(tally.first for tally in self.uses.values())


class Flows:
    """The traces of one consumer's values, by hash of the value."""

    family: ClassVar[str] = "flow"

    def __init__(self) -> None:
        self.traces: dict[int, Trace] = {}
        self.ceiling = 1 << 64

    def observe(self, observation: Observation) -> None:
        """Fold in one exchange: what it sent, then what it brought."""
        exchange, route = observation.exchange, observation.route
        for text, subject in _sent(observation):
            trace = self._trace(text)
            if trace is not None:
                place = (route, subject)
                if place in trace.uses or len(trace.uses) < MAX_USES:
                    trace.uses.setdefault(place, Tally()).add(observation.at, exchange.id)
        received = (observation.received_at, exchange.id)
        for text, subject in _received(observation):
            trace = self._trace(text)
            if trace is not None:
                trace.receive(received, ((route, subject),))
        if len(self.traces) > 2 * MAX_VALUES:
            self._shrink()

    def _trace(self, text: str) -> Trace | None:
        """The trace of a value; None if it is not specific, or not among the sample."""
        digest = xxh3_64_intdigest(text)
        if digest >= self.ceiling:
            return None
        trace = self.traces.get(digest)
        if trace is None:
            bits = bits_of(text)
            if bits < SPECIFIC_BITS:
                return None
            trace = self.traces[digest] = Trace(bits)
        return trace

    def _shrink(self) -> None:
        """Keep the smallest hashes, and from now on look at no larger one."""
        if len(self.traces) <= MAX_VALUES:
            return
        kept = nsmallest(MAX_VALUES, self.traces)
        self.ceiling = min(self.ceiling, kept[-1] + 1)
        self.traces = {digest: self.traces[digest] for digest in kept}

    def merge(self, other: Flows) -> None:
        """Merge the traces, and keep the smallest hashes of both."""
        for digest, trace in other.traces.items():
            mine = self.traces.get(digest)
            if mine is None:
                mine = self.traces[digest] = Trace(trace.bits)
            mine.merge(trace)
        self.ceiling = min(self.ceiling, other.ceiling)
        self.traces = {digest: trace for digest, trace in self.traces.items() if digest < self.ceiling}
        self._shrink()

    def state(self) -> Any:
        """The serial form: the ceiling, a table of places, and the traces that point into it."""
        self._shrink()
        table: dict[Place, int] = {}

        def number(place: Place) -> int:
            return table.setdefault(place, len(table))

        traces = [
            [
                digest,
                trace.bits,
                trace.received,
                [number(place) for place in trace.sources],
                [[number(place), *tally.state()] for place, tally in sorted(trace.uses.items())],
            ]
            for digest, trace in sorted(self.traces.items())
        ]
        return [self.ceiling - 1, list(table), traces]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        ceiling, table, traces = state
        self.ceiling = ceiling + 1
        places: list[Place] = [(route, subject) for route, subject in table]
        for digest, bits, received, sources, uses in traces:
            trace = self.traces[digest] = Trace(bits)
            trace.received = (received[0], received[1]) if received else None
            trace.sources = tuple(places[index] for index in sources)
            trace.uses = {places[index]: Tally.from_state(tally) for index, *tally in uses}
        return self


def _sent(observation: Observation) -> Iterator[tuple[str, str]]:
    """Every text that a request carried, with its subject."""
    exchange = observation.exchange
    for index, segment in enumerate(segments(exchange.path)):
        yield segment, f"request.path.{index}"
    target = f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path
    yield target, "request.target"
    for name, text in query_pairs(exchange.query):
        subject = str(Subject(("request", "query", name)))
        for part in text.split(","):
            yield _identity(part), subject
    for name, text in exchange.request_headers:
        if name in observation.request_headers:
            yield _identity(text), f"request.header.{name}"
    if observation.request_body is not ABSENT:
        found: list[tuple[str, str]] = []
        _Spot.of("request.body").leaves(observation.request_body, found)
        yield from found


def _received(observation: Observation) -> Iterator[tuple[str, str]]:
    """Every text that an answer carried, with its subject; a link also as the target that following it asks for."""
    exchange = observation.exchange
    if exchange.status is None:
        return
    answer = f"response.{exchange.status}"
    found: list[tuple[str, str]] = []
    for name, text in exchange.response_headers:
        if name in observation.response_headers:
            found.append((_identity(text), f"{answer}.header.{name}"))
    if observation.response_body is not ABSENT:
        _Spot.of(f"{answer}.body").leaves(observation.response_body, found)
    for text, subject in found:
        yield text, subject
        target = followed(text)
        if target is not None:
            yield target, subject


def _identity(text: str) -> str:
    """The text itself; where a secret was redacted in it, what tells that secret from others."""
    if PREFIX in text:
        match = TOKEN.search(text)
        if match is not None:
            return PREFIX + match[3]
    return text


class _Spot:
    """A place in a body, with its written subject and the places below it. Spots are shared by all observations."""

    __slots__ = ("below", "subject", "text")

    _roots: ClassVar[dict[str, _Spot]] = {}
    _count: ClassVar[int] = 0

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.text = str(subject)
        self.below: dict[str, _Spot] = {}
        _Spot._count += 1

    @classmethod
    def of(cls, text: str) -> _Spot:
        """The spot of a body."""
        spot = cls._roots.get(text)
        if spot is None:
            spot = cls._roots[text] = cls(Subject(tuple(text.split("."))))
        return spot

    def leaves(self, value: Any, found: list[tuple[str, str]], depth: int = 0) -> None:
        """Append every text and integer below a value, as text, with its subject."""
        kind = type(value)
        if kind is str:
            found.append((_identity(value), self.text))
        elif kind is int:
            found.append((str(value), self.text))
        elif kind is dict:
            if depth < MAX_DEPTH:
                for name, child in value.items():
                    spot = self.below.get(name) or self._grow(name)
                    if spot is not None:
                        spot.leaves(child, found, depth + 1)
        elif kind is list and depth < MAX_DEPTH:
            spot = self.below.get(ITEM) or self._grow(ITEM)
            if spot is not None:
                for item in value:
                    spot.leaves(item, found, depth + 1)

    def _grow(self, name: str) -> _Spot | None:
        if _Spot._count >= MAX_SPOTS:
            return None
        if len(self.below) > MAX_FIELDS:
            name = VALUE
        spot = self.below.get(name)
        if spot is None:
            spot = self.below[name] = _Spot(self.subject.within(name))
        return spot
