"""The sidecar seen from outside while it works: readiness, metrics, pause and resume, JSON logs."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.sidecar import PATIENCE_S, Recorder, free_port, numbers, recorder, service
from tests.cli.test_record_lanes import lanes, orders
from tests.proxy.admin.collecting import collector, flattened

if TYPE_CHECKING:
    from pathlib import Path


ADMIN = ("--admin", "127.0.0.1:0")


def table(port: int, tmp_path: Path, admin: str = "127.0.0.1:0") -> str:
    (tmp_path / "token").write_text("swordfish\n")
    return (
        f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\n'
        f'[admin]\nlisten = "{admin}"\ntoken_file = "{tmp_path}/token"\n'
    )


def admin_of(running: Recorder) -> str:
    """Its URL: said before the lanes."""
    found = [match[1] for line in running.lines if (match := re.search(r"admin listener on (http\S+)", line))]
    return found[-1]


async def fetched(session: aiohttp.ClientSession, url: str) -> Any:
    end = time.monotonic() + 20
    while True:  # the process needs a moment to start
        try:
            async with session.get(url, headers={"Accept": "application/json"}) as answer:
                text = await answer.text()
                return orjson.loads(text) if answer.content_type == "application/json" else text
        except aiohttp.ClientConnectionError:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)


async def switch(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(url, headers={"Authorization": "Bearer swordfish"}) as answer:
        assert answer.status == 200, await answer.text()


def test_the_sidecar_says_how_it_is_and_pauses(tmp_path: Path) -> None:
    async def main(running: Recorder) -> int:
        url, admin = f"http://127.0.0.1:{running.port}", admin_of(running)
        async with aiohttp.ClientSession() as session:
            assert (await fetched(session, f"{admin}/readyz"))["status"] == "ready"
            await orders(url, 10)
            await switch(session, f"{admin}/v1/capture/pause")
            await asyncio.sleep(2)  # until all forwarders know
            await orders(url, 20)
            running.send(signal.SIGHUP)  # what was paused stays so
            await asyncio.to_thread(running.line, "the configuration was taken up")
            await orders(url, 5)
            assert (await fetched(session, f"{admin}/v1/status"))["paused"] is True
            await switch(session, f"{admin}/v1/capture/resume")
            await asyncio.sleep(2)  # until all forwarders know
            await orders(url, 10)
            text = await fetched(session, f"{admin}/metrics")
        samples = {one.name: one.value for f in text_string_to_metric_families(text) for one in f.samples}
        assert samples["defacto_requests_total"] == 15  # of this configuration
        assert samples["defacto_capture_paused"] == 0
        return 0

    with (
        service() as port,
        lanes(tmp_path, table(port, tmp_path), options=("--admin", "127.0.0.1:0")) as running,
    ):
        asyncio.run(main(running))
        summary = running.end()
    assert numbers(summary) == (20, 25)
    assert "paused 25" in summary


def test_what_is_stored_counts_for_its_lane_where_several_have_one_producer(tmp_path: Path) -> None:
    async def main(admin: str, urls: list[str]) -> list[tuple[int, int]]:
        for url, number in zip(urls, (3, 5), strict=True):
            await orders(url, number)
        end = time.monotonic() + PATIENCE_S
        async with aiohttp.ClientSession() as session:
            while True:
                told = (await fetched(session, f"{admin}/v1/status"))["lanes"]
                if sum(lane["observed"] for lane in told) >= 8 or time.monotonic() > end:
                    return [(lane["requests"], lane["observed"]) for lane in told]
                await asyncio.sleep(0.05)

    ports = free_port(), free_port()
    with service() as upstream:
        tables = (f'listen = "127.0.0.1:{at}"\nupstream = "http://127.0.0.1:{upstream}"\n' for at in ports)
        with lanes(tmp_path, *tables, options=ADMIN) as running:
            urls = [f"http://127.0.0.1:{at}" for at in ports]
            assert asyncio.run(main(admin_of(running), urls)) == [(3, 3), (5, 5)]


def test_a_dead_decoder_is_degraded_and_ready(tmp_path: Path) -> None:
    async def main(running: Recorder) -> None:
        admin = admin_of(running)
        async with aiohttp.ClientSession() as session:
            assert "degraded" not in await fetched(session, f"{admin}/readyz")
            decoder = running.decoder()
            os.kill(decoder, signal.SIGSTOP)
            await orders(f"http://127.0.0.1:{running.port}", 5)
            assert (await fetched(session, f"{admin}/readyz"))["status"] == "ready"
            os.kill(decoder, signal.SIGKILL)
            await orders(f"http://127.0.0.1:{running.port}", 5)

    with (
        service() as port,
        lanes(tmp_path, table(port, tmp_path), options=("--admin", "127.0.0.1:0")) as running,
    ):
        asyncio.run(main(running))
        running.end()


def test_metrics_go_to_a_collector_without_a_listener_and_a_dead_one_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    with collector() as (url, taking), service() as port:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
        with recorder(tmp_path, port) as running:
            asyncio.run(orders(f"http://127.0.0.1:{running.port}", 7))
            while True:
                sent = flattened(taking.got.get(timeout=PATIENCE_S))
                seen = {value for (name, _), value in sent.items() if name == "defacto_requests_total"}
                if seen == {7}:
                    break
            running.end()
        assert not any("admin listener on" in line for line in running.lines)
    dead = f'otlp = "http://127.0.0.1:{free_port()}"\n'
    with service() as port, lanes(tmp_path, table(port, tmp_path) + dead) as running:
        asyncio.run(orders(f"http://127.0.0.1:{running.port}", 7))
        assert numbers(running.end()) == (7, 0)


def test_a_default_port_that_is_taken_is_a_warning_and_another_an_error(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    with service() as port, socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        given = ("--listen", listen, "--upstream", f"http://127.0.0.1:{port}", "--producer", "orders")
        running = Recorder(*given, "--admin", place, store=tmp_path / "d.db", lanes=0)
        try:
            running.line(f"error: cannot listen on {place}")
        finally:
            running.kill()


def test_logs_may_be_json(tmp_path: Path) -> None:
    with service() as port:
        given = ("--listen", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{port}", "--producer", "orders")
        running = Recorder(*given, "--log-format", "json", store=tmp_path / "d.db", lanes=0)
        try:
            running.line("listening on")
            said = orjson.loads(running.lines[-1])
            assert said["process"] == "supervisor"
            assert said["message"].startswith("listening on 127.0.0.1:")
            assert orjson.loads(running.end())["message"].startswith("0 exchanges recorded")
        finally:
            running.kill()
