"""The intercept lane: mitmproxy in front of real servers, and the same session through both lanes."""

from __future__ import annotations

import asyncio
import re
import ssl
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from store.records import Exchange, Lane, Outcome
from tests.certificates import Authority
from tests.cli.sidecar import Recorder, free_port, numbers
from tests.cli.test_record_streams import streams

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("mitmproxy", reason="mitmproxy is not installed")


def intercepting(
    tmp_path: Path, upstream: str, *more: str, mode: str = "reverse", producer: str = "orders"
) -> Recorder:
    config = tmp_path / "intercept.toml"
    config.write_text(
        f'[[lane]]\nlane = "intercept"\nproducer = "{producer}"\nmode = "{mode}"\n'
        f'listen = "127.0.0.1:{free_port()}"\nupstream = "{upstream}"\nca_dir = "{tmp_path}/ca"\n'
        + "\n".join(more)
    )
    return Recorder("--config", str(config), store=tmp_path / "i.db")


async def shop() -> web.AppRunner:
    async def order(request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "status": "paid"})

    async def take(request: web.Request) -> web.Response:
        return web.json_response({"bytes": len(await request.read())}, status=201)

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b"x" * 100_000)
        return response

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        if request.transport is not None:
            request.transport.abort()
        return response

    app = web.Application(client_max_size=1 << 24)
    app.add_routes(
        [
            web.get("/orders/{id}", order),
            web.post("/orders", take),
            web.get("/large", large),
            web.get("/slow", slow),
            web.get("/broken", broken),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def session(url: str) -> None:
    headers = {"User-Agent": "billing/2", "X-Trace": "a b", "Host": "orders.internal"}
    async with aiohttp.ClientSession(url, headers=headers) as client:
        for number in range(3):
            async with client.get(f"/orders/{number}?expand=items&q=a%20b") as answer:
                assert answer.status == 200
        async with client.post("/orders", json={"items": [1, 2]}) as answer:
            assert answer.status == 201
        async with client.post("/orders", data=b"y" * 70_000) as answer:
            assert answer.status == 201
        async with client.head("/orders/9") as answer:
            assert answer.status == 200
        async with client.get("/nothing") as answer:
            assert answer.status == 404


def comparable(exchange: Exchange) -> Exchange:
    """Without what differs by nature: ids, times, connection, lane."""
    return replace(
        exchange,
        id="",
        lane=Lane.SPLICE,
        source="",
        started_at=0,
        request_ns=None,
        wait_ns=None,
        duration_ns=None,
        connection="",
    )


def test_the_same_session_gives_the_same_observations_in_both_lanes(tmp_path: Path) -> None:
    async def main() -> tuple[Recorder, Recorder]:
        runner = await shop()
        upstream = f"http://127.0.0.1:{runner.addresses[0][1]}"
        given = ("--listen", "127.0.0.1:0", "--upstream", upstream, "--producer", "orders")
        splice, intercept = Recorder(*given, store=tmp_path / "s.db"), intercepting(tmp_path, upstream)
        try:
            for running in (splice, intercept):
                await session(f"http://127.0.0.1:{running.port}")
                assert numbers(await asyncio.to_thread(running.end)) == (7, 0)
        finally:
            splice.kill()
            intercept.kill()
        await runner.cleanup()
        return splice, intercept

    splice, intercept = asyncio.run(main())
    ours, theirs = ([comparable(one) for one in lane.stored()] for lane in (splice, intercept))
    dates = [("date", "")]
    for one, other in zip(ours, theirs, strict=True):
        assert undated(one, dates) == undated(other, dates)
    assert {one.lane for one in intercept.stored()} == {Lane.INTERCEPT}
    assert all(one.duration_ns and one.wait_ns for one in intercept.stored())


def undated(exchange: Exchange, dates: list[tuple[str, str]]) -> Exchange:
    kept = [(name, "" if name == "date" else value) for name, value in exchange.response_headers]
    assert dates[0] in kept
    return replace(exchange, response_headers=tuple(kept))


def test_messages_pass_at_once_and_are_recorded(tmp_path: Path) -> None:
    async def main() -> Recorder:
        runner = await streams()
        running = intercepting(tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as client:
                async with client.ws_connect("/echo/7") as socket:
                    for word in ("first", "second"):
                        await socket.send_str(word)
                        assert await socket.receive_str(timeout=5) == word.upper()
                async with client.get("/events") as answer:
                    first = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 5)
                    assert b"order.paid" in first
                    await answer.read()
            summary = await asyncio.to_thread(running.end)
        finally:
            running.kill()
        await runner.cleanup()
        assert numbers(summary) == (2, 0)
        assert "7 messages" in summary
        return running

    running = asyncio.run(main())
    exchanges = {one.id: one.path for one in running.stored()}
    messages = running.messages()
    assert {exchanges[one.exchange] for one in messages} == {"/echo/7", "/events"}
    assert [one.payload.content for one in messages if one.payload][:4] == [
        b"first", b"FIRST", b"second", b"SECOND"
    ]  # fmt: skip


def test_large_bodies_stream_and_broken_ones_are_told(tmp_path: Path) -> None:
    async def main() -> Recorder:
        runner = await shop()
        running = intercepting(tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}", "body_limit = 1000")
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as client:
                async with client.get("/large") as answer:
                    size = 0
                    async for piece in answer.content.iter_any():
                        size += len(piece)
                assert size == 20_000_000
                with pytest.raises(aiohttp.ClientError):
                    async with client.get("/broken") as answer:
                        await answer.read()
                with pytest.raises(TimeoutError):
                    await client.get("/slow", timeout=aiohttp.ClientTimeout(total=0.5))
                await asyncio.sleep(0.3)
            assert numbers(await asyncio.to_thread(running.end)) == (3, 0)
        finally:
            running.kill()
        await runner.cleanup()
        return running

    stored = {one.path: one for one in asyncio.run(main()).stored()}
    body = stored["/large"].response_body
    assert body is not None
    assert (len(body.content), body.size, body.truncated) == (1000, 20_000_000, True)
    assert stored["/broken"].outcome is Outcome.SERVER_CLOSED
    assert stored["/slow"].outcome is Outcome.CLIENT_CLOSED


def test_tls_is_opened_for_clients_that_trust_the_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def main() -> Recorder:
        runner = await streams(authority.server_context())
        port = runner.addresses[0][1]
        tls = f'[lane.upstream_tls]\nca = "{authority.certificate}"'
        running = intercepting(tmp_path, f"https://localhost:{port}", tls, mode="regular", producer="*")
        try:
            folder = tmp_path / "ca"
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            context = ssl.create_default_context(cafile=folder / "mitmproxy-ca-cert.pem")
            async with (
                aiohttp.ClientSession() as client,
                client.get(
                    f"https://localhost:{port}/events", proxy=f"http://127.0.0.1:{running.port}", ssl=context
                ) as answer,
            ):
                assert answer.status == 200
                await answer.read()
            assert numbers(await asyncio.to_thread(running.end)) == (1, 0)
        finally:
            running.kill()
        await runner.cleanup()
        return running

    running = asyncio.run(main())
    (exchange,) = running.stored()
    assert (exchange.producer, exchange.scheme, exchange.path) == ("localhost", "https", "/events")
    assert len(running.messages()) == 3


def test_an_authority_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir(mode=0o755)
    (tmp_path / "ca").chmod(0o755)
    config = tmp_path / "i.toml"
    config.write_text(
        '[[lane]]\nlane = "intercept"\nproducer = "orders"\nlisten = "127.0.0.1:1"\nmode = "regular"\n'
        f'ca_dir = "{tmp_path}/ca"\n'
    )
    running = Recorder("--config", str(config), store=tmp_path / "i.db", lanes=0)
    try:
        assert running.line(r"error: others can read (\S+),")[1] == str(tmp_path / "ca")
        assert re.search("chmod", running.line("chmod -R go=")[0])
    finally:
        running.kill()
