"""Value flow: a value that a consumer received comes back in what it sends, so the field is used.

For every specific value of a consumer the summary keeps where the consumer received it, first when, and
where it sent it. Whether the value flowed is decided when the claims are made: it did if it was
received before it was ever sent. So the summary needs no order: merging takes the earlier receipts and adds
up the uses, and a value that is received in one window and sent in the next is found when the two are
merged.

Bounded by coordinated sampling (bottom-k: Cohen & Kaplan, PODC 2007): of all values only those with the
`MAX_VALUES` smallest hashes are kept. The same values are kept in every part of the traffic, so a receipt
and its return are kept or left out together, the counts are those of an unbiased sample, and the result
does not depend on the order or on the partitioning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from xxhash import xxh3_64_intdigest

from inference import carried
from inference.specificity import bits_of, is_day
from inference.tally import Tally
from inference.thresholds import SPECIFIC_BITS

if TYPE_CHECKING:
    from inference.observation import Observation

MAX_VALUES = 8_192
"""Values remembered for each consumer and window, about 2 MB."""

MAX_SOURCES = 8
"""Places remembered at which one value was received."""

MAX_USES = 16
"""Places remembered to which one value was sent."""

Place = tuple[str, str]
"""A route and a subject.

Path segments are `request.path.INDEX`; a link that was followed is `request.target`.
"""

Spot = tuple[str, str, str]
"""A place, and the form that a value had there (`inference/forms.py`), `""` for its own."""


def hash_of(folded: str) -> int:
    """The hash of a text in small letters."""
    return xxh3_64_intdigest(folded.encode("utf-8", "surrogatepass"))


class Trace:
    """The way of one value: where it was received, first when (Unix ns), and all that was sent, by place."""

    __slots__ = ("bits", "sources", "uses")

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.sources: dict[Spot, int] = {}
        self.uses: dict[Spot, Tally] = {}

    def receive(self, place: Spot, at: int) -> None:
        """Note a receipt. Of too many places those that came first stay, whatever the order of receipts."""
        first = self.sources.get(place)
        if first is not None and first <= at:
            return
        self.sources[place] = at
        if len(self.sources) > MAX_SOURCES:
            del self.sources[max(self.sources, key=lambda known: (self.sources[known], known))]

    def send(self, place: Spot, at: int, example: str) -> None:
        """Note a use. Of too many places those that come first by name stay, whatever the order of uses."""
        self.uses.setdefault(place, Tally()).add(at, example)
        if len(self.uses) > MAX_USES:
            del self.uses[max(self.uses)]

    def merge(self, other: Trace) -> None:
        """Take the earlier receipts, add up the uses."""
        for place, at in other.sources.items():
            self.receive(place, at)
        for place, tally in other.uses.items():
            self.uses.setdefault(place, Tally()).merge(tally)
        for place in sorted(self.uses)[MAX_USES:]:
            del self.uses[place]

    @property
    def flowed(self) -> bool:
        """Whether the consumer learned the value from an answer: it received it before it ever sent it."""
        if not self.sources or not self.uses:
            return False
        return min(self.sources.values()) <= min(tally.first for tally in self.uses.values())


class Flows:
    """The traces of one consumer's values, by hash of the value.

    Args:
        ceiling: values from this hash on are not looked at: the ceiling of the part that this one continues.
    """

    family: ClassVar[str] = "flow"

    def __init__(self, ceiling: int = 1 << 64) -> None:
        self.traces: dict[int, Trace] = {}
        self.ceiling = ceiling

    def successor(self) -> Flows:
        """Empty traces of the same sample."""
        return Flows(self.ceiling)

    def observe(self, observation: Observation) -> None:
        """Fold in one exchange: what it sent, then what it brought."""
        route, at, id_ = observation.route, observation.at, observation.exchange.id
        for text, subject, form in carried.sent(observation):
            trace = self._trace(text)
            if trace is not None:
                trace.send((route, subject, form), at, id_)
        at = observation.received_at
        for text, subject, form in carried.received(observation):
            trace = self._trace(text)
            if trace is not None:
                trace.receive((route, subject, form), at)
        if len(self.traces) > 2 * MAX_VALUES:
            self._shrink()

    def _trace(self, text: str) -> Trace | None:
        """The trace of a value; None if it is not specific, or not among the sample.

        Case does not count: an id that comes in capitals is at times sent in small letters.
        """
        folded = text.lower()
        digest = xxh3_64_intdigest(folded.encode("utf-8", "surrogatepass"))
        if digest >= self.ceiling:
            return None
        trace = self.traces.get(digest)
        if trace is None:
            bits = bits_of(folded)
            if bits < SPECIFIC_BITS and not is_day(folded):
                return None
            trace = self.traces[digest] = Trace(bits)
        return trace

    def _shrink(self) -> None:
        """Keep the smallest hashes, and from now on look at no larger one."""
        if len(self.traces) <= MAX_VALUES:
            return
        ordered = sorted(self.traces)
        self.ceiling = min(self.ceiling, ordered[MAX_VALUES - 1] + 1)
        for digest in ordered[MAX_VALUES:]:
            del self.traces[digest]

    def merge(self, other: Flows) -> None:
        """Merge the traces, and keep the smallest hashes of both.

        What is here already is walked only where the other lowers the ceiling: many parts become one in turn.
        """
        if other.ceiling < self.ceiling:
            self.ceiling = other.ceiling
            self.traces = {digest: trace for digest, trace in self.traces.items() if digest < self.ceiling}
        for digest, trace in other.traces.items():
            if digest < self.ceiling:
                mine = self.traces.get(digest)
                if mine is None:
                    mine = self.traces[digest] = Trace(trace.bits)
                mine.merge(trace)
        self._shrink()

    def state(self) -> Any:
        """The serial form: the ceiling, a table of places, and the traces that point into it."""
        self._shrink()
        table: dict[Spot, int] = {}

        def number(place: Spot) -> int:
            return table.setdefault(place, len(table))

        traces = [
            [
                digest,
                trace.bits,
                [[number(place), at] for place, at in sorted(trace.sources.items())],
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
        places: list[Spot] = [(route, subject, form) for route, subject, form in table]
        for digest, bits, sources, uses in traces:
            trace = self.traces[digest] = Trace(bits)
            trace.sources = {places[index]: at for index, at in sources}
            trace.uses = {places[index]: Tally.from_state(tally) for index, *tally in uses}
        return self
