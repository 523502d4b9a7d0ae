"""`defacto record` before a NATS server whose TLS begins inside of the connection."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest

from tests.certificates import Authority
from tests.cli.sidecar import Recorder, free_port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from store.records import Message

nats = pytest.importorskip("nats", reason="nats-py is not installed")

SERVER = shutil.which("nats-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="nats-server is not installed")


class Server:
    """A NATS server that demands TLS, with JetStream."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.certificate, self.key = self.authority.issue("localhost")
        self.client: ssl.SSLContext = self.authority.client_context()
        self.port = free_port()
        self._folder = folder
        self.start()

    def start(self) -> None:
        tls = ("--tls", "--tlscert", str(self.certificate), "--tlskey", str(self.key))
        where = ("-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder / "streams"))
        known = ("--user", "api", "--pass", "hush-password")
        assert SERVER is not None
        self._process = subprocess.Popen([SERVER, *where, *tls, *known], stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if b"Server is ready" in line:
                return
        raise AssertionError("the server has ended")

    def stop(self) -> None:
        with self._process:
            self._process.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("nats"))
    yield running
    running.stop()


@contextmanager
def recording(tmp_path: Path, server: Server, *tables: str) -> Iterator[Recorder]:
    """A lane before it, with these tables of its configuration."""
    known = {
        "lane.tls": f'certificate = "{server.certificate}"\nkey = "{server.key}"',
        "lane.upstream_tls": f'ca = "{server.authority.certificate}"',
    }
    lane = f'[[lane]]\nproducer = "e"\nlisten = "127.0.0.1:0"\nupstream = "nats://localhost:{server.port}"\n'
    (tmp_path / "defacto.toml").write_text(lane + "\n".join(f"[{table}]\n{known[table]}" for table in tables))
    running = Recorder("--config", str(tmp_path / "defacto.toml"), store=tmp_path / "e.db")
    try:
        yield running
    finally:
        running.kill()


class Heard(NamedTuple):
    """What clients were given."""

    secured: bool
    delivered: list[bytes]
    answered: bytes
    stored: list[int]
    pulled: list[bytes]


async def connected(port: int, tls: ssl.SSLContext | None, name: str, **more: object) -> Any:
    return await nats.connect(
        f"nats://localhost:{port}", tls=tls, name=name, user="api", password="hush-password", **more
    )


async def talk(port: int, tls: ssl.SSLContext | None, name: str) -> Heard:
    """Publish and subscribe, ask and answer, and a stream with acknowledgements."""
    api = await connected(port, tls, "api")
    biller = await connected(port, tls, "biller-1")
    secured = bool(api._server_info.get("tls_required", False))
    subscription = await biller.subscribe(f"{name}.created", queue="billing")

    async def answer(message: Any) -> None:
        await message.respond(b'{"paid": true}')

    await biller.subscribe(f"{name}.ask", cb=answer)
    await biller.flush()
    await api.publish(f"{name}.created", b'{"order_id": "ord_1"}')
    await api.publish(f"{name}.created", b'{"text": "' + b"x" * 300_000 + b'"}')
    delivered = [(await subscription.next_msg(5)).data for _ in range(2)]
    answered = (await api.request(f"{name}.ask", b"{}", timeout=5)).data
    stream = api.jetstream()
    await stream.add_stream(name=name, subjects=[f"{name}.kept"], storage="memory")
    stored = [(await stream.publish(f"{name}.kept", b'{"n": %d}' % number)).seq for number in range(3)]
    pulling = await biller.jetstream().pull_subscribe(f"{name}.kept", durable="ledger")
    pulled = await pulling.fetch(3, timeout=5)
    for message in pulled:
        await message.ack_sync()
    await stream.delete_stream(name)
    for client in (api, biller):
        await client.close()
    return Heard(secured, delivered, answered, stored, [message.data for message in pulled])


@pytest.mark.parametrize("ours", [True, False], ids=["tls", "in the clear"])
def test_clients_cannot_tell_and_what_they_say_is_recorded(
    tmp_path: Path, server: Server, ours: bool
) -> None:
    """The lane ends its clients' TLS, or lets them come in the clear to a server that demands it."""
    name = f"t{uuid4().hex[:8]}"
    tables = ("lane.tls", "lane.upstream_tls") if ours else ("lane.upstream_tls",)

    async def main() -> Recorder:
        direct = await talk(server.port, server.client, name)
        with recording(tmp_path, server, *tables) as running:
            heard = await talk(running.port, server.client if ours else None, name)
            assert heard == direct._replace(secured=ours)
            assert " 0 lost, 2 connections" in running.end()
            return running

    messages = asyncio.run(main()).messages()
    on = {part: [one for one in messages if one.channel == f"{name}.{part}"] for part in ("created", "kept")}
    published, delivered = parts(on["created"])
    assert len(published) == len(delivered) == 2
    assert {one.consumer.value for one in delivered if one.consumer} == {"billing"}
    assert {one.publisher.value for one in delivered if one.publisher} == {"api"}
    published, delivered = parts(on["kept"])
    assert [(one.sequence, one.acknowledgement) for one in published] == [(1, "ack"), (2, "ack"), (3, "ack")]
    assert [(one.sequence, one.acknowledgement) for one in delivered] == [(1, "ack"), (2, "ack"), (3, "ack")]
    assert {one.consumer.value for one in delivered if one.consumer} == {"ledger"}
    for file in tmp_path.glob("e.db*"):
        assert b"hush" not in file.read_bytes()


def parts(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """What was published, and what was delivered."""
    return [one for one in messages if one.consumer is None], [one for one in messages if one.consumer]


def test_clients_come_back_after_the_server_was_gone(tmp_path: Path) -> None:
    server = Server(tmp_path)
    back = asyncio.Event()

    async def returned() -> None:
        back.set()

    async def main() -> Recorder:
        with recording(tmp_path, server, "lane.tls", "lane.upstream_tls") as running:
            client = await connected(
                running.port, server.client, "api", reconnect_time_wait=0.1, reconnected_cb=returned
            )
            subscription = await client.subscribe("orders")
            for number in (b"1", b"2"):
                await client.publish("orders", number)
                assert (await subscription.next_msg(5)).data == number
                if number == b"1":
                    server.stop()
                    server.start()
                    await asyncio.wait_for(back.wait(), 20)
            await client.close()
            running.end()
            return running

    try:
        messages = asyncio.run(main()).messages()
    finally:
        server.stop()
    assert len(messages) == 4
    assert len({one.publisher.value for one in messages if one.publisher}) == 1


def test_another_client_library(tmp_path: Path, server: Server) -> None:
    natsio = pytest.importorskip("natsio.client", reason="natsio is not installed")
    tls = pytest.importorskip("natsio.client.config").TLSConfig(ssl=server.client)

    async def main() -> Recorder:
        with recording(tmp_path, server, "lane.tls", "lane.upstream_tls") as running:
            config = natsio.ClientConfig(
                servers=[f"tls://localhost:{running.port}"],
                name="stock",
                user="api",
                password="hush-password",
                tls=tls,
            )
            async with natsio.NATSCore(config) as client:
                arrived: asyncio.Queue[object] = asyncio.Queue()
                await client.subscribe("shelves", queue="shelves", callback=arrived.put)
                await client.publish("shelves", b"{}")
                await asyncio.wait_for(arrived.get(), 5)
            running.end()
            return running

    published, delivered = parts(asyncio.run(main()).messages())
    assert {one.publisher.value for one in published if one.publisher} == {"stock"}
    assert {one.consumer.value for one in delivered if one.consumer} == {"shelves"}


def test_without_a_certificate_it_passes_unread_and_is_counted(tmp_path: Path, server: Server) -> None:
    async def main() -> str:
        with recording(tmp_path, server) as running:
            heard = await talk(running.port, server.client, f"t{uuid4().hex[:8]}")
            assert heard.secured
            return running.end()

    assert "other-protocol 2" in asyncio.run(main())
