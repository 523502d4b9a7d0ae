"""Schemas in files: whose messages they are of, and what is wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.claim import OperationMap
from contract.declared import load
from contract.openapi import DeclaredError
from tests.contract.asyncapi.saying import said
from tests.proxy.payloads.samples import descriptor_set, shop_file

if TYPE_CHECKING:
    from pathlib import Path

    from contract.openapi import DeclaredContract

PLACED = {
    "type": "record",
    "name": "OrderPlaced",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "string"}],
}
PAID = {**PLACED, "name": "OrderPaid", "fields": [{"name": "total", "type": "Money"}]}
MONEY = {**PLACED, "name": "Money", "fields": [{"name": "cents", "type": "long"}]}


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def keys(contract: DeclaredContract) -> set[str]:
    return {one.key for one in contract.operations}


def seen(*keys: str) -> list[OperationMap]:
    return [OperationMap(key=key, protocol="event", observations=9, consumers={}, claims=()) for key in keys]


def test_a_union_has_several_types(tmp_path: Path) -> None:
    contract = load(
        write(tmp_path, "orders-value.avsc", [PLACED, {**PLACED, "name": "OrderGone"}]), producer="x"
    )
    assert keys(contract) >= {"RECEIVE orders#shop.OrderPlaced", "RECEIVE orders#shop.OrderGone"}
    mixed = load(write(tmp_path, "mixed-value.avsc", ["null", PLACED]), producer="x")
    assert keys(mixed) == {"RECEIVE mixed", "SEND mixed"}


def test_a_type_is_declared_wherever_it_was_observed(tmp_path: Path) -> None:
    contract = load(write(tmp_path, "any.avsc", PLACED), producer="x")
    assert keys(contract) == set()
    observed = contract.observed(
        seen(
            "RECEIVE orders.eu#shop.OrderPlaced",
            "SEND orders/us#order_placed",
            "RECEIVE orders#Other",
            "GET /a",
        )
    )
    assert keys(observed) == {"RECEIVE orders.eu#shop.OrderPlaced", "SEND orders/us#order_placed"}
    clauses = said(observed, "RECEIVE orders.eu#shop.OrderPlaced")
    assert clauses["response.message.body.id type"] == ["string"]
    assert keys(contract.observed([])) == {"RECEIVE {channel}#shop.OrderPlaced"}


def test_a_folder_whose_schemas_use_each_other(tmp_path: Path) -> None:
    write(tmp_path, "OrderPaid.avsc", PAID)
    write(tmp_path, "Money.avsc", MONEY)
    write(tmp_path, "carts-value.json", {"$ref": "common.json#/$defs/cart"})
    write(
        tmp_path,
        "common.json",
        {"title": "Common", "$defs": {"cart": {"type": "object", "required": ["id"]}}},
    )
    write(tmp_path, "package.json", {"name": "schemas", "type": "module"})
    (tmp_path / "shop.binpb").write_bytes(descriptor_set(shop_file()))
    contract = load(tmp_path, producer="x")
    assert said(contract, "RECEIVE carts")["response.message.body.id present"] == "always"
    assert contract.warnings == ("package.json is no schema of messages",)
    observed = contract.observed(seen("RECEIVE bills#OrderPaid", "RECEIVE bills#shop.Order"))
    paid = said(observed, "RECEIVE bills#OrderPaid")
    assert paid["response.message.body.total.cents type"] == ["integer"]
    assert said(observed, "RECEIVE bills#shop.Order")["response.message.body.lines type"] == ["array"]
    unseen = {key for key in keys(observed) if "{channel}" in key}
    assert unseen == {"RECEIVE {channel}#Common", "RECEIVE {channel}#shop.Cancelled"}


def test_a_message_of_protobuf_on_a_channel(tmp_path: Path) -> None:
    path = tmp_path / "shop.binpb"
    path.write_bytes(descriptor_set(shop_file()))
    assert keys(load(f"orders={path}", producer="x")) == {
        "SEND orders#shop.Cancelled",
        "RECEIVE orders#shop.Cancelled",
    }
    assert "RECEIVE orders#shop.Order" in keys(load(f"orders={path}#shop.Order", producer="x"))
    with pytest.raises(DeclaredError, match=r"has no message shop\.Nothing") as error:
        load(f"orders={path}#shop.Nothing", producer="x")
    assert "shop.Cancelled, shop.Order" in error.value.hint


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("orders-key.avsc", '"string"', "is of keys"),
        ("orders.avsc", {"type": "record"}, r"is no Avro schema: None is no name"),
        ("orders-value.avsc", {"type": "array", "items": "Nope"}, "does not define 'Nope'"),
        ("orders.json", "{", "YAML|JSON"),
    ],
)
def test_what_is_no_schema_is_told(tmp_path: Path, name: str, content: Any, told: str) -> None:
    with pytest.raises(DeclaredError, match=told):
        load(write(tmp_path, name, content), producer="x")


def test_a_text_must_name_its_type(tmp_path: Path) -> None:
    contract = load(json.dumps(PLACED), producer="x")
    assert keys(contract.observed([])) == {"RECEIVE {channel}#shop.OrderPlaced"}
    with pytest.raises(DeclaredError, match="is no schema of messages"):
        load(f"orders={write(tmp_path, 'api.yaml', 'openapi: 3.0.0')}", producer="x")
    with pytest.raises(DeclaredError, match="is a folder without a schema"):
        load(write(tmp_path, "api.yaml", "openapi: 3.0.0").parent, producer="x")


SCHEMAS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["string", "shop.A", "record", "", "1x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "name", "fields", "items", "values", "symbols", "namespace", "logicalType"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(SCHEMAS, SCHEMAS)
def test_any_tree_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, one: Any, other: Any) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    write(folder, "orders-value.avsc", one)
    write(folder, "other.avsc", other)
    try:
        contract = load(folder, producer="x")
    except DeclaredError:
        return
    for operation in contract.observed(seen("RECEIVE a#shop.A")).operations:
        operation.clauses_for(["message"])
