"""An OpenTelemetry collector for tests, and what it was sent as Prometheus would show it."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Collector:
    """What an OpenTelemetry collector does: takes `POST /v1/metrics`, with a status that can be chosen."""

    def __init__(self) -> None:
        self.got: Queue[Any] = Queue()
        self.heads: list[dict[str, str]] = []
        self.paths: set[str] = set()
        self.status = 200
        self.refused = threading.Event()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if handler.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.paths.add(handler.path)
        self.heads.append({name.lower(): value for name, value in handler.headers.items()})
        handler.send_response(self.status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        if self.status == 200:
            self.got.put(_parsed(body))
        else:
            self.refused.set()


@contextmanager
def collector() -> Iterator[tuple[str, Collector]]:
    taking = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taking.take(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", taking
        server.shutdown()
        thread.join()


def points(request: Any) -> dict[str, Any]:
    (resource,) = request.resource_metrics
    (scope,) = resource.scope_metrics
    return {metric.name: metric for metric in scope.metrics}


def labels(point: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.key, one.value.string_value) for one in point.attributes))


def number(point: Any) -> float:
    value: float = getattr(point, point.WhichOneof("value"))
    return value


def flattened(request: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """As Prometheus has it."""
    out = {}
    for name, metric in points(request).items():
        kind = metric.WhichOneof("data")
        for point in getattr(metric, kind).data_points:
            if kind == "histogram":
                out[f"{name}_count", labels(point)] = point.count
                out[f"{name}_sum", labels(point)] = point.sum
                total = 0
                for bound, count in zip([*point.explicit_bounds, "+Inf"], point.bucket_counts, strict=True):
                    total += count
                    key = (("le", str(bound)), *labels(point))
                    out[f"{name}_bucket", tuple(sorted(key))] = total
            else:
                out[name, labels(point)] = number(point)
    return out


def _parsed(body: bytes) -> Any:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (  # noqa: PLC0415 - an extra
        ExportMetricsServiceRequest,
    )

    return ExportMetricsServiceRequest.FromString(body)
