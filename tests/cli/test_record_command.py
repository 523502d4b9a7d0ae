"""`defacto record` as people run it: a process between real clients and a real server."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import aiohttp
import pytest

from store.records import Outcome
from store.store import Store
from tests.certificates import Authority
from tests.cli.sidecar import DEFACTO, PATIENCE_S, ROOT, Recorder, free_port, numbers, recorder, service


async def traffic(port: int) -> int:
    """Clients of several kinds at once; the number of exchanges they had."""
    base = f"http://127.0.0.1:{port}"

    async def client(name: str) -> int:
        async with aiohttp.ClientSession(base, headers={"User-Agent": f"{name}/1.0"}) as session:
            for number in range(10):
                async with session.get(f"/orders/{number}", params={"expand": "items"}) as answer:
                    assert (await answer.json())["status"] == "paid"
                async with session.post("/orders", data=b"y" * 70_000) as answer:
                    assert await answer.json() == {"bytes": 70_000}
                async with session.get("/stream") as answer:
                    assert len(await answer.read()) == 3000
                async with session.head("/orders/1") as answer:
                    assert answer.status == 200
        return 40

    return sum(await asyncio.gather(*(client(f"client-{letter}") for letter in "abc")))


def test_all_exchanges_are_stored_and_summed_up(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        count = asyncio.run(traffic(running.port))
        summary = running.end()
    assert summary.startswith(f"{count} exchanges recorded, 0 lost, ")
    stored = running.stored()
    assert len(stored) == count
    assert {one.outcome for one in stored} == {Outcome.COMPLETE}
    assert {one.identity.key for one in stored} == {f"user-agent:client-{letter}" for letter in "abc"}
    posts = [one for one in stored if one.method == "POST"]
    assert {(one.status, one.request_body and one.request_body.size) for one in posts} == {(201, 70_000)}
    assert {one.query for one in stored if one.path == "/orders/3"} == {"expand=items"}
    assert {one.response_body for one in stored if one.method == "HEAD"} == {None}
    assert all(one.duration_ns and one.wait_ns and one.duration_ns >= one.wait_ns for one in stored)
    assert list(tmp_path.glob("defacto-*")) == []


def test_a_killed_decoder_fails_no_request_and_its_loss_is_counted(tmp_path: Path) -> None:
    async def ask(port: int, killed: asyncio.Event, again: asyncio.Event) -> int:
        count = 0
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            while count < 400 or not again.is_set():
                async with session.get(f"/orders/{count}") as answer:
                    assert answer.status == 200
                    await answer.read()
                count += 1
                if count == 200:
                    killed.set()
                await asyncio.sleep(0.001)
            for _ in range(50):
                async with session.get("/orders/last") as answer:
                    assert answer.status == 200
        return count + 50

    async def main(running: Recorder) -> int:
        killed, again = asyncio.Event(), asyncio.Event()
        asking = asyncio.create_task(ask(running.port, killed, again))
        await killed.wait()
        first = running.decoder()
        os.kill(first, signal.SIGKILL)
        await asyncio.to_thread(running.line, r"the decoder ended \(signal SIGKILL\), starting it again")
        await asyncio.sleep(4)  # it starts and connects
        again.set()
        return await asking

    with service() as port, recorder(tmp_path, port) as running:
        count = asyncio.run(main(running))
        summary = running.end()
    stored, lost = numbers(summary)
    assert stored == len(running.stored())
    assert stored + lost == count
    assert lost > 0
    assert re.search(r"decoder-d(own|ied) ", summary)
    assert sum(one.path == "/orders/last" for one in running.stored()) > 0
    with Store.open(str(running.store)) as store:
        assert sum(store.capture().lost.values()) == lost


def test_exchanges_under_way_are_waited_for(tmp_path: Path) -> None:
    async def main(running: Recorder) -> str:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as session:
            asking = asyncio.create_task(session.get("/slow"))
            await asyncio.sleep(0.2)
            ending = asyncio.create_task(asyncio.to_thread(running.end, signal.SIGINT))
            async with await asking as answer:
                assert await answer.text() == "done"
            return await ending

    with service() as port, recorder(tmp_path, port) as running:
        assert asyncio.run(main(running)).startswith("1 exchanges recorded, 0 lost")


def test_what_is_wrong_with_the_traffic_is_counted_and_the_rest_recorded(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        for data in (b"\x00\x03\x01\x02\x00", b"nonsense\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", running.port)) as client:
                client.sendall(data)
                client.settimeout(5)
                while client.recv(1000):
                    pass
        asyncio.run(traffic(running.port))
        summary = running.end()
    assert numbers(summary)[0] == 120
    assert "other-protocol 1" in summary
    assert "malformed 1" in summary


def test_unreachable_upstream_is_a_warning_and_clients_are_refused(tmp_path: Path) -> None:
    with recorder(tmp_path, free_port()) as running:
        running.line("warning: http://.* cannot be reached .connection refused.")
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.settimeout(5)
            with pytest.raises(ConnectionResetError):
                assert client.recv(10) != b""
        assert "1 refused by the upstream" in running.end()


def fails(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [*DEFACTO, "record", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


def test_taken_port_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        code, text = fails(
            "--listen",
            listen,
            "--upstream",
            "http://127.0.0.1:1",
            "--producer",
            "p",
            "--store",
            str(tmp_path / "d.db"),
        )
    assert code == 3
    assert text.startswith(f"error: cannot listen on {listen}: address already in use")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "Give --listen, --upstream and --producer, or a --config"),
        (["--listen", "127.0.0.1:0"], 2, "--upstream and --producer must be given too"),
        (["--listen", "8080", "--upstream", "http://h", "--producer", "p"], 2, "must be HOST:PORT"),
        (["--listen", "h:1", "--upstream", "ftp://h", "--producer", "p"], 2, "one of the schemes http"),
        (["--listen", "127.0.0.1:0", "--upstream", "http://h/api", "--producer", "p"], 3, "has a path"),
    ],
)
def test_wrong_use_says_what_is_wrong(tmp_path: Path, options: list[str], code: int, message: str) -> None:
    got, text = fails(*options, "--store", str(tmp_path / "d.db"))
    assert got == code
    assert message in text


def test_lanes_come_from_the_configuration(tmp_path: Path) -> None:
    with service() as port:
        config = tmp_path / "defacto.toml"
        lane = (
            '[[lane]]\nproducer = "{}"\nlisten = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{}"\n'
            "body_limit = 10\n"
        )
        config.write_text(lane.format("orders", port) + lane.format("stock", port))
        running = Recorder("--config", str(config), store=tmp_path / "c.db", lanes=2)
        try:
            for listener in running.ports:
                asyncio.run(traffic(listener))
            assert numbers(running.end()) == (240, 0)
        finally:
            running.kill()
    stored = running.stored()
    assert {name: sum(one.producer == name for one in stored) for name in ("orders", "stock")} == {
        "orders": 120, "stock": 120,
    }  # fmt: skip
    assert {one.request_body.truncated for one in stored if one.request_body is not None} == {True}


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with service() as port, recorder(tmp_path, port) as running:
        pid = running._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(children) >= 2
        running.kill()
        end = time.monotonic() + 30
        while any(alive(child) for child in children):
            assert time.monotonic() < end
            time.sleep(0.1)


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    with (
        service() as port,
        recorder(tmp_path, port, "--drain", "600") as running,
        socket.create_connection(("127.0.0.1", running.port)) as client,
    ):
        client.sendall(b"POST /orders HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
        time.sleep(0.3)
        running._process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running._process.poll() is None
        running._process.send_signal(signal.SIGTERM)
        running._process.wait(timeout=30)


def test_tls_is_spoken_to_an_https_upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    context = authority.server_context()

    async def main(running: Recorder) -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as session:
            for _ in range(3):
                async with session.get("/orders/1") as answer:
                    assert (await answer.json())["id"] == "1"

    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with service(context) as port:
        upstream = f"https://localhost:{port}"
        running = Recorder(
            "--listen", "127.0.0.1:0", "--upstream", upstream, "--producer", "orders", store=tmp_path / "d.db"
        )
        try:
            asyncio.run(main(running))
            assert running.end().startswith("3 exchanges recorded, 0 lost")
        finally:
            running.kill()
