"""Metrics by OTLP: what a collector gets, what asks for it, and that no collector can do harm."""

from __future__ import annotations

import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.admin import export
from proxy.admin.export import Export, ExportThread, export_asked
from proxy.admin.state import State
from proxy.counters import Counter, Gauge
from store.errors import DefactoError
from tests.proxy.admin.collecting import collector, flattened, labels, points
from tests.proxy.admin.test_app import LANES, Runtime, get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the otel extra is not installed")

from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

SOON_S = 20


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    made = Runtime(tmp_path)
    made.serve()
    return made


@contextmanager
def exporting(runtime: Runtime, url: str, interval_ms: int = 20) -> Iterator[ExportThread]:
    settings = Export(endpoint=url and f"{url}/v1/metrics", interval_ms=interval_ms)
    thread = ExportThread(State(runtime.folder), "1.2", settings)
    thread.start()
    yield thread
    thread.end()


def test_the_collector_gets_the_figures_of_metrics(runtime: Runtime) -> None:
    counters = runtime.counters
    counters.forwarder(0, 0)[Counter.REQUESTS] = 5
    counters.decoder(0, 1)[Counter.STORE_UNAVAILABLE] = 7
    counters.worker_gauges(1)[Gauge.QUEUE_BYTES] = 99
    counters.added(0)[0], counters.added(0)[3], counters.added(0)[21] = 2, 1, 4
    counters.worker_gauges(0)[Gauge.ADDED_NS] = 3_000_000_000
    counters.decoder_gauges[Gauge.LAST_STORED_AT] = 1_500_000_000
    with collector() as (url, taking), exporting(runtime, url):
        request = taking.got.get(timeout=SOON_S)
        assert taking.paths == {"/v1/metrics"}
    text = get(runtime, "/metrics")[2]
    told = {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    sent = flattened(request)
    told = {key: value for key, value in told.items() if key[0] != "defacto_info"}
    assert sent.keys() == told.keys()
    still = [key for key in told if not key[0].startswith("defacto_process_")]
    assert {key: sent[key] for key in still} == {key: told[key] for key in still}
    assert told["defacto_requests_total", (("listen", LANES[0].listen), ("producer", "orders"))] == 5


def test_counters_are_cumulative_sums_since_the_configuration_began(runtime: Runtime) -> None:
    with collector() as (url, taking), exporting(runtime, url):
        metrics = points(taking.got.get(timeout=SOON_S))
    requests, queue = metrics["defacto_requests_total"], metrics["defacto_queue_bytes"]
    assert requests.sum.is_monotonic
    cumulative = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    assert requests.sum.aggregation_temporality == cumulative
    assert metrics["defacto_added_latency_seconds"].histogram.aggregation_temporality == cumulative
    described = runtime.folder / "first" / "lanes.json"
    assert {one.start_time_unix_nano for one in requests.sum.data_points} == {described.stat().st_mtime_ns}
    assert (queue.WhichOneof("data"), queue.unit) == ("gauge", "By")
    assert metrics["defacto_process_cpu_seconds_total"].unit == "s"


def test_the_environment_names_the_service_and_what_to_send_with(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=staging,service.version=9")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "sidecar-of-orders")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20swordfish")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with collector() as (url, taking):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with exporting(runtime, ""):
            request = taking.got.get(timeout=SOON_S)
        assert taking.heads[0]["authorization"] == "Bearer swordfish"
        assert taking.paths == {"/v1/metrics"}
    attributes = dict(labels(request.resource_metrics[0].resource))
    assert attributes["service.name"] == "sidecar-of-orders"
    assert attributes["service.version"] == "9"
    assert attributes["deployment.environment"] == "staging"
    assert attributes["host.name"]


def test_what_happened_last_is_sent_at_the_end(runtime: Runtime) -> None:
    with collector() as (url, taking):
        with exporting(runtime, url, interval_ms=3_600_000):
            runtime.counters.forwarder(0, 0)[Counter.REQUESTS] = 5
        request = taking.got.get(timeout=SOON_S)
    orders = (("listen", LANES[0].listen), ("producer", "orders"))
    assert flattened(request)["defacto_requests_total", orders] == 5


def test_a_collector_that_comes_late_is_told_about_twice_and_served(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    with collector() as (url, taking):
        taking.status = 400  # a status that is not tried again at once
        with caplog.at_level(logging.WARNING), exporting(runtime, url):
            for _ in range(3):
                assert taking.refused.wait(SOON_S)
                taking.refused.clear()
            taking.status = 200
            assert taking.got.get(timeout=SOON_S)
            assert taking.got.get(timeout=SOON_S)
    told = [one.getMessage() for one in caplog.records]
    assert len(told) == 2, told
    assert told[0].startswith("metrics could not be exported, which is tried again: ")
    assert "400" in told[0]
    assert told[1] == "metrics are exported again"


@pytest.mark.parametrize("silent", [False, True], ids=["dead", "silent"])
def test_no_collector_holds_up_the_end(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    monkeypatch.setattr(export, "LAST_S", 0.1)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if silent:
            deaf.listen()
        with exporting(runtime, f"http://127.0.0.1:{deaf.getsockname()[1]}", 1) as thread:
            if silent:
                connection, _ = deaf.accept()  # it has begun
                connection.close()
        assert thread.daemon
    thread.join(SOON_S)
    assert not thread.is_alive()


def test_without_a_generation_nothing_breaks(tmp_path: Path) -> None:
    empty = Runtime.__new__(Runtime)
    empty.folder = tmp_path
    with collector() as (url, taking), exporting(empty, url):
        assert not points(taking.got.get(timeout=SOON_S))


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"},
        ENDPOINT | {"OTEL_METRICS_EXPORTER": "none"},
        ENDPOINT | {"OTEL_METRICS_EXPORTER": "prometheus, console"},
    ],
)
def test_what_does_not_ask_for_it(environment: dict[str, str]) -> None:
    assert export_asked("", environment) is None


@pytest.mark.parametrize(
    "environment",
    [
        ENDPOINT,
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318/v1/metrics"},
        ENDPOINT | {"OTEL_METRICS_EXPORTER": "console,otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        ENDPOINT
        | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf"},
    ],
)
def test_what_asks_for_it(environment: dict[str, str]) -> None:
    assert export_asked("", environment) == Export()


def test_the_configuration_says_where_to_and_how_often_the_environment() -> None:
    environment = {"OTEL_METRIC_EXPORT_INTERVAL": "500", "OTEL_SDK_DISABLED": "true"}
    asked = export_asked("http://c:4318/", environment)
    assert asked == Export(endpoint="http://c:4318/v1/metrics", interval_ms=500)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "by grpc, and only http/protobuf"),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "a minute"}, "milliseconds, got 'a minute'"),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "0"}, "milliseconds, got '0'"),
        ({"OTEL_METRIC_EXPORT_INTERVAL": "9" * 5000}, "milliseconds, got '999"),
    ],
)
def test_what_cannot_be_done_is_said(environment: dict[str, str], said: str) -> None:
    asked = export_asked("", ENDPOINT | environment)
    assert asked is not None
    assert said in asked.problem


def test_without_the_extra_the_environment_is_a_warning_and_the_configuration_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(export, "find_spec", nowhere)
    asked = export_asked("", ENDPOINT)
    assert asked is not None
    assert "pip install 'defacto[otel]'" in asked.problem
    with pytest.raises(DefactoError, match="not installed") as refused:
        export_asked("http://c:4318", {})
    assert "defacto[otel]" in refused.value.hint
