"""A registry's subjects are declared: whose messages they are of, what is in them, and by which ids."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from contract.declared import load
from contract.messages import asking, registry
from contract.messages.asking import Asking
from contract.openapi import DeclaredError
from tests.contract.asyncapi.saying import said
from tests.contract.messages.registries import Registry, serving
from tests.proxy.payloads.samples import shop_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.openapi import DeclaredContract


def record(name: str, **fields: object) -> str:
    """An Avro record, as a registry keeps it."""
    return json.dumps(
        {
            "type": "record",
            "name": name,
            "namespace": "shop",
            "fields": [{"name": field, "type": type_} for field, type_ in fields.items()],
        }
    )


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of whoever runs the tests."""
    monkeypatch.delenv(asking.USER, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture
def served() -> Iterator[Registry]:
    with serving(Registry()) as one:
        yield one


def declared(served: Registry, query: str = "") -> DeclaredContract:
    return load(f"registry+{served.url}{query}", producer="events", allow_remote=True)


def test_strategies_of_naming(served: Registry) -> None:
    served.register("orders-value", 3, record("OrderPlaced", id="string"))
    served.register("orders-key", 4, '"string"')
    served.register("orders-shop.OrderPaid", 5, record("OrderPaid", id="string"))
    served.register("shop.Parcel", 6, record("Parcel", id="string"))
    served.register(":.eu:returns-value", 7, record("Returned", id="string"))
    contract = declared(served)
    assert [one.key for one in contract.operations] == [
        "SEND returns#shop.Returned",
        "RECEIVE returns#shop.Returned",
        "SEND orders#shop.OrderPaid",
        "RECEIVE orders#shop.OrderPaid",
        "SEND orders#shop.OrderPlaced",
        "RECEIVE orders#shop.OrderPlaced",
    ]
    assert contract.source == served.url
    assert contract.warnings == ("subjects of keys are not compared: a key is kept as its text",)
    (parcel,) = contract.observed([]).operations[6:]
    assert parcel.key == "RECEIVE {channel}#shop.Parcel"


def test_the_latest_version_and_the_ids_of_all(served: Registry) -> None:
    served.register("orders-value", 3, record("Order", id="string", note="string"))
    served.register("orders-value", 9, record("Order", id="string", total="long"))
    clauses = said(declared(served), "RECEIVE orders#shop.Order")
    assert clauses["response.message.body.total type"] == ["integer"]
    assert clauses["response.message schemas"] == {"ids": ["registry:3", "registry:9"], "lost": ["note"]}


def test_what_a_schema_refers_to(served: Registry) -> None:
    served.register("shop.Money", 1, record("Money", cents="long"))
    served.register(
        "orders-value",
        2,
        record("Order", total="shop.Money"),
        references=[{"name": "shop.Money", "subject": "shop.Money", "version": 1}],
    )
    served.register("money.json", 3, '{"title": "Money", "type": "object"}', schemaType="JSON")
    served.register(
        "bills-value",
        4,
        '{"title": "Bill", "properties": {"total": {"$ref": "money.json"}, "leak": {"$ref": "file:///etc/passwd"}}}',
        schemaType="JSON",
        references=[{"name": "money.json", "subject": "money.json", "version": 1}],
    )
    contract = declared(served)
    orders, bills = said(contract, "RECEIVE orders#shop.Order"), said(contract, "RECEIVE bills#Bill")
    assert orders["response.message.body.total.cents type"] == ["integer"]
    assert bills["response.message.body.total type"] == ["object"]
    assert "response.message.body.leak type" not in bills
    (told,) = contract.warnings
    assert "file:///etc/passwd" in told
    assert "was not read from one" in told
    assert {one.key for one in contract.observed([]).operations} == {one.key for one in contract.operations}


def test_protobuf_by_descriptors_and_by_its_text(served: Registry) -> None:
    served.serialized[1] = b64encode(shop_file().SerializeToString()).decode()
    served.register("carts-value", 1, "message Cancelled {}", schemaType="PROTOBUF")
    served.register(
        "money.proto", 2, 'syntax = "proto3"; message Money { int64 cents = 1; }', schemaType="PROTOBUF"
    )
    served.register(
        "bills-value",
        3,
        'syntax = "proto3"; import "money.proto"; message Bill { Money total = 1; }',
        schemaType="PROTOBUF",
        references=[{"name": "money.proto", "subject": "money.proto", "version": 1}],
    )
    contract = declared(served)
    assert contract.warnings == ()
    assert said(contract, "RECEIVE carts#shop.Cancelled")
    assert said(contract, "RECEIVE bills#Bill")["response.message.body.total.cents type"] == ["integer"]


def test_what_cannot_be_read_is_told_and_stops_nothing(served: Registry) -> None:
    served.register("good-value", 1, record("Good", id="string"))
    served.register("xml-value", 2, "<a/>", schemaType="XML")
    served.register("odd-value", 3, '{"type": "nonsense"}')
    served.register("text-value", 4, "{")
    served.register("path-value", 5, "/etc/passwd", schemaType="JSON")
    served.register("loop-value", 6, '"int"', references=[{"name": "x"}])
    served.register("empty-value", 7, 'syntax = "proto3";', schemaType="PROTOBUF")
    served.answers["/subjects/gone-value/versions/latest"] = web.json_response({}, status=404)
    served.register("gone-value", 8, "{}")
    contract = declared(served)
    assert {one.key.partition(" ")[2] for one in contract.operations} == {"good#shop.Good"}
    assert sorted(contract.warnings) == [
        "empty-value is not compared: the schema has no message",
        "gone-value is not compared: 404 Not Found",
        "loop-value is not compared: a reference names no subject and version",
        "odd-value is not compared: odd-value is no Avro schema: the Avro schema does not define 'nonsense'",
        "path-value is not compared: a schema that is no object restricts nothing",
        "text-value is not compared: an Avro schema is no JSON",
        "xml-value is not compared: schemas in 'XML' are not read",
    ]


def test_an_old_version_that_cannot_be_read_loses_the_ids_alone(served: Registry) -> None:
    served.register("orders-value", 3, '{"type": "nonsense"}')
    served.register("orders-value", 4, record("Order", id="string"))
    contract = declared(served)
    (told,) = contract.warnings
    assert told.startswith("orders-value: its ids are not compared: ")
    assert "response.message schemas" not in said(contract, "RECEIVE orders#shop.Order")


def test_which_subjects(served: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("orders-value", "orders-eu-value", "carts-value"):
        served.register(name, 1, record("X", id="string"))
    keys = {one.path for one in declared(served, "?subject=orders-*").operations}
    assert keys == {"orders#shop.X", "orders-eu#shop.X"}
    with pytest.raises(DeclaredError, match=r"has no subject that is called bills-\*"):
        declared(served, "?subject=bills-*")
    monkeypatch.setattr(registry, "MAX_SUBJECTS", 2)
    with pytest.raises(DeclaredError, match="has 3 subjects, and 2 are read") as error:
        declared(served)
    assert "?subject=" in error.value.hint


def test_too_many_versions_say_nothing_of_ids(served: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_VERSIONS", 1)
    for number in (1, 2):
        served.register("orders-value", number, record("Order", id="string"))
    contract = declared(served)
    assert "response.message schemas" not in said(contract, "RECEIVE orders#shop.Order")
    assert contract.warnings == (
        "orders-value: its ids are not compared: there are 2 versions, and 1 are read",
    )


def test_who_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving(Registry(login=("ann", "s3cret"))) as served:
        served.register("orders-value", 1, record("Order", id="string"))
        with pytest.raises(DeclaredError, match="lists no subjects: 401 Unauthorized") as error:
            declared(served)
        assert "DEFACTO_REGISTRY_USER" in error.value.hint
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password s3cret\n")
        assert declared(served).operations
        (tmp_path / "netrc").write_text("nonsense\n")
        with pytest.raises(DeclaredError, match="netrc cannot be read"):
            declared(served)
        monkeypatch.setenv(asking.USER, "ann")
        monkeypatch.setenv(asking.PASSWORD, "s3cret")
        assert declared(served).operations
    with pytest.raises(DeclaredError, match="names a user") as error:
        Asking("http://ann:s3cret@registry.example")
    assert "s3cret" not in error.value.message


def test_nothing_is_fetched_unless_it_is_allowed(served: Registry) -> None:
    with pytest.raises(DeclaredError, match="nothing is fetched unless allowed"):
        load(f"registry+{served.url}", producer="events")
    assert served.asked == []


def test_answers_are_bounded(served: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    served.register("orders-value", 1, record("Order", id="string"))
    monkeypatch.setattr(asking, "MAX_BYTES", 60)
    assert declared(served).warnings == ("orders-value is not compared: the answer is longer than 0 MiB",)
    monkeypatch.setattr(asking, "MAX_BYTES", 1000)
    monkeypatch.setattr(asking, "MAX_TOTAL_BYTES", 160)  # the list, and one of two
    served.register("parcels-value", 2, record("Parcel", id="string"))
    assert any("all answers are longer than" in told for told in declared(served).warnings)
    monkeypatch.setattr(asking, "TOTAL_S", -1.0)
    with pytest.raises(DeclaredError, match="took longer than"):
        declared(served)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (web.Response(text="<html>"), "the answer is no JSON"),
        (web.json_response({"a": 1}), "the answer is no list"),
        (web.Response(status=302, headers={"location": "http://elsewhere.example/"}), "302 Found"),
    ],
)
def test_what_is_no_registry(served: Registry, answer: web.Response, told: str) -> None:
    served.answers["/subjects"] = answer
    with pytest.raises(DeclaredError, match=f"lists no subjects: {told}") as error:
        declared(served)
    assert "PATH/subjects" in error.value.hint


def test_a_head_that_trickles_costs_no_more_than_the_time_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TOTAL_S", 0.3)
    gone = threading.Event()

    def trickle(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, suppress(OSError):
            client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not gone.wait(0.05):
                client.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        with pytest.raises(DeclaredError, match="took longer than"):
            load(
                f"registry+http://127.0.0.1:{listener.getsockname()[1]}", producer="events", allow_remote=True
            )
        gone.set()
        thread.join(10)


def test_what_a_server_says_of_its_refusal_is_cut(served: Registry) -> None:
    served.answers["/subjects"] = web.Response(status=500, reason="no " * 1000)
    with pytest.raises(DeclaredError, match="lists no subjects: 500 no no") as error:
        declared(served)
    assert len(error.value.message) < 300


def test_a_registry_that_is_not_there() -> None:
    with serving(Registry()) as served:
        pass
    with pytest.raises(DeclaredError, match="lists no subjects: "):
        declared(served)
