"""Descriptor sets: methods as operations, types as clauses, and what is wrong with a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from google.protobuf import descriptor_pb2, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from contract.declared import load
from contract.grpc import files
from contract.grpc.messages import Messages
from contract.openapi import DeclaredError
from contract.view import Leaf
from proxy.payloads.plain import json_text
from proxy.payloads.protobuf import Descriptors, files_of
from tests.proxy.grpc.calling import KINDS, orders_file
from tests.proxy.payloads.samples import descriptor_set, order_class, shop_file

if TYPE_CHECKING:
    from pathlib import Path

    from contract.openapi import DeclaredContract


def inlined(leaf: Leaf | None, depth: int = 6) -> Any:
    """The schema with its references written out."""

    def inside(schema: Any, resolve: Any, left: int) -> Any:
        if isinstance(schema, dict) and "$ref" in schema:
            target = resolve(schema["$ref"])
            return inside(target.schema, target.resolve, left - 1) if left else {}
        if isinstance(schema, dict):
            return {name: inside(child, resolve, left) for name, child in schema.items()}
        return schema

    assert leaf is not None
    return inside(leaf.schema, leaf.resolve, depth)


FIELD = descriptor_pb2.FieldDescriptorProto
Order = order_class()
SHOP = Descriptors(files_of(descriptor_set(shop_file())))
ORDERS = jsonschema_rs.validator_for(
    inlined(Messages(descriptor_pb2.FileDescriptorSet(file=[shop_file()])).leaf(".shop.Order"))
)


def declared(tmp_path: Path, *files: descriptor_pb2.FileDescriptorProto) -> DeclaredContract:
    path = tmp_path / "api.binpb"
    path.write_bytes(descriptor_set(*files))
    return load(path, producer="shop")


def said(clauses: list[Any]) -> list[str]:
    return [f"{clause.subject.text} {clause.kind.name} {clause.kind.value}" for clause in clauses]


def a_service(takes: str, gives: str = "") -> descriptor_pb2.FileDescriptorProto:
    """The shop's types, and a service with one method."""
    file = shop_file()
    file.service.add(name="Shop").method.add(name="Do", input_type=takes, output_type=gives or takes)
    return file


def test_methods_are_operations(tmp_path: Path) -> None:
    file = orders_file()
    file.service[0].method[1].options.deprecated = True
    contract = declared(tmp_path, file)
    assert [one.key for one in contract.operations] == [f"POST /shop.Orders/{name}" for name in KINDS]
    assert [one.deprecated for one in contract.operations] == [False, True, False, False]
    assert (contract.title, contract.source, contract.warnings) == ("api", "api.binpb", ())
    get = contract.match("POST", "/shop.Orders/Get")
    assert get is not None
    assert get.pointer == "#/shop.Orders/Get"
    assert said(get.clauses_for(["200", "404"])) == [
        "request.header.content-type content-type ['application/json']",
        "request.body type ['object']",
        "request.body nullable False",
        "request.body.id present always",
        "request.body.id type ['string']",
        "request.body.id nullable False",
        "response.200 occurs True",
        "response.200.header.content-type content-type ['application/json']",
        "response.200.body type ['object']",
        "response.200.body nullable False",
        "response.200.body.id present always",
        "response.200.body.id type ['string']",
        "response.200.body.id nullable False",
        "response.200.body.total_cents present always",
        "response.200.body.total_cents type ['integer']",
        "response.200.body.total_cents nullable False",
        "response.404 occurs True",
    ]
    pointers = get.pointers_for(["200"])
    assert "#/shop.Order/properties/total_cents" in pointers.values()


def test_streams_are_arrays(tmp_path: Path) -> None:
    chat = declared(tmp_path, orders_file()).match("POST", "/shop.Orders/Chat")
    assert chat is not None
    clauses = said(chat.clauses_for(["200"]))
    assert "request.body type ['array']" in clauses
    assert "request.body[].id type ['string']" in clauses
    assert "response.200.body[].total_cents type ['integer']" in clauses


