"""The schema registry, asked over HTTP from a thread while payloads go on."""

from __future__ import annotations

import asyncio
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiohttp import web
from google.protobuf import descriptor_pb2

from proxy.payloads import Payloads, Schemas
from proxy.payloads.registry import FAILURE_SECONDS, Registry
from proxy.payloads.values import UnreadError
from store.errors import DefactoError
from tests.proxy.payloads.samples import ORDER, ORDER_AVRO, ORDER_JSON, body, framed, shop_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.payloads import Read

MONEY = {"type": "record", "name": "shop.Money", "fields": [{"name": "cents", "type": "long"}]}
PRICE = {"type": "record", "name": "shop.Price", "fields": [{"name": "money", "type": "shop.Money"}]}


def _descriptor(file: descriptor_pb2.FileDescriptorProto) -> str:
    return b64encode(file.SerializeToString()).decode()


def _price_file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="default", package="price", dependency=["shop.proto"])
    field = file.message_type.add(name="Price").field.add(name="line", number=1, type=11, label=1)
    field.type_name = ".shop.Order.Line"
    return file


REFERENCE = {"subject": "shop/money", "version": 3}
ANSWERS: dict[str, dict[str, Any]] = {
    "/schemas/ids/1": {"schema": orjson.dumps(ORDER).decode()},
    "/schemas/ids/2": {"schemaType": "JSON", "schema": '{"title": "OrderPlaced"}'},
    "/schemas/ids/3": {"schemaType": "PROTOBUF", "schema": "message Cancelled {}"},
    "/schemas/ids/3?format=serialized": {"schemaType": "PROTOBUF", "schema": _descriptor(shop_file())},
    "/schemas/ids/4": {
        "schema": orjson.dumps(PRICE).decode(),
        "references": [{"name": "shop.Money", **REFERENCE}],
    },
    "/subjects/shop%2Fmoney/versions/3": {"schema": orjson.dumps(MONEY).decode()},
    "/schemas/ids/5": {
        "schemaType": "PROTOBUF",
        "schema": "import 'shop.proto'",
        "references": [{"name": "shop.proto", "subject": "shop", "version": 1}],
    },
    "/schemas/ids/5?format=serialized": {"schemaType": "PROTOBUF", "schema": _descriptor(_price_file())},
    "/subjects/shop/versions/1": {"schemaType": "PROTOBUF", "schema": "message Order {}"},
    "/subjects/shop/versions/1?format=serialized": {
        "schemaType": "PROTOBUF",
        "schema": _descriptor(shop_file()),
    },
    "/schemas/ids/6": {"schemaType": "PROTOBUF", "schema": "message Order { string id = 1; }"},
    "/schemas/ids/6?format=serialized": {
        "schemaType": "PROTOBUF",
        "schema": "message Order { string id = 1; }",
    },
    "/schemas/ids/7": {"schemaType": "XML", "schema": "<a/>"},
    "/schemas/ids/8": {"schema": '{"type": "nonsense"}'},
    "/schemas/ids/9": {"schema": 9, "references": [{"name": "x"}]},
    "/schemas/ids/10": {
        "schema": '{"type":"record","name":"L","fields":[{"name":"l","type":["null","L"]}]}',
        "references": [{"name": "loop", "subject": "loop", "version": 1}],
    },
    "/subjects/loop/versions/1": {
        "schema": '"int"',
        "references": [{"name": "loop", "subject": "loop", "version": 1}],
    },
}


