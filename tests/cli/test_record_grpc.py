"""gRPC through the sidecar: a real server and a real client, with descriptors, by reflection, and without."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from tests.cli.sidecar import Recorder, numbers
from tests.cli.test_record_lanes import lanes
from tests.proxy.grpc.calling import KINDS, Order, Ref, orders_file
from tests.proxy.grpc.test_methods import REFLECTION, answer
from tests.proxy.payloads.samples import descriptor_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from store.records import Body, Exchange


class Orders:
    """The service."""

    def get(self, ref: Any, context: grpc.ServicerContext) -> Any:
        if ref.id == "none":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        return Order(id=ref.id, total_cents=1250)

    def list(self, ref: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        for number in range(3):
            yield Order(id=f"{ref.id}-{number}", total_cents=number)
        if ref.id == "some":
            context.abort(grpc.StatusCode.UNAVAILABLE, "later")

    def put(self, refs: Iterable[Any], context: grpc.ServicerContext) -> Any:
        return Order(id="+".join(ref.id for ref in refs))

    def chat(self, refs: Iterable[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        return (Order(id=ref.id) for ref in refs)


def _handler(kind: tuple[bool, bool], *rest: Any) -> grpc.RpcMethodHandler:
    makers = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    return makers[kind](*rest)


@contextmanager
def server() -> Iterator[int]:
    """A real server on a port of its own, that also answers by reflection."""
    orders = Orders()
    running = grpc.server(ThreadPoolExecutor(2), compression=grpc.Compression.NoCompression)
    methods = {
        name: _handler(kind, getattr(orders, name.lower()), Ref.FromString, Order.SerializeToString)
        for name, kind in KINDS.items()
    }
    said = answer(orders_file())
    reflect = _handler((True, True), lambda asked, _: (said for _ in asked))
    service, _, method = REFLECTION.partition("/")
    running.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("shop.Orders", methods),
            grpc.method_handlers_generic_handler(service, {method: reflect}),
        )
    )
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    yield port
    running.stop(None).wait()


def called(port: int, *, reflect: bool) -> None:
    """A call of each kind, packed and plain, and two that fail."""

    def codes(call: Any) -> grpc.StatusCode:
        with pytest.raises(grpc.RpcError) as error:
            list(call)
        return error.value.code()

    with grpc.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.primary_user_agent", "billing/1")]
    ) as channel:
        ways = (Ref.SerializeToString, Order.FromString)
        if reflect:
            assert list(channel.stream_stream(f"/{REFLECTION}")(iter([b"\x22\x0bshop.Orders"])))
        get = channel.unary_unary("/shop.Orders/Get", *ways)
        assert get(Ref(id="o-1")).total_cents == 1250
        assert get(Ref(id="o-2" * 99), compression=grpc.Compression.Gzip).id == "o-2" * 99
        assert codes(iter(lambda: get(Ref(id="none")), 0)) is grpc.StatusCode.NOT_FOUND
        list_ = channel.unary_stream("/shop.Orders/List", *ways)
        assert len(list(list_(Ref(id="all")))) == 3
        assert codes(list_(Ref(id="some"))) is grpc.StatusCode.UNAVAILABLE
        put = channel.stream_unary("/shop.Orders/Put", *ways)
        assert put(iter([Ref(id="a"), Ref(id="b")])).id == "a+b"
        chat = channel.stream_stream("/shop.Orders/Chat", *ways)
        assert [one.id for one in chat(iter([Ref(id="hi"), Ref(id="you")]))] == ["hi", "you"]
        missing = channel.unary_unary("/shop.Orders/Missing")
        assert codes(iter(lambda: missing(b""), 0)) is grpc.StatusCode.UNIMPLEMENTED


def value(body: Body | None) -> Any:
    assert body is not None
    assert body.media_type == "application/json"
    return json.loads(body.content)


@pytest.mark.parametrize("known", ["declared", "told", "unknown"])
def test_calls_are_recorded(tmp_path: Path, known: str) -> None:
    schemas = ""
    if known == "declared":
        (tmp_path / "schemas").mkdir()
        (tmp_path / "schemas" / "orders.desc").write_bytes(descriptor_set(orders_file()))
        schemas = f'\n[schemas]\nfolder = "{tmp_path / "schemas"}"\n'
    told = int(known == "told")
    with server() as port:
        text = f'listen = "127.0.0.1:0"\nupstream = "http://127.0.0.1:{port}"\n{schemas}'
        with lanes(tmp_path, text) as running:
            called(running.port, reflect=bool(told))
            assert numbers(running.end()) == (8 + told, 0)
        stored = of_orders(running)
    assert {one.identity.key for one in stored} == {"user-agent:billing"}
    id_, cents = ("1", "2") if known == "unknown" else ("id", "total_cents")
    got, packed, none = (one for one in stored if one.path.endswith("/Get"))
    assert (value(got.request_body), got.status) == ({id_: "o-1"}, 200)
    assert value(got.response_body) == {id_: "o-1", cents: 1250}
    assert value(packed.request_body) == {id_: "o-2" * 99}
    assert ("grpc-encoding", "gzip") in packed.request_headers
    assert (none.status, none.response_body) == (404, None)
    assert ("grpc-status", "5") in (*none.response_headers, *none.response_trailers)
    whole, cut = (one for one in stored if one.path.endswith("/List"))
    assert [one[id_] for one in value(whole.response_body)] == ["all-0", "all-1", "all-2"]
    assert (cut.status, len(value(cut.response_body))) == (503, 3)
    (put,) = (one for one in stored if one.path.endswith("/Put"))
    assert value(put.request_body) == [{id_: "a"}, {id_: "b"}]
    (chat,) = (one for one in stored if one.path.endswith("/Chat"))
    assert [one[id_] for one in value(chat.response_body)] == ["hi", "you"]
    (missing,) = (one for one in stored if one.path.endswith("/Missing"))
    assert missing.status == 501
    flawless = {flaw for one in stored for flaw in one.flaws if not flaw.endswith("-no-descriptor")}
    assert flawless == set()


def of_orders(running: Recorder) -> list[Exchange]:
    return [one for one in running.stored() if one.path.startswith("/shop.Orders/")]