def test_types(tmp_path: Path) -> None:
    contract = declared(tmp_path, a_service(".shop.Order"))
    clauses = said(contract.operations[0].clauses_for([]))
    for expected in (
        "request.body.lines present always",
        "request.body.placed present sometimes",
        "request.body.lines type ['array']",
        "request.body.lines[].sku type ['string']",
        "request.body.tags type ['object']",
        "request.body.tags{} type ['string']",
        "request.body.status enum ['PAID', 'UNKNOWN']",
        "request.body.placed format date-time",
        "request.body.discount type ['integer']",
        "request.body.parent.parent.id type ['string']",
        "request.body.extra.@type present always",
    ):
        assert any(clause.replace(".{}", "{}").replace(".[]", "[]") == expected for clause in clauses), (
            expected
        )
    assert contract.warnings == ()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.text(max_size=5),
            "total_cents": st.integers(-(2**63), 2**63 - 1),
            "lines": st.lists(st.fixed_dictionaries({"sku": st.text(max_size=5)})),
            "tags": st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
            "status": st.integers(0, 1),
            "digest": st.binary(max_size=5),
            "placed": st.fixed_dictionaries({"seconds": st.integers(0, 2**33)}),
            "discount": st.fixed_dictionaries({"value": st.integers(-5, 5)}),
            "parent": st.just({"id": "p"}),
        },
    )
)
def test_recorded_messages_are_as_declared(fields: dict[str, Any]) -> None:
    data = Order(**fields).SerializeToString()
    text = json_text(SHOP.message("shop.Order").read(data).value, 1 << 20).data
    assert [str(error) for error in ORDERS.iter_errors(json.loads(text))] == []


def test_fields_that_proto2_requires_and_groups() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="old.proto", syntax="proto2")
    message = file.message_type.add(name="Old")
    message.nested_type.add(name="Part").field.add(
        name="n", number=1, type=FIELD.TYPE_DOUBLE, label=FIELD.LABEL_REQUIRED
    )
    message.field.add(
        name="part", number=1, type=FIELD.TYPE_GROUP, type_name=".Old.Part", label=FIELD.LABEL_REPEATED
    )
    leaf = Messages(descriptor_pb2.FileDescriptorSet(file=[file])).leaf(".Old")
    assert inlined(leaf) == {
        "type": "object",
        "properties": {
            "part": {
                "type": "array",
                "items": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
            }
        },
        "required": ["part"],
    }


@pytest.mark.parametrize(
    ("syntax", "of_file", "of_field", "always"),
    [
        ("proto2", None, None, False),
        ("proto3", None, None, True),
        ("editions", None, None, False),
        ("editions", "IMPLICIT", None, True),
        ("editions", "IMPLICIT", "EXPLICIT", False),
        ("editions", None, "IMPLICIT", True),
        ("editions", None, "LEGACY_REQUIRED", True),
    ],
)
def test_fields_without_presence_are_always_there(
    syntax: str, of_file: Any, of_field: Any, always: bool
) -> None:
    file = descriptor_pb2.FileDescriptorProto(name="a.proto", syntax=syntax)
    if of_file:
        file.options.features.CopyFrom(descriptor_pb2.FeatureSet(field_presence=of_file))
    message = file.message_type.add(name="A")
    message.oneof_decl.add(name="_choice")
    plain = message.field.add(name="plain", number=1, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
    if of_field:
        plain.options.features.CopyFrom(descriptor_pb2.FeatureSet(field_presence=of_field))
    message.field.add(
        name="chosen", number=2, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL, oneof_index=0
    )
    message.field.add(
        name="own", number=3, type=FIELD.TYPE_MESSAGE, type_name=".A", label=FIELD.LABEL_OPTIONAL
    )
    leaf = Messages(descriptor_pb2.FileDescriptorSet(file=[file])).leaf(".A")
    assert leaf.schema["required"] == (["plain"] if always else [])


def test_shipped_types_that_are_in_the_set_keep_their_form(tmp_path: Path) -> None:
    shipped = descriptor_pb2.FileDescriptorProto()
    struct_pb2.DESCRIPTOR.CopyToProto(shipped)
    contract = declared(tmp_path, shipped, a_service(".google.protobuf.Struct", ".google.protobuf.Value"))
    clauses = said(contract.operations[0].clauses_for(["200"]))
    assert "request.body type ['object']" in clauses
    assert not any(".fields" in clause for clause in clauses)
    assert contract.warnings == ()


def test_types_that_the_set_has_not_restrict_nothing(tmp_path: Path) -> None:
    contract = declared(tmp_path, a_service(".money.Amount", ".google.protobuf.Api"))
    assert len(contract.operations[0].clauses_for(["200"])) == 4
    assert contract.warnings == ("the set has no money.Amount: compile it with its imports",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.desc", b"openapi: 3.1.0", "no serialised FileDescriptorSet"),
        ("a.pb", b"", "no service"),
        ("b.pb", None, "cannot be read"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DeclaredError, match=message):
        load(str(tmp_path / name), producer="x")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    (tmp_path / "a.pb").write_bytes(bytes(2**20 + 1))
    with pytest.raises(DeclaredError, match="larger than 1 MiB"):
        load(tmp_path / "a.pb", producer="x")


@given(st.binary())
def test_any_set_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pb"
    path.write_bytes(content)
    try:
        load(path, producer="x")
    except DeclaredError:
        return
