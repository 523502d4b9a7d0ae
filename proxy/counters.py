"""Counters that several processes read and each process writes its own of: a small file, mapped into memory.

A table of unsigned 64-bit slots, a row for each (writer, lane), a column for each `Counter`. A row has one
writer, so nothing is locked, and an aligned slot of eight bytes is read whole. The file outlives every
process that writes it, so that a count survives `kill -9`.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from enum import IntEnum, auto
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Counter(IntEnum):
    """The columns. From `QUEUE_FULL` on they count loss: requests not observed, by reason."""

    CONNECTIONS = 0
    """Connections accepted."""
    REFUSED = auto()
    """Connections whose upstream could not be reached."""
    REJECTED = auto()
    """Connections that were reset because the lane had as many as it may have."""
    REQUESTS = auto()
    """Requests that seemed to begin, copied or not."""
    COPIED = auto()
    """Of those, the ones handed to the decoder."""
    SETTLED = auto()
    """Of those, the ones that the decoder has dealt with for good: stored, or counted as lost."""
    GIVEN_UP = auto()
    """Of the copied, how many there were when a decoder died: what it had not settled is counted as lost."""
    OBSERVED = auto()
    """Exchanges stored."""
    MESSAGES = auto()
    """Messages stored."""
    SAMPLED_OUT = auto()
    """Exchanges that sampling left out; those that were kept in their place carry their weight."""
    QUEUE_FULL = auto()
    """The decoder was slower than the traffic, and its queue had no room."""
    DECODER_DOWN = auto()
    """No decoder was running."""
    DECODER_DIED = auto()
    """Copied, and then the decoder died before it was stored."""
    DECODER_ERROR = auto()
    """Our own fault: an exception while the connection was decoded or the exchange recorded."""
    OTHER_PROTOCOL = auto()
    """The connection began in another protocol."""
    MALFORMED = auto()
    """Bytes that break the protocol, or a head that ended in its middle."""
    TOO_LARGE = auto()
    """A head longer than the limit, or more bytes under way on all connections than are kept."""
    TOO_MANY = auto()
    """More connections, or more unanswered requests on one, than are tracked."""
    UNSYNCHRONISED = auto()
    """After a gap, or on a connection older than the decoder, request and response could not be told apart
    safely."""
    STORE_UNAVAILABLE = auto()
    """The store could not be written for so long that the memory for waiting exchanges was used up."""
    SHUTDOWN = auto()
    """The recorder was told to end before everything copied was decoded."""
    PACKETS_MISSING = auto()
    """Of a connection in a capture of packets, not all were captured."""
    PAUSED = auto()
    """Somebody paused the capture."""
    CPU_BUDGET = auto()
    """The decoder had used the processor time that it may use."""
    MEMORY_BUDGET = auto()
    """The decoder had as much memory as it may have."""
    DISK_BUDGET = auto()
    """The store was as large as it may be."""

    @property
    def reason(self) -> str:
        """The counter's name in reports: `queue-full`."""
        return self.name.lower().replace("_", "-")


class Gauge(IntEnum):
    """What each process of the recorder says of itself, and in the control row what it is told."""

    PID = 0
    SERVING = auto()
    """1 from when it does its work."""
    QUEUE_BYTES = auto()
    """Copies that wait for the decoder (forwarders)."""
    LAST_STORED_AT = auto()
    """When the store last took a batch, Unix ns (the decoder)."""
    WAITING_SINCE = auto()
    """When the oldest record that waits for the store came, Unix ns; 0: none waits (the decoder)."""
    PAUSED = auto()
    """1: nothing is to be captured (the control row)."""
    ADDED_NS = auto()
    """Sum of the added latencies that were measured (forwarders)."""


ADDED_BOUNDS_NS = tuple(1000 << power for power in range(21))
"""Upper bounds of the histogram of added latency: from 1 µs, doubled up to about a second. One more bucket
counts what is above."""

