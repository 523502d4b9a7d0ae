"""The admin pages, asked by a real client, over real counters."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from proxy.admin.app import is_local, make_app
from proxy.admin.state import LaneSeen, State, point_at
from proxy.counters import Counter, Counters, Gauge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOKEN = "swordfish"
LANES = (LaneSeen("orders", "127.0.0.1:80", "http://a"), LaneSeen('st"o\\ck\n', "unix:/x", "http://b"))


class Runtime:
    """A supervisor's directory with one generation in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counters = self.generation("first")

    def generation(self, name: str) -> Counters:
        folder = self.folder / name
        folder.mkdir()
        counters = Counters.create(folder / "counters", workers=2, lanes=2)
        point_at(self.folder, folder, LANES)
        return counters

    def serve(self) -> None:
        for gauges in (*map(self.counters.worker_gauges, range(2)), self.counters.decoder_gauges):
            gauges[Gauge.PID], gauges[Gauge.SERVING] = os.getpid(), 1


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(tmp_path)


def asked(
    runtime: Runtime,
    ask: Callable[[aiohttp.ClientSession], Awaitable[Any]],
    *,
    token: str = TOKEN,
    loopback: bool = True,
) -> Any:
    async def main() -> Any:
        app = make_app(State(runtime.folder), token=token, version="1.2", loopback=loopback)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            answer = await ask(session)
        await runner.cleanup()
        return answer

    return asyncio.run(main())


def get(runtime: Runtime, path: str, *, loopback: bool = True, **headers: str) -> tuple[int, str, str]:
    async def ask(session: aiohttp.ClientSession) -> tuple[int, str, str]:
        async with session.get(path, headers=headers) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            return answer.status, answer.content_type, await answer.text()

    got: tuple[int, str, str] = asked(runtime, ask, loopback=loopback)
    return got


def switched(runtime: Runtime, word: str, authorization: str = "", *, token: str = TOKEN) -> tuple[int, Any]:
    async def ask(session: aiohttp.ClientSession) -> tuple[int, Any]:
        headers = {"Authorization": authorization} if authorization else {}
        async with session.post(f"/v1/capture/{word}", headers=headers) as answer:
            return answer.status, await answer.json()

    got: tuple[int, Any] = asked(runtime, ask, token=token)
    return got


def test_health_is_that_it_answers(runtime: Runtime) -> None:
    assert get(runtime, "/healthz") == (200, "text/plain", "ok\n")
    assert get(runtime, "/healthz", Accept="application/json") == (200, "application/json", '{"status":"ok"}')


def test_ready_is_that_every_forwarder_accepts(runtime: Runtime) -> None:
    assert get(runtime, "/readyz")[0] == 503
    assert "forwarder 1 does not accept" in get(runtime, "/readyz")[2]
    runtime.serve()
    assert get(runtime, "/readyz") == (200, "text/plain", "ready\n")
    runtime.counters.decoder_gauges[Gauge.PID] = 2**22 + 1  # beyond what Linux gives
    status, _, text = get(runtime, "/readyz")
    assert (status, text) == (200, "ready\ndegraded: the decoder is not running: nothing is captured\n")
    runtime.counters.worker_gauges(1)[Gauge.PID] = 2**22 + 1
    assert get(runtime, "/readyz")[0] == 503


def test_before_the_start_nothing_is_ready_and_metrics_are_few(tmp_path: Path) -> None:
    empty = Runtime.__new__(Runtime)
    empty.folder = tmp_path
    assert get(empty, "/readyz")[0] == 503
    assert 'defacto_info{version="1.2"} 1.0' in get(empty, "/metrics")[2]
    assert switched(empty, "pause", f"Bearer {TOKEN}")[0] == 503


