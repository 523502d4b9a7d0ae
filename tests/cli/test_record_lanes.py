"""What a lane can stand between: Unix sockets, TLS, PROXY headers, many workers, replaced configurations."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from proxy.splice.proxy_protocol import Endpoint, Origin, header_for
from tests.certificates import Authority
from tests.cli.sidecar import DEFACTO, ROOT, Recorder, numbers, service

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def lanes(tmp_path: Path, *texts: str, options: tuple[str, ...] = ()) -> Iterator[Recorder]:
    """A recorder with these tables as its lanes."""
    config = tmp_path / "defacto.toml"
    config.write_text("\n".join(f'[[lane]]\nproducer = "orders"\n{text}' for text in texts))
    running = Recorder("--config", str(config), *options, store=tmp_path / "d.db", lanes=len(texts))
    try:
        yield running
    finally:
        running.kill()


async def orders(url: str, count: int = 3, tls: ssl.SSLContext | None = None, unix: str = "") -> None:
    connector = aiohttp.UnixConnector(unix) if unix else aiohttp.TCPConnector(ssl=tls or True)
    async with aiohttp.ClientSession(connector=connector) as client:
        for number in range(count):
            async with client.get(f"{url}/orders/{number}") as answer:
                assert (await answer.json())["id"] == str(number)


def test_unix_sockets_on_both_sides(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.sock", tmp_path / "theirs.sock"

    async def main() -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.json_response({"id": request.match_info["id"]})

        app = web.Application()
        app.add_routes([web.get("/orders/{id}", answer)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, str(theirs)).start()
        await orders("http://orders", unix=str(ours))
        await runner.cleanup()

    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(ours))
    left_behind.close()  # a process that died leaves the file
    with lanes(tmp_path, f'listen = "unix:{ours}"\nupstream = "unix:{theirs}"') as running:
        assert running.addresses == [f"unix:{ours}"]
        asyncio.run(main())
        assert numbers(running.end()) == (3, 0)
    assert not ours.exists()
    assert {one.authority for one in running.stored()} == {"orders"}


def test_tls_ends_at_the_lane_and_certificates_name_the_consumer(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sidecar")
    plain = authority.client_context()
    named = authority.client_context(*authority.issue("billing"))
    spiffe = authority.client_context(*authority.issue("stock", uri="spiffe://shop/stock"))
    with service() as port:
        text = (
            f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\n'
            f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\nclient_ca = "{authority.certificate}"'
        )
        with lanes(tmp_path, text) as running:
            assert running.addresses[0].startswith("https://127.0.0.1:")
            for context in (plain, named, spiffe):
                url = f"https://localhost:{running.port}"
                asyncio.run(orders(url, tls=context))
            with pytest.raises(aiohttp.ClientError):
                asyncio.run(orders(f"http://localhost:{running.port}"))
            assert numbers(running.end()) == (9, 0)
    stored = running.stored()
    assert {(one.identity.basis, one.identity.value, one.identity.verified) for one in stored[3:]} == {
        ("mtls", "CN=billing,O=Shop", True),
        ("mtls", "spiffe://shop/stock", True),
    }
    assert {one.identity.basis for one in stored[:3]} == {"user-agent"}
    assert {one.scheme for one in stored} == {"https"}


def test_a_certificate_can_be_demanded(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sidecar")
    with service() as port:
        text = (
            f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\n'
            f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
            f'client_ca = "{authority.certificate}"\nrequire_client_certificate = true'
        )
        with lanes(tmp_path, text) as running:
            url = f"https://localhost:{running.port}"
            with pytest.raises(aiohttp.ClientError):
                asyncio.run(orders(url, tls=authority.client_context()))
            known = authority.client_context(*authority.issue("billing"))
            asyncio.run(orders(url, tls=known))
            assert numbers(running.end()) == (3, 0)


def test_tls_is_spoken_on_both_sides_and_replaced_certificates_are_taken_up(tmp_path: Path) -> None:
    authority, next_one = Authority(tmp_path), Authority(tmp_path, "another authority")
    certificate, key = authority.issue("sidecar")
    with service(authority.server_context()) as port:
        text = (
            f'listen = "127.0.0.1:0"\nupstream = "https://127.0.0.1:{port}"\n'
            f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
            f'[lane.upstream_tls]\nca = "{authority.certificate}"\nserver_name = "localhost"'
        )
        with lanes(tmp_path, text) as running:
            url = f"https://localhost:{running.port}"
            asyncio.run(orders(url, tls=authority.client_context()))
            next_one.issue("other", file="sidecar")
            trusting = next_one.client_context()
            end = time.monotonic() + 30
            while True:
                try:
                    asyncio.run(orders(url, tls=trusting))
                    break
                except aiohttp.ClientError:
                    assert time.monotonic() < end
                    time.sleep(0.2)
            assert numbers(running.end()) == (6, 0)


def test_proxy_headers_are_taken_in_and_passed_on(tmp_path: Path) -> None:
    seen: list[bytes] = []
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sidecar")

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"Host: h\r\n")  # a header of version 2 holds a blank line
        seen.append(head + await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async def ask(port: int, header: bytes, context: ssl.SSLContext | None = None) -> bytes:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(header)
        name = "localhost" if context is not None else None
        reader, writer = await asyncio.open_connection(sock=client, ssl=context, server_hostname=name)
        writer.write(b"GET /orders/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    async def main() -> str:
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        text = (
            f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\naccept_proxy_protocol = true\n'
            'send_proxy_protocol = "{}"\n'
        )
        tls = f'[lane.tls]\ncertificate = "{certificate}"\nkey = "{key}"'
        origin = Origin(Endpoint("203.0.113.7", 4711), Endpoint("198.51.100.1", 443))
        with lanes(tmp_path, text.format("v1"), text.format("v2") + tls) as running:
            assert b"200 OK" in await ask(running.ports[0], header_for("v2", origin))
            context = authority.client_context()
            assert b"200 OK" in await ask(running.ports[1], header_for("v1", origin), context)
            with pytest.raises(ConnectionResetError):
                await ask(running.ports[0], b"")
            summary = await asyncio.to_thread(running.end)
        assert seen[0].startswith(header_for("v1", origin) + b"GET /orders/1")
        assert seen[1].startswith(header_for("v2", origin) + b"GET /orders/1")
        assert {one.peer for one in running.stored()} == {"203.0.113.7"}
        server.close()
        return summary

    summary = asyncio.run(main())
    assert numbers(summary) == (2, 1)
    assert "malformed 1" in summary


def test_connections_beyond_the_limit_are_reset_and_counted(tmp_path: Path) -> None:
    with service() as port:
        text = f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\nmax_connections = 2'
        with lanes(tmp_path, text) as running:
            open_ones = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(2)]
            for one in open_ones:
                one.sendall(b"GET /orders/1 HTTP/1.1\r\nHost: h\r\n\r\n")
                assert one.recv(1000).startswith(b"HTTP/1.1 200")
            with socket.create_connection(("127.0.0.1", running.port)) as third, suppress(ConnectionError):
                third.sendall(b"GET /orders/1 HTTP/1.1\r\nHost: h\r\n\r\n")
                assert third.recv(1000) == b""
            for one in open_ones:
                one.close()
            time.sleep(0.2)
            asyncio.run(orders(f"http://127.0.0.1:{running.port}"))
            summary = running.end()
    assert numbers(summary) == (5, 0)
    assert "1 beyond the limit of connections" in summary


def test_several_workers_share_the_connections(tmp_path: Path) -> None:
    async def many(port: int) -> None:
        await asyncio.gather(*(orders(f"http://127.0.0.1:{port}") for _ in range(40)))

    with service() as port:
        text = f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"'
        with lanes(tmp_path, text, options=("--workers", "3")) as running:
            asyncio.run(many(running.port))
            assert numbers(running.end()) == (120, 0)
    runs = {one.connection.partition("-")[0] for one in running.stored()}
    assert len(runs) == 3


async def keep_asking(port: int, stop: asyncio.Event) -> int:
    """A client with one kept connection and new ones beside it; how many requests it made, all answered."""
    count = 0
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as kept:
        while not stop.is_set():
            async with kept.get("/orders/1") as answer:
                assert answer.status == 200
            await orders(f"http://127.0.0.1:{port}", 1)
            count += 2
            await asyncio.sleep(0.005)
    return count


@pytest.mark.parametrize("workers", [1, 2])
def test_a_changed_configuration_is_taken_up_without_losing_a_request(tmp_path: Path, workers: int) -> None:
    async def main(running: Recorder, first: str, second: str) -> int:
        config = tmp_path / "defacto.toml"
        stop = asyncio.Event()
        asking = asyncio.create_task(keep_asking(running.port, stop))
        await asyncio.sleep(0.3)
        config.write_text("[[lane]]\nproducer = 7")
        running.send(signal.SIGHUP)
        await asyncio.to_thread(running.line, "the configuration was not taken up: .*lane")
        config.write_text(f'[[lane]]\nproducer = "orders"\n{first}\n[[lane]]\nproducer = "stock"\n{second}')
        running.send(signal.SIGHUP)
        await asyncio.to_thread(running.line, r"listening on \S+ -> \S+ \(stock\)")
        await asyncio.to_thread(running.line, "the configuration was taken up")
        await asyncio.sleep(0.5)
        stop.set()
        return await asking

    with service() as port:
        text = f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\n'
        with lanes(tmp_path, text, options=("--workers", str(workers))) as running:
            count = asyncio.run(main(running, text + "body_limit = 5", text))
            assert numbers(running.end()) == (count, 0)
    truncated = [one.response_body.truncated for one in running.stored() if one.response_body is not None]
    assert set(truncated) == {False, True}


def newest(argument: str) -> int:
    """The process with this argument that is nobody's child in a recorder: the supervisor."""
    found = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if argument.encode() in path.read_bytes().split(b"\0")
    ]
    return min(found)