LOSSES = tuple(counter for counter in Counter if counter >= Counter.QUEUE_FULL)

Row = memoryview
"""The slots of one (writer, lane): `row[Counter.COPIED] += 1`."""

_HEADER = Struct("=8sQQ")
_MAGIC = b"dfcount2"
_SLOT_BYTES = 8
_GAUGE_COLUMNS = len(Gauge) + len(ADDED_BOUNDS_NS) + 1


def _rows(workers: int, lanes: int) -> int:
    return (2 * workers + 1) * lanes


class Counters:
    """The mapped table.

    Writers, for n workers: `forwarder(i)` is worker i, `decoder(i)` the decoder speaking of worker i's
    connections, and `persisted` the decoder again: how much of each loss is already in the store. Gauges
    have a row for each process: workers, then the decoder, then the control row, which is written from
    outside.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        magic, self.workers, self.lanes = _HEADER.unpack_from(self._map)
        if magic != _MAGIC:
            raise ValueError(f"{path} is no counter file")
        self._slots = memoryview(self._map)[_HEADER.size :].cast("Q")
        self._gauges_at = _rows(self.workers, self.lanes) * len(Counter)

    @classmethod
    def create(cls, path: Path, *, workers: int, lanes: int) -> Counters:
        """A new file with every counter at zero."""
        slots = _rows(workers, lanes) * len(Counter) + (workers + 2) * _GAUGE_COLUMNS
        path.write_bytes(_HEADER.pack(_MAGIC, workers, lanes) + bytes(slots * _SLOT_BYTES))
        return cls(path)

    def forwarder(self, worker: int, lane: int) -> Row:
        """Written by a forwarder worker."""
        return self._row(worker, lane)

    def decoder(self, worker: int, lane: int) -> Row:
        """Written by the decoder, about one worker's connections."""
        return self._row(self.workers + worker, lane)

    def persisted(self, lane: int) -> Row:
        """Written by the decoder: losses that the store knows of."""
        return self._row(2 * self.workers, lane)

    def worker_gauges(self, worker: int) -> Row:
        """Written by a forwarder worker. The histogram of added latency follows the gauges (`added`)."""
        return self._gauges(worker)

    @property
    def decoder_gauges(self) -> Row:
        """Written by the decoder."""
        return self._gauges(self.workers)

    @property
    def control(self) -> Row:
        """Written from outside."""
        return self._gauges(self.workers + 1)

    def added(self, worker: int) -> Row:
        """A worker's histogram of added latency: how many of the sampled reads fell into each bucket."""
        return self._gauges(worker)[len(Gauge) :]

    def total(self, counter: Counter, lane: int | None = None) -> int:
        """The sum over all processes, of one lane or of all."""
        lanes = range(self.lanes) if lane is None else (lane,)
        return sum(self._row(writer, at)[counter] for writer in range(2 * self.workers) for at in lanes)

    def unsettled(self, worker: int, lane: int) -> int:
        """How many requests were copied, and neither stored nor counted as lost."""
        forwarder = self.forwarder(worker, lane)
        settled = max(self.decoder(worker, lane)[Counter.SETTLED], forwarder[Counter.GIVEN_UP])
        return max(0, forwarder[Counter.COPIED] - settled)

    def lost(self, lane: int | None = None) -> Mapping[Counter, int]:
        """What was lost, by reason, without the reasons that never occurred."""
        return {counter: total for counter in LOSSES if (total := self.total(counter, lane))}

    def close(self) -> None:
        """Unmap; rows that were given out must no longer be used."""
        self._slots.release()
        with suppress(BufferError):  # a row is still held; the mapping ends with the process
            self._map.close()

    def _gauges(self, process: int) -> Row:
        start = self._gauges_at + process * _GAUGE_COLUMNS
        return self._slots[start : start + _GAUGE_COLUMNS]

    def _row(self, writer: int, lane: int) -> Row:
        start = (writer * self.lanes + lane) * len(Counter)
        return self._slots[start : start + len(Counter)]
