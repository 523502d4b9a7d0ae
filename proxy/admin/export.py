"""Metrics sent to an OpenTelemetry collector, from a thread of the admin process.

Asked for by the standard environment variables or by `[admin] otlp`. A collector that is slow, gone or
wrong costs this thread its time and nobody anything else; it is told once when sending begins to fail, and
once when it goes again.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from importlib.util import find_spec
from threading import Event, Thread
from time import time_ns
from typing import TYPE_CHECKING

from proxy.admin.metrics import StateCollector
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.metrics.export import MetricExporter

    from proxy.admin.state import State


INTERVAL_MS = 60_000
"""Between two exports where `OTEL_METRIC_EXPORT_INTERVAL` does not say."""
LAST_S = 1.0
"""So long the end of the process waits for a last export."""
METRICS_PATH = "/v1/metrics"
"""Behind a collector's base URL (OTLP 1.x, "OTLP/HTTP Request")."""

_INTERVAL = re.compile(r"0*[1-9][0-9]{0,8}")
"""Eleven days at most: a thread cannot wait for ever."""
_INSTALL = "Install it with: pip install 'defacto[otel]'"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is sent where.

    `endpoint` is the whole URL, `""` leaves it to the exporter, which reads the environment. `problem` says
    why nothing can be sent although it is asked for.
    """

    endpoint: str = ""
    interval_ms: int = INTERVAL_MS
    problem: str = ""


def export_asked(configured: str, environment: Mapping[str, str]) -> Export | None:
    """What is asked for; None: nothing.

    The environment may be set for a whole machine or pod, so what cannot be done for its sake is told and no
    more; what the configuration says is meant.

    Args:
        configured: a collector's base URL, `""`: the configuration says nothing.
        environment: the process's variables (OpenTelemetry, "Environment Variable Specification").

    Raises:
        DefactoError: the configuration asks for it, and the library is not installed.
    """
    interval_ms, problem = _interval(environment)
    if configured:
        if not _installed():
            raise DefactoError("`[admin] otlp` needs the OpenTelemetry SDK, which is not installed", _INSTALL)
        url = configured.rstrip("/") + METRICS_PATH
        return Export(endpoint=url, interval_ms=interval_ms, problem=problem)
    if not _set_up(environment):
        return None
    protocol = _of_signal(environment, "PROTOCOL") or "http/protobuf"
    if protocol != "http/protobuf":
        problem = (
            f"the environment asks for OTLP by {protocol}, and only http/protobuf is spoken here: set "
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
        )
    elif not _installed():
        problem = f"the OpenTelemetry SDK is not installed. {_INSTALL}"
    return Export(interval_ms=interval_ms, problem=problem)


class ExportThread(Thread):
    """Sends the metrics of the recorder at work, again and again, until it is told to end.

    Args:
        state: the recorder at work; nobody else may read it, since it is not made for two threads.
        version: defacto's.
        export: where to.
    """

    def __init__(self, state: State, version: str, export: Export) -> None:
        super().__init__(name="export", daemon=True)  # the end of the process waits for no collector
        self._state = state
        self._version = version
        self._export = export
        self._ending = Event()
        self._heard = _Heard()
        self._exporter: MetricExporter | None = None
        self._failing = False

    def end(self) -> None:
        """Send a last time, if the collector was there the last time, and end."""
        self._ending.set()
        self.join(LAST_S)
        if self.is_alive() and self._exporter is not None:
            self._exporter.shutdown()  # it may be waiting to try again

    def run(self) -> None:
        """The thread."""
        try:
            self._loop()
        except Exception:  # noqa: BLE001 - whatever the library makes of the environment, the listener goes on
            _log.exception("metrics are not exported any more")

    def _loop(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - an extra, slow
            OTLPMetricExporter,
        )

        from proxy.admin import otlp  # noqa: PLC0415 - needs the extra

        exporter = self._exporter = OTLPMetricExporter(endpoint=self._export.endpoint or None)
        collector = StateCollector(self._state, self._version)
        sender = otlp.resource(self._version)
        last = False
        while not last:
            last = self._ending.wait(self._export.interval_ms / 1000)
            if not (last and self._failing):
                families = list(collector.collect())
                sent = exporter.export(otlp.metrics_data(families, sender, self._state.since_ns, time_ns()))
                self._tell(failed=sent.name != "SUCCESS")
        exporter.shutdown()

    def _tell(self, *, failed: bool) -> None:
        if failed and not self._failing:
            _log.warning("metrics could not be exported, which is tried again: %s", self._heard.last)
        elif self._failing and not failed:
            _log.warning("metrics are exported again")
        self._failing = failed


class _Heard(logging.Handler):
    """The last word of the OpenTelemetry packages, which would repeat it with every attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.last = "the collector did not take them"
        theirs = logging.getLogger("opentelemetry")
        theirs.handlers, theirs.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.getMessage()


def _set_up(environment: Mapping[str, str]) -> bool:
    exporters = environment.get("OTEL_METRICS_EXPORTER") or "otlp"
    return (
        bool(_of_signal(environment, "ENDPOINT"))
        and environment.get("OTEL_SDK_DISABLED", "").lower() != "true"
        and "otlp" in [name.strip() for name in exporters.split(",")]
    )


def _of_signal(environment: Mapping[str, str], name: str) -> str:
    """A variable for metrics, or the one for all signals."""
    return environment.get(f"OTEL_EXPORTER_OTLP_METRICS_{name}") or environment.get(
        f"OTEL_EXPORTER_OTLP_{name}", ""
    )


def _interval(environment: Mapping[str, str]) -> tuple[int, str]:
    given = environment.get("OTEL_METRIC_EXPORT_INTERVAL", "").strip() or str(INTERVAL_MS)
    if _INTERVAL.fullmatch(given):
        return int(given), ""
    return INTERVAL_MS, f"OTEL_METRIC_EXPORT_INTERVAL is a number of milliseconds, got {given[:40]!r}"


def _installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # not even the packages around it
        return False
