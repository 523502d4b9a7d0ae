"""The counters as Prometheus metrics, named as its best practices ask: base units, `_total` for counters.

`docs/operating.md` tells what each means and what to be alarmed by.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from proxy.admin.state import processes
from proxy.counters import ADDED_BOUNDS_NS, LOSSES, Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.admin.state import LaneSeen, State
    from proxy.counters import Counters

_PER_LANE = {
    "defacto_connections": (Counter.CONNECTIONS, "Connections accepted."),
    "defacto_refused": (Counter.REFUSED, "Connections whose upstream could not be reached."),
    "defacto_rejected": (Counter.REJECTED, "Connections reset because the lane had max_connections of them."),
    "defacto_requests": (Counter.REQUESTS, "Requests that passed, observed or not; of brokers, connections."),
    "defacto_observed": (Counter.OBSERVED, "Exchanges stored."),
    "defacto_messages": (Counter.MESSAGES, "Messages stored: of brokers, WebSocket, server-sent events."),
    "defacto_sampled_out": (Counter.SAMPLED_OUT, "Exchanges left out by sampling; weights stand for them."),
}
_LANE = ("producer", "listen")


class StateCollector:
    """What prometheus_client asks at every scrape."""

    def __init__(self, state: State, version: str) -> None:
        self._state = state
        self._version = version

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        yield InfoMetricFamily("defacto", "The program.", value={"version": self._version})
        now = self._state.now()
        if now is None:
            return
        counters, lanes = now
        yield from _lane_metrics(counters, lanes)
        yield from _capture_metrics(counters)
        yield from _process_metrics(counters)


def registry(state: State, version: str) -> CollectorRegistry:
    """Ours and nothing else: the admin process's own numbers are of no use to anybody."""
    made = CollectorRegistry(auto_describe=False)
    made.register(StateCollector(state, version))
    return made


def _lane_metrics(counters: Counters, lanes: tuple[LaneSeen, ...]) -> Iterator[Metric]:
    for name, (counter, text) in _PER_LANE.items():
        family = CounterMetricFamily(name, text, labels=_LANE)
        for index, lane in enumerate(lanes):
            family.add_metric((lane.producer, lane.listen), counters.total(counter, index))
        yield family
    lost = CounterMetricFamily(
        "defacto_lost", "Requests that passed and were not observed, by reason.", labels=(*_LANE, "reason")
    )
    for index, lane in enumerate(lanes):
        for counter in LOSSES:
            lost.add_metric((lane.producer, lane.listen, counter.reason), counters.total(counter, index))
    yield lost


def _capture_metrics(counters: Counters) -> Iterator[Metric]:
    queue = GaugeMetricFamily("defacto_queue_bytes", "Copies that wait for the decoder.", labels=("worker",))
    added = HistogramMetricFamily(
        "defacto_added_latency_seconds",
        "How long bytes stay in the forwarding process, of one read in 64.",
        labels=("worker",),
    )
    for worker in range(counters.workers):
        gauges = counters.worker_gauges(worker)
        queue.add_metric((str(worker),), gauges[Gauge.QUEUE_BYTES])
        added.add_metric((str(worker),), _buckets(counters, worker), gauges[Gauge.ADDED_NS] / 1e9)
    yield queue
    yield added
    decoder = counters.decoder_gauges
    waiting, stored = decoder[Gauge.WAITING_SINCE], decoder[Gauge.LAST_STORED_AT]
    yield GaugeMetricFamily(
        "defacto_store_lag_seconds",
        "Age of the oldest record that waits for the store.",
        value=(time_ns() - waiting) / 1e9 if waiting else 0,
    )
    yield GaugeMetricFamily(
        "defacto_last_stored_timestamp_seconds",
        "When the store last took a batch; 0: never.",
        value=stored / 1e9,
    )
    yield GaugeMetricFamily(
        "defacto_capture_paused",
        "1 while capture is paused.",
        value=counters.control[Gauge.PAUSED],
    )


def _buckets(counters: Counters, worker: int) -> list[tuple[str, float]]:
    """Cumulative, as Prometheus has them, the last without a bound."""
    counts = counters.added(worker)
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound_ns, count in zip(ADDED_BOUNDS_NS, counts, strict=False):
        total += count
        buckets.append((repr(bound_ns / 1e9), total))
    return [*buckets, ("+Inf", total + counts[len(ADDED_BOUNDS_NS)])]


def _process_metrics(counters: Counters) -> Iterator[Metric]:
    label = ("process",)
    cpu = CounterMetricFamily("defacto_process_cpu_seconds", "Processor time used.", labels=label)
    memory = GaugeMetricFamily("defacto_process_resident_memory_bytes", "Resident memory.", labels=label)
    files = GaugeMetricFamily("defacto_process_open_fds", "Open file descriptors.", labels=label)
    for process in processes(counters):
        cpu.add_metric((process.name,), process.cpu_s)
        memory.add_metric((process.name,), process.rss_bytes)
        files.add_metric((process.name,), process.files)
    yield from (cpu, memory, files)
