"""TLS that begins inside of a NATS connection, on either side of a lane, and what can go wrong with it."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from proxy.counters import Counter
from proxy.splice.frames import Kind, Opening
from proxy.splice.proxy_protocol import SIGNATURE
from proxy.splice.settings import ListenTls, UpstreamTls
from tests.certificates import Authority
from tests.proxy.splice.splicing import Decoder, eventually, reset, run, server, worker

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from tests.proxy.splice.splicing import Worker

PLAIN: dict[str, Any] = {"server_id": "N"}
DEMANDS = PLAIN | {"tls_required": True}
OFFERS = PLAIN | {"tls_available": True}
HELLO = b"CONNECT {}\r\n"


class Certificates:
    """What the parties of a test have."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        certificate, key = map(str, self.authority.issue("localhost"))
        self.client = self.authority.client_context()
        self.server = self.authority.server_context()
        self.listen = ListenTls(certificate=certificate, key=key)
        self.known = self.upstream(ca=str(self.authority.certificate))

    @staticmethod
    def upstream(**given: Any) -> UpstreamTls:
        return UpstreamTls(server_name="localhost", **given)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("nats"))


def line(said: dict[str, Any]) -> bytes:
    return b"INFO " + json.dumps(said).encode() + b"\r\n"


def serving(
    said: dict[str, Any], tls: ssl.SSLContext | None = None, *, first: bytes = b"", behind: bytes = b""
) -> Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]:
    """A server that says so (`behind` it in the same segment), begins TLS where it has it, and echoes."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        if first:
            assert (await reader.readexactly(len(first))) == first
        writer.write(line(said) + behind)
        if tls is not None:
            await writer.drain()
            await writer.start_tls(tls)
        while data := await reader.read(65_536):
            writer.write(data)

    return serve


async def greeted(splice: Worker, tls: ssl.SSLContext | None) -> tuple[StreamReader, StreamWriter, Any]:
    """A client that has its INFO, and goes on as that says."""
    reader, writer = await splice.connect()
    said = json.loads((await reader.readline()).removeprefix(b"INFO "))
    assert said.get("tls_required", False) is (tls is not None)
    if tls is not None:
        await writer.start_tls(tls, server_hostname="localhost")
    return reader, writer, said


async def nothing_is_left(splice: Worker) -> None:
    await eventually(lambda: not splice.forwarder.connections)
    assert [way.connections for way in splice.forwarder._ways] == [0]


async def is_refused(splice: Worker) -> None:
    """A client is reset before it is told anything, and counted."""
    reader, writer = await splice.connect()
    with pytest.raises(ConnectionResetError):
        await reader.readline()
    writer.close()
    await nothing_is_left(splice)
    assert splice.count(Counter.REFUSED) == splice.count(Counter.CONNECTIONS) == 1


@pytest.mark.parametrize("ours", [True, False], ids=["lane ends tls", "lane is in the clear"])
@pytest.mark.parametrize(
    ("said", "upstream", "theirs"),
    [
        (DEMANDS, {}, True),
        (OFFERS, {}, True),
        (DEMANDS, {"if_demanded": True}, True),
        (OFFERS, {"if_demanded": True}, False),
        (PLAIN, {"if_demanded": True}, False),
    ],
    ids=["demanded", "offered", "demanded, may", "offered, may", "none, may"],
)
def test_each_side_speaks_what_it_has_to(
    certificates: Certificates, said: dict[str, Any], upstream: dict[str, bool], theirs: bool, ours: bool
) -> None:
    authority = str(certificates.authority.certificate)
    lane = {
        "upgrades": True,
        "tls": certificates.listen if ours else None,
        "upstream_tls": certificates.upstream(ca=authority, **upstream),
    }

    async def main() -> None:
        serve = serving(said, certificates.server if theirs else None)
        async with server(serve) as port, worker(port, "nats", lane=lane) as splice:
            decoder = await Decoder.connect(splice)
            reader, writer, shown = await greeted(splice, certificates.client if ours else None)
            assert {word: shown[word] for word in PLAIN} == PLAIN
            writer.write(HELLO)
            assert await reader.readexactly(len(HELLO)) == HELLO
            writer.close()
            frames = await decoder.read(lambda frame: frame.kind == Kind.CLOSE)
            assert Opening.unpacked(frames[1].payload).scheme == ("https" if ours else "http")
            data = [(frame.kind, frame.payload) for frame in frames if frame.kind in {4, 5}]
            assert data == [(5, line(said)), (4, HELLO), (5, HELLO)]
            await nothing_is_left(splice)
            assert splice.count(Counter.REFUSED) == 0
            await decoder.close()

    run(main())


def test_what_comes_right_behind_the_greeting_comes_behind_it(certificates: Certificates) -> None:
    async def main() -> None:
        lane = {"upgrades": True, "tls": certificates.listen}
        async with (
            server(serving(PLAIN, behind=b"PING\r\n")) as port,
            worker(port, "nats", lane=lane) as splice,
        ):
            reader, writer, _ = await greeted(splice, certificates.client)
            assert await reader.readline() == b"PING\r\n"
            writer.close()
            await nothing_is_left(splice)

    run(main())


def test_the_certificate_names_the_client_and_must_be_shown(
    certificates: Certificates, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    tls = ListenTls(
        certificate=certificates.listen.certificate,
        key=certificates.listen.key,
        client_ca=str(authority.certificate),
        require_client_certificate=True,
    )
    knows = certificates.authority.client_context()
    knows.load_cert_chain(*authority.issue("billing"))

    async def main() -> None:
        lane = {"upgrades": True, "tls": tls}
        async with server(serving(PLAIN)) as port, worker(port, "nats", lane=lane) as splice:
            decoder = await Decoder.connect(splice)
            reader, writer, said = await greeted(splice, knows)
            assert said["tls_verify"] is True
            writer.write(b"PING\r\n")
            await reader.readline()
            frames = await decoder.read(lambda frame: frame.kind == Kind.CLIENT_DATA)
            assert Opening.unpacked(frames[1].payload).certificate == "CN=billing,O=Shop"
            writer.close()
            with suppress(OSError):
                reader, writer, _ = await greeted(splice, certificates.client)
                assert await reader.read() == b""
                writer.close()
            await nothing_is_left(splice)
            await decoder.close()

    run(main())


def test_the_servers_proxy_header_comes_before_its_greeting(certificates: Certificates) -> None:
    async def main() -> None:
        lane = {"upgrades": True, "tls": certificates.listen, "send_proxy_protocol": "v2"}
        serve = serving(PLAIN, first=SIGNATURE + b"\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01")

        async def after_ports(reader: StreamReader, writer: StreamWriter) -> None:
            await serve(reader, writer)

        async with server(after_ports) as port, worker(port, "nats", lane=lane) as splice:
            reader, writer, _ = await greeted(splice, certificates.client)
            assert (
                len(await reader.readexactly(4)) == 4
            )  # both ports, which the server has not read, come back
            writer.close()
            await nothing_is_left(splice)

    run(main())


def test_where_the_server_begins_with_tls_so_do_clients(certificates: Certificates) -> None:
    """`handshake_first`: nothing has to be said before, and INFO passes as it is."""

    async def main() -> None:
        lane = {"tls": certificates.listen, "upstream_tls": certificates.known}
        begun = server(serving(DEMANDS), certificates.server)
        async with begun as port, worker(port, "nats", lane=lane) as splice:
            reader, writer = await asyncio.open_connection("localhost", splice.port, ssl=certificates.client)
            assert await reader.readline() == line(DEMANDS)
            writer.close()
            await nothing_is_left(splice)

    run(main())


async def says_nothing(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write_eof()
    await reader.read()


async def says_too_much(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"INFO {" + b"x" * 200_000)
    await reader.read()


async def says_something_else(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    await reader.read()


@pytest.mark.parametrize("serve", [says_nothing, says_too_much, says_something_else, serving(PLAIN)])
def test_no_greeting_or_no_tls_and_the_client_is_refused(certificates: Certificates, serve: Any) -> None:
    """The last is a server without TLS, and a lane that was told to speak it."""

    async def main() -> None:
        lane = {"upgrades": True, "tls": certificates.listen, "upstream_tls": certificates.known}
        async with server(serve) as port, worker(port, "nats", lane=lane) as splice:
            await is_refused(splice)

    run(main())


def test_no_server(certificates: Certificates) -> None:
    async def main() -> None:
        async with server(says_nothing) as port:
            pass
        async with worker(port, "nats", lane={"upgrades": True, "tls": certificates.listen}) as splice:
            await is_refused(splice)

    run(main())


@pytest.mark.parametrize("wrong", ["authority", "injected"])
def test_a_server_that_cannot_be_trusted(
    certificates: Certificates, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its certificate is of nobody that is known; or somebody has added to what it said before its TLS."""
    known = certificates.upstream() if wrong == "authority" else certificates.known
    behind = b"" if wrong == "authority" else b"-ERR 'x'\r\n"

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ssl.SSLError):
            await serving(DEMANDS, certificates.server, behind=behind)(reader, writer)

    async def main() -> None:
        lane = {"upgrades": True, "tls": certificates.listen, "upstream_tls": known}
        async with server(serve) as port, worker(port, "nats", lane=lane) as splice:
            reader, writer, _ = await greeted(splice, certificates.client)
            writer.write(HELLO)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            await nothing_is_left(splice)
            assert splice.count(Counter.REFUSED) == 1

    run(main())
    assert ("`ca` in [lane.upstream_tls] names its authority" in caplog.text) is (wrong == "authority")


@pytest.mark.parametrize("goes", ["resets", "says garbage", "trusts nobody"])
def test_a_client_that_does_not_begin_tls_leaves_nothing_behind(
    certificates: Certificates, goes: str
) -> None:
    gone = asyncio.Event()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        await serving(PLAIN)(reader, writer)
        gone.set()

    async def main() -> None:
        lane = {"upgrades": True, "tls": certificates.listen, "max_connections": 1}
        async with server(serve) as port, worker(port, "nats", lane=lane) as splice:
            reader, writer = await splice.connect()
            await reader.readline()
            other, second = await splice.connect()
            with pytest.raises(ConnectionResetError):  # one too many, and it is not left waiting
                await other.readline()
            second.close()
            if goes == "resets":
                reset(writer)
            elif goes == "says garbage":
                writer.write(b"CONNECT {}\r\n")
            else:
                with pytest.raises(ssl.SSLError):
                    await writer.start_tls(ssl.create_default_context(), server_hostname="localhost")
            await gone.wait()
            writer.close()
            await nothing_is_left(splice)
            assert splice.count(Counter.REJECTED) == 1
            _, again, _ = await greeted(splice, certificates.client)
            again.close()

    run(main())