def test_metrics_are_what_was_counted(runtime: Runtime) -> None:
    counters = runtime.counters
    runtime.serve()
    counters.forwarder(0, 0)[Counter.REQUESTS] = 5
    counters.forwarder(1, 0)[Counter.REQUESTS] = 6
    counters.decoder(0, 1)[Counter.STORE_UNAVAILABLE] = 7
    counters.worker_gauges(1)[Gauge.QUEUE_BYTES] = 99
    counters.added(0)[0], counters.added(0)[3], counters.added(0)[21] = 2, 1, 4
    counters.worker_gauges(0)[Gauge.ADDED_NS] = 3_000_000_000
    counters.decoder_gauges[Gauge.LAST_STORED_AT] = 1_500_000_000
    text = get(runtime, "/metrics")[2]
    samples = {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    orders = (("listen", "127.0.0.1:80"), ("producer", "orders"))
    assert samples["defacto_requests_total", orders] == 11
    stock = (("listen", "unix:/x"), ("producer", LANES[1].producer), ("reason", "store-unavailable"))
    assert samples["defacto_lost_total", stock] == 7
    assert samples["defacto_queue_bytes", (("worker", "1"),)] == 99
    bucket = "defacto_added_latency_seconds_bucket"
    assert samples[bucket, (("le", "1e-06"), ("worker", "0"))] == 2
    assert samples[bucket, (("le", "8e-06"), ("worker", "0"))] == 3
    assert samples[bucket, (("le", "+Inf"), ("worker", "0"))] == 7
    assert samples["defacto_added_latency_seconds_count", (("worker", "0"),)] == 7
    assert samples["defacto_added_latency_seconds_sum", (("worker", "0"),)] == 3
    assert samples["defacto_last_stored_timestamp_seconds", ()] == 1.5
    assert samples["defacto_store_lag_seconds", ()] == 0
    assert samples["defacto_process_resident_memory_bytes", (("process", "decoder"),)] > 1e6


def test_metrics_come_as_openmetrics_where_they_are_asked_for(runtime: Runtime) -> None:
    _, kind, text = get(runtime, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert kind == "application/openmetrics-text"
    names = {family.name for family in openmetrics.text_string_to_metric_families(text)}
    assert {"defacto_requests", "defacto_lost", "defacto_added_latency_seconds"} <= names


def test_capture_is_switched_by_whoever_has_the_token(runtime: Runtime) -> None:
    assert switched(runtime, "pause")[0] == 401
    assert switched(runtime, "pause", "Basic abc")[0] == 401
    assert switched(runtime, "pause", "Bearer marlin")[0] == 403
    assert switched(runtime, "pause", "Bearer \udcff")[0] == 403
    assert runtime.counters.control[Gauge.PAUSED] == 0
    assert switched(runtime, "pause", f"Bearer {TOKEN}") == (200, {"paused": True})
    assert runtime.counters.control[Gauge.PAUSED] == 1
    assert "capture is paused" in get(runtime, "/readyz")[2]
    assert switched(runtime, "resume", f"bearer {TOKEN}") == (200, {"paused": False})
    assert runtime.counters.control[Gauge.PAUSED] == 0
    status, said = switched(runtime, "pause", f"Bearer {TOKEN}", token="")
    assert status == 403
    assert "token_file" in said["error"]


def test_a_new_generation_is_found(runtime: Runtime) -> None:
    async def ask(session: aiohttp.ClientSession) -> list[int]:
        seen = []
        for name in ("", "second"):
            if name:
                runtime.generation(name).forwarder(0, 0)[Counter.REQUESTS] = 8
            async with session.get("/v1/status") as answer:
                seen.append((await answer.json())["lanes"][0]["requests"])
        return seen

    runtime.counters.forwarder(0, 0)[Counter.REQUESTS] = 3
    assert asked(runtime, ask) == [3, 8]


def test_on_loopback_requests_for_other_hosts_are_refused(runtime: Runtime) -> None:
    assert get(runtime, "/metrics", Host="evil.example:9901")[0] == 403
    assert get(runtime, "/metrics", Host="localhost:9901")[0] == 200
    assert get(runtime, "/metrics", Host="[::1]:9901")[0] == 200
    assert get(runtime, "/healthz", loopback=False, Host="10.0.0.1:9901")[0] == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("localhost.evil", False),
        ("127.0.0.1.nip.io", False),
        ("", False),
    ],
)
def test_local_hosts(host: str, local: bool) -> None:
    assert is_local(host) is local