class Served:
    """A registry, which answers under `/base` while it may."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.credentials: set[str] = set()
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        path = request.raw_path.removeprefix("/base")
        self.asked.append(path)
        self.credentials.add(request.headers.get("authorization", ""))
        await asyncio.to_thread(self.may_answer.wait)
        if self.status != 200:
            return web.Response(status=self.status, text="{}", headers={"Location": "/base/elsewhere"})
        if path not in ANSWERS:
            return web.json_response({"error_code": 40403, "message": "Schema not found"}, status=404)
        return web.json_response(ANSWERS[path])


@pytest.fixture
def served() -> Iterator[Served]:
    registry = Served()
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/base/{path:.*}", registry.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        registry.url = f"http://{host}:{port}/base/"
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield registry
    registry.may_answer.set()
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.run_until_complete(asyncio.sleep(0.01))  # transports close in the loop's next turns
    loop.close()


def settled(read: Callable[[], Read]) -> Read:
    """What is said once the registry was asked."""
    deadline = time.monotonic() + 10
    while (said := read()).flaws == ("schema-pending",) and time.monotonic() < deadline:
        time.sleep(0.005)
    return said


@pytest.fixture
def payloads(served: Served) -> Iterator[Payloads]:
    schemas = Schemas(registry=served.url)
    yield Payloads(schemas)
    schemas.close()


def test_a_schema_is_pending_and_then_there(payloads: Payloads, served: Served) -> None:
    raw = body(framed(1, ORDER_AVRO))
    served.may_answer.clear()
    began = time.monotonic()
    for _ in range(100):
        pending = payloads.read(raw, (), "x")
    assert time.monotonic() - began < 1
    assert (pending.body, pending.flaws, pending.schema) == (raw, ("schema-pending",), "registry:1")
    served.may_answer.set()
    read = settled(lambda: payloads.read(raw, (), "x"))
    assert (read.body.data, read.type, read.schema, read.flaws) == (
        ORDER_JSON,
        "shop.Order",
        "registry:1",
        (),
    )
    assert served.asked == ["/schemas/ids/1"]


@pytest.mark.parametrize(
    ("number", "data", "expected"),
    [
        (2, b"1", (b"1", "OrderPlaced", ())),
        (3, b"\x00", (b"{}", "shop.Cancelled", ())),
        (4, b"\x08", (b'{"money":{"cents":4}}', "shop.Price", ())),
        (5, b"\x00\x0a\x03\x0a\x01s", (b'{"line":{"sku":"s"}}', "price.Price", ())),
        (6, b"\x00\x0a\x01a", (b'{"1":"a"}', "", ("no-descriptor",))),
        (7, b"\x08", (framed(7, b"\x08"), "", ("no-decoder",))),
        (8, b"\x08", (framed(8, b"\x08"), "", ("schema-unavailable",))),
        (9, b"\x08", (framed(9, b"\x08"), "", ("schema-unavailable",))),
        (10, b"\x02\x00", (b'{"l":{"l":null}}', "L", ())),
        (404, b"\x08", (framed(404, b"\x08"), "", ("schema-unknown",))),
    ],
)
def test_every_kind_of_answer(
    payloads: Payloads, number: int, data: bytes, expected: tuple[bytes, str, tuple[str, ...]]
) -> None:
    read = settled(lambda: payloads.read(body(framed(number, data)), (), "x"))
    assert (read.body.data, read.type, read.flaws) == expected
    assert read.schema == f"registry:{number}"


def test_json_does_not_wait_for_its_name(payloads: Payloads) -> None:
    def read() -> Read:
        return payloads.read(body(framed(2, b'{"a":1}')), (), "x")

    first = read()
    assert (first.body.data, first.type, first.flaws) == (b'{"a":1}', "", ())
    deadline = time.monotonic() + 10
    while not read().type and time.monotonic() < deadline:
        time.sleep(0.005)
    assert read().type == "OrderPlaced"


@pytest.mark.parametrize(("status", "flaw"), [(404, "schema-unknown"), (503, "schema-unavailable")])
def test_a_failure_is_remembered_for_a_minute(served: Served, status: int, flaw: str) -> None:
    now = [1000.0]
    registry = Registry(served.url, clock=lambda: now[0])
    served.status = status
    assert _flaw(registry) == flaw
    asked = len(served.asked)
    served.status = 200
    now[0] += FAILURE_SECONDS - 1
    assert (_flaw(registry), len(served.asked)) == (flaw, asked)
    now[0] += 2
    assert not _flaw(registry)
    now[0] += 10**6
    assert (_flaw(registry), len(served.asked)) == ("", asked + 1)
    registry.close()


def test_a_registry_that_is_not_there(unused_port: int) -> None:
    registry = Registry(f"http://127.0.0.1:{unused_port}")
    assert _flaw(registry) == "schema-unavailable"
    registry.close()


def _flaw(registry: Registry) -> str:
    """What is wrong with schema 1 once the registry was asked for it."""
    flaw = "schema-pending"
    deadline = time.monotonic() + 10
    while flaw == "schema-pending" and time.monotonic() < deadline:
        try:
            registry.schema(1).read(ORDER_AVRO)
        except UnreadError as error:
            flaw = error.flaw
            time.sleep(0.005)
        else:
            return ""
    return flaw


@pytest.fixture
def unused_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_user_and_password_are_sent(served: Served) -> None:
    registry = Registry(served.url.replace("://", "://us%40er:pass@"))
    assert not _flaw(registry)
    assert served.credentials == {f"Basic {b64encode(b'us@er:pass').decode()}"}
    registry.close()


def test_nobody_else_is_shown_user_and_password(served: Served) -> None:
    served.status = 302
    registry = Registry(served.url.replace("://", "://user:pass@"))
    assert _flaw(registry) == "schema-unavailable"
    assert served.asked == ["/schemas/ids/1"]
    registry.close()


@pytest.mark.parametrize("url", ["registry:8081", "ftp://registry", "http://", "file:///etc/passwd"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(DefactoError, match="no http or https URL"):
        Schemas(registry=url)


def test_questions_are_bounded(served: Served) -> None:
    """Ids come from payloads: a thousand of them do not become a thousand questions at once."""
    served.may_answer.clear()
    registry = Registry(served.url)
    for number in range(1, 1001):
        registry.schema(number)
    assert len(registry._asked) == 100
    registry.close()
    served.may_answer.set()
    registry.schema(5000)
    assert 5000 not in registry._asked
