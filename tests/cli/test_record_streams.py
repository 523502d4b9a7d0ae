"""HTTP/2, WebSocket, server-sent events and TLS that passes, through the sidecar with real clients."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiohttp
import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from aiohttp import web

from store.records import Outcome
from tests.certificates import Authority
from tests.cli.sidecar import Recorder, numbers
from tests.cli.test_record_lanes import lanes

if TYPE_CHECKING:
    from pathlib import Path


async def streams(context: ssl.SSLContext | None = None) -> web.AppRunner:
    """A service with an echoing WebSocket and a stream of events."""

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=True)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(3):
            await response.write(f'id: {number}\nevent: order.paid\ndata: {{"id":{number}}}\n\n'.encode())
            await asyncio.sleep(0.05)
        return response

    app = web.Application()
    app.add_routes([web.get("/echo/{room}", echo), web.get("/events", events)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner


def test_every_message_of_websockets_and_event_streams_is_recorded(tmp_path: Path) -> None:
    async def talk(url: str) -> None:
        agent = {"User-Agent": "billing/1"}
        async with aiohttp.ClientSession(url, headers=agent) as session:
            for compress in (0, 15):
                async with session.ws_connect("/echo/7", compress=compress) as socket:
                    for word in ("first", "second"):
                        await socket.send_str(word)
                        assert await socket.receive_str(timeout=5) == word.upper()
            async with session.get("/events") as answer:
                assert (await answer.text()).count("order.paid") == 3

    async def main() -> Recorder:
        runner = await streams()
        text = f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{runner.addresses[0][1]}"'
        with lanes(tmp_path, text) as running:
            await talk(f"http://127.0.0.1:{running.port}")
            summary = await asyncio.to_thread(running.end)
        await runner.cleanup()
        assert numbers(summary) == (3, 0)
        assert "11 messages" in summary
        return running

    running = asyncio.run(main())
    exchanges = {one.id: one for one in running.stored()}
    messages = running.messages()
    assert [(one.outcome, one.status) for one in exchanges.values()].count((Outcome.COMPLETE, 101)) == 2
    assert {one.exchange for one in messages} == set(exchanges)
    sent = [one.payload.content for one in messages if one.publisher is not None and one.payload is not None]
    assert sent == [b"first", b"second"] * 2
    got = [one for one in messages if one.consumer is not None]
    assert {one.consumer.key for one in got if one.consumer} == {"user-agent:billing"}
    assert {(one.protocol, one.channel) for one in messages} == {("websocket", "/echo/7"), ("sse", "/events")}
    paid = [one for one in got if one.protocol == "sse"]
    assert [(one.type, one.key, one.payload.content) for one in paid if one.payload] == [
        ("order.paid", str(number), b'{"id":%d}' % number) for number in range(3)
    ]


async def h2_server(context: ssl.SSLContext | None) -> asyncio.Server:
    """Answers every request, by hyper-h2."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    connection.send_headers(
                        event.stream_id, [(":status", "200"), ("content-type", "application/grpc")]
                    )
                    connection.send_data(event.stream_id, b"\0\0\0\0\x02hi")
                    connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
            writer.write(connection.data_to_send())
            await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)


@pytest.mark.parametrize("tls", ["none", "upstream", "both"])
def test_http2_is_recorded(tmp_path: Path, tls: str) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sidecar")

    async def main() -> Recorder:
        server = await h2_server(authority.server_context("h2") if tls != "none" else None)
        port = server.sockets[0].getsockname()[1]
        scheme = "http" if tls == "none" else "https"
        text = f'listen = "127.0.0.1:0"\nupstream = "{scheme}://localhost:{port}"\n'
        if tls == "both":
            text += f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\nalpn = ["h2", "http/1.1"]\n'
        if tls != "none":
            text += f'[lane.upstream_tls]\nca = "{authority.certificate}"\n'
        with lanes(tmp_path, text) as running:
            base = f"{'https' if tls == 'both' else 'http'}://localhost:{running.port}"
            async with httpx.AsyncClient(
                http2=True, http1=False, verify=authority.client_context()
            ) as client:
                answers = await asyncio.gather(
                    *(client.get(f"{base}/orders/{number}") for number in range(5))
                )
            assert {(one.http_version, one.content) for one in answers} == {("HTTP/2", b"\0\0\0\0\x02hi")}
            assert numbers(await asyncio.to_thread(running.end)) == (5, 0)
        server.close()
        return running

    running = asyncio.run(main())
    stored = running.stored()
    assert {(one.protocol, one.status) for one in stored} == {("http/2", 200)}
    assert {one.scheme for one in stored} == {"https" if tls == "both" else "http"}
    assert sorted(one.path for one in stored) == [f"/orders/{number}" for number in range(5)]
    assert {one.response_trailers for one in stored} == {(("grpc-status", "0"),)}
    assert {one.response_body.content for one in stored if one.response_body} == {b"\0\0\0\0\x02hi"}


def test_tls_that_passes_is_counted_and_timed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    async def main() -> Recorder:
        runner = await streams(authority.server_context())
        text = f'listen = "127.0.0.1:0"\nupstream = "tcp://127.0.0.1:{runner.addresses[0][1]}"'
        with lanes(tmp_path, text) as running:
            connector = aiohttp.TCPConnector(ssl=authority.client_context())
            async with aiohttp.ClientSession(connector=connector) as session:
                for _ in range(3):
                    async with session.get(f"https://localhost:{running.port}/events") as answer:
                        assert answer.status == 200
                        await answer.read()
            summary = await asyncio.to_thread(running.end)
        await runner.cleanup()
        assert summary.startswith("1 exchanges recorded, 0 lost")
        return running

    (tunnel,) = asyncio.run(main()).stored()
    assert (tunnel.protocol, tunnel.method, tunnel.authority) == ("tls", "CONNECT", "localhost")
    assert tunnel.duration_ns is not None
    assert tunnel.duration_ns > 150_000_000