def test_a_new_program_takes_over_the_ports(tmp_path: Path) -> None:
    async def main(running: Recorder) -> tuple[int, int]:
        stop = asyncio.Event()
        asking = asyncio.create_task(keep_asking(running.port, stop))
        await asyncio.sleep(0.3)
        running.send(signal.SIGUSR2)
        await asyncio.to_thread(running.line, r"listening on \S+ -> ")
        await asyncio.to_thread(running.line, r"exchanges recorded")
        await asyncio.to_thread(running.wait)
        stop.set()
        return await asking, newest(f"{tmp_path}/d.db")

    with service() as port, socket.create_server(("127.0.0.1", 0)) as probe:
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        text = f'listen = "{listen}"\nupstream = "http://127.0.0.1:{port}"'
        with lanes(tmp_path, text) as running:
            count, successor = asyncio.run(main(running))
            assert successor != running.pid
            os.kill(successor, signal.SIGTERM)
            last = running.line(r"^([\d,]+) exchanges recorded, 0 lost")
            assert int(last[1]) > 0
    assert len(running.stored()) == count


def test_sockets_are_inherited_as_systemd_hands_them_over(tmp_path: Path) -> None:
    starter = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); "
        "os.environ['LISTEN_FDS'] = '1'; os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
    )
    with service() as port, socket.create_server(("127.0.0.1", 0)) as listener:
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        client = socket.create_connection(listener.getsockname())  # waits in the backlog
        client.sendall(b"GET /orders/9 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        given = ["--listen", listen, "--upstream", f"http://127.0.0.1:{port}", "--producer", "orders"]
        command = [*DEFACTO[1:], "record", "--store", str(tmp_path / "d.db"), *given]
        with subprocess.Popen(
            [DEFACTO[0], "-c", starter, str(listener.fileno()), *command],
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as process:
            client.settimeout(30)
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=30)
        client.close()
    assert "1 exchanges recorded, 0 lost" in said


def test_files_that_cannot_be_used_for_tls_are_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (certificate, _), (_, key) = authority.issue("one"), authority.issue("other")
    config = tmp_path / "defacto.toml"
    lane = (
        '[[lane]]\nproducer = "orders"\nlisten = "127.0.0.1:0"\nupstream = "http://127.0.0.1:1"\n[lane.tls]\n'
    )
    for given, said in (
        (f'certificate = "{certificate}"\nkey = "{key}"', "key values mismatch"),
        (f'certificate = "{tmp_path}/none.crt"\nkey = "{key}"', "no such file"),
        (f'certificate = "{config}"\nkey = "{key}"', f"cannot use {config} and"),
    ):
        config.write_text(lane + given)
        done = subprocess.run(
            [*DEFACTO, "record", "--config", str(config), "--store", str(tmp_path / "d.db")],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        assert done.returncode == 3
        assert said in done.stderr
