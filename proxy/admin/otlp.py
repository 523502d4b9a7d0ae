"""The figures of `/metrics` as OpenTelemetry has them, ready to be sent.

They are made of what Prometheus is given, so that the two cannot differ: the same names, the same labels as
attributes. A counter is a monotonic sum, cumulative since the configuration at work began (OpenTelemetry,
"Prometheus and OpenMetrics Compatibility"). The version is the resource's, as the convention for services
has it.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric as Family
    from prometheus_client.samples import Sample

_UNITS = {"_seconds": "s", "_bytes": "By"}
"""UCUM, by how Prometheus' names end."""
_CUMULATIVE = AggregationTemporality.CUMULATIVE


def resource(version: str) -> Resource:
    """Who sends: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` count more than what we say ourselves."""
    host = socket.gethostname()
    ours = {
        "service.name": "defacto",
        "service.version": version,
        "service.instance.id": host,
        "host.name": host,
    }
    return Resource(ours).merge(OTELResourceDetector().detect())


def metrics_data(families: Iterable[Family], sender: Resource, since_ns: int, at_ns: int) -> MetricsData:
    """All metrics of one moment.

    Args:
        families: as a Prometheus collector gives them.
        sender: whose they are.
        since_ns: when the counters began at zero, Unix ns.
        at_ns: the moment, Unix ns.
    """
    metrics = [made for family in families for made in _metric(family, since_ns, at_ns)]
    scope = ScopeMetrics(InstrumentationScope("defacto"), metrics, "")
    return MetricsData([ResourceMetrics(sender, [scope], sender.schema_url)])


def _metric(family: Family, since_ns: int, at_ns: int) -> Iterator[Metric]:
    unit = next((unit for suffix, unit in _UNITS.items() if family.name.endswith(suffix)), "")
    match family.type:
        case "counter":
            total = Sum(_numbers(family, since_ns, at_ns), _CUMULATIVE, is_monotonic=True)
            yield Metric(f"{family.name}_total", family.documentation, unit, total)
        case "gauge":
            yield Metric(family.name, family.documentation, unit, Gauge(_numbers(family, 0, at_ns)))
        case "histogram":
            points = [_distribution(one, since_ns, at_ns) for one in _by_labels(family.samples)]
            yield Metric(family.name, family.documentation, unit, Histogram(points, _CUMULATIVE))


def _numbers(family: Family, since_ns: int, at_ns: int) -> list[NumberDataPoint]:
    return [NumberDataPoint(dict(one.labels), since_ns, at_ns, one.value) for one in family.samples]


def _by_labels(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """The samples of one histogram at a time: those whose labels are the same but for the bound."""
    found: dict[tuple[tuple[str, str], ...], list[Sample]] = {}
    for one in samples:
        key = tuple(sorted((name, value) for name, value in one.labels.items() if name != "le"))
        found.setdefault(key, []).append(one)
    yield from found.values()


def _distribution(samples: list[Sample], since_ns: int, at_ns: int) -> HistogramDataPoint:
    """A histogram: Prometheus counts what is at most a bound, OpenTelemetry what is between two."""
    buckets = sorted((float(one.labels["le"]), int(one.value)) for one in samples if "le" in one.labels)
    totals = [count for _, count in buckets]
    return HistogramDataPoint(
        attributes={name: value for name, value in samples[0].labels.items() if name != "le"},
        start_time_unix_nano=since_ns,
        time_unix_nano=at_ns,
        count=totals[-1],
        sum=next(one.value for one in samples if one.name.endswith("_sum")),
        bucket_counts=[here - before for before, here in zip([0, *totals], totals, strict=False)],
        explicit_bounds=[bound for bound, _ in buckets[:-1]],
        min=None,  # type: ignore[arg-type]  # nobody counted it, and the field may be missing
        max=None,  # type: ignore[arg-type]
    )
