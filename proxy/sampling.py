"""Sampling that keeps the rare: which records are kept where not all can be, and what each then stands for.

Of every stratum (producer, method and shape of the path, status, consumer, hour) the first `FIRST` are kept,
whatever else comes: rare operations, errors and consumers are never sampled away. Of the rest whole sessions
are kept, all that one consumer does within a slot of ten minutes, so that what is told by order and by values
that flow stays whole. A session is kept where a keyed hash of its consumer and slot falls below the rate p:
no consumer can choose not to be seen, and every sidecar with the same key keeps the same sessions, with a
smaller rate a part of those that a larger one keeps.

A record that was kept with probability q has the weight 1/q (Horvitz & Thompson, JASA 1952): 1 for the first
of a stratum, which are kept for certain, 1/p for the others. The sum of the weights is an unbiased estimate
of the number of records. What was *seen* stays the number of records: evidence is never multiplied.

Pressure halves p at once, at the cost of sessions that are under way. Less pressure doubles it from the next
slot on, so that no session begins in its middle. In a session that is not kept the first of a stratum stand
alone: they show that something occurs, and not what came before or after it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from store.records import UNIDENTIFIED, Exchange, window_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.sink import Record, Sink

FIRST = 20
"""Records kept of each stratum."""

SLOT_NS = 600 * 10**9
"""Length of a session at most: longer than nearly all flows, short enough that rates can change."""

MAX_STRATA = 50_000
"""Strata of an hour, about 5 MB. Where there are more (names in paths that look like words), the path of a
new one no longer counts; where there are twice as many, nothing new is kept for certain."""

MAX_PRESSURE = 10
"""Halvings: down to one session in a thousand of what the policy asks for."""

_SLOTS, _HOURS = 4, 2
"""Kept beside each other, for records that come late."""

_VARIES = re.compile(r"/(?!v\d{1,2}(?:/|$))(?:[^/]*[^A-Za-z/._~-][^/]*|[^/]{25,})")


class Sampler:
    """Says what each record stands for, if it is kept.

    Args:
        key: the deployment's own (`proxy.redaction.key`).
        rate: the share of sessions to keep, above 0 and up to 1.
    """

    def __init__(self, key: bytes, rate: float = 1.0) -> None:
        if not 0 < rate <= 1:
            raise ValueError(f"a rate is above 0 and at most 1, got {rate}")
        self._key = blake2b(key, digest_size=32, person=b"sampling").digest()
        self._policy = rate
        self._slots: dict[int, float] = {}
        self._strata: dict[int, dict[int, int]] = {}
        self.pressure = 0

    @property
    def rate(self) -> float:
        """The share of sessions that is kept now, or from the next slot on."""
        return self._policy * 0.5**self.pressure

    def press(self) -> None:
        """Keep half as many, at once."""
        self.pressure = min(MAX_PRESSURE, self.pressure + 1)
        self._slots = {slot: min(rate, self.rate) for slot, rate in self._slots.items()}

    def relax(self) -> None:
        """Keep twice as many, from the next slot on, but no more than the policy asks for."""
        self.pressure = max(0, self.pressure - 1)

    def weigh(self, record: Record) -> float:
        """How many a record stands for; 0 if it is to be left out. To be asked once for each, in order."""
        at = _instant(record)
        slot = at // SLOT_NS
        rate = self._slots.get(slot)
        if rate is None:
            rate = self._slots[slot] = self.rate
            _forget(self._slots, _SLOTS)
        if rate >= 1 or self._is_first(record, window_of(at)):
            return 1.0
        return 1 / rate if self._draw(_consumer(record), slot) < rate else 0.0

    def _draw(self, consumer: str, slot: int) -> float:
        """A number from 0 to 1, the same for all of a session."""
        text = f"{slot} {consumer}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, key=self._key, digest_size=8).digest()) / 2**64

    def _is_first(self, record: Record, hour: int) -> bool:
        """Whether it is among the first of its stratum; counts it."""
        strata = self._strata.get(hour)
        if strata is None:
            strata = self._strata[hour] = {}
            _forget(self._strata, _HOURS)
        stratum = _stratum(record, whole=True)
        if stratum not in strata and len(strata) >= MAX_STRATA:
            stratum = _stratum(record, whole=False)
            if stratum not in strata and len(strata) >= 2 * MAX_STRATA:
                return False
        seen = strata.get(stratum, 0)
        if seen < FIRST:
            strata[stratum] = seen + 1
        return seen < FIRST


class SampledSink:
    """A sink that takes what is kept of what it is given, with its weight.

    Args:
        sink: where that goes.
        sampler: decides.
        left_out: told of each record that was not kept.
    """

    def __init__(self, sink: Sink, sampler: Sampler, left_out: Callable[[Record], None]) -> None:
        self._sink = sink
        self._sampler = sampler
        self._left_out = left_out

    @property
    def waiting(self) -> int:
        """Records taken and not yet dealt with for good."""
        return self._sink.waiting

    def add(self, record: Record) -> None:
        """Take one, or leave it out."""
        weight = self._sampler.weigh(record)
        if weight == 1:
            self._sink.add(record)
        elif weight:
            self._sink.add(replace(record, weight=weight))
        else:
            self._left_out(record)

    def tick(self) -> None:
        """Do what is due."""
        self._sink.tick()

    def close(self) -> None:
        """Write what waits."""
        self._sink.close()


def shape(path: str) -> str:
    """A path with the segments as `{}` that are no words: coarser than a route, and quick."""
    return _VARIES.sub("/{}", path)


def _stratum(record: Record, *, whole: bool) -> int:
    if isinstance(record, Exchange):
        kind, path = (record.method, record.status), record.path
    else:
        kind, path = (record.type, None), record.channel
    return hash((record.producer, kind, shape(path) if whole else "", _consumer(record)))


def _consumer(record: Record) -> str:
    if isinstance(record, Exchange):
        return record.identity.key
    return (record.consumer or record.publisher or UNIDENTIFIED).key


def _instant(record: Record) -> int:
    if isinstance(record, Exchange):
        return record.started_at
    return record.delivered_at or record.published_at or 0


def _forget(known: dict[int, float] | dict[int, dict[int, int]], most: int) -> None:
    """Drop the oldest."""
    while len(known) > most:
        del known[min(known)]
