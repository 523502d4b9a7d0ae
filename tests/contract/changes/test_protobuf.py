"""What is on the wire of protobuf: numbers first, and what the encoding makes of each value."""
# ruff: noqa: E501  # tables are read by their columns

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from hypothesis import given
from hypothesis import strategies as st

from contract.changes import RULES, compare, load
from contract.changes.facts import Document
from contract.changes.protobuf import of_files
from contract.changes.usage import Verdict, judge
from contract.kinds import Enum
from tests.contract.changes.test_usage import MANY, claim, used

if TYPE_CHECKING:
    from pathlib import Path

KEY = "POST /shop.Orders/Get"
TYPES = {name.removeprefix("TYPE_").lower(): number for name, number in FieldDescriptorProto.Type.items()}
LABELS = {name.removeprefix("LABEL_").lower(): number for name, number in FieldDescriptorProto.Label.items()}


def field(name: str, number: int, kind: str, **more: Any) -> FieldDescriptorProto:
    label = LABELS[more.pop("label", "optional")]
    named = {"type_name": f".shop.{more.pop('of')}"} if "of" in more else {}
    return FieldDescriptorProto(name=name, number=number, type=TYPES[kind], label=label, **named, **more)


def messages(*fields: FieldDescriptorProto, syntax: str = "proto3", **enum: int) -> FileDescriptorSet:
    """A call that takes and gives a message `Order`; `enum` is `State`, which fields may be of."""
    file = FileDescriptorProto(name="shop.proto", package="shop", syntax=syntax)
    message = file.message_type.add(name="Order", field=fields)
    for one in fields:
        if one.HasField("oneof_index") and not message.oneof_decl:
            message.oneof_decl.add(name="either")
    file.message_type.add(
        name="Line", field=[field("sku", 1, "string"), field("order", 2, "message", of="Order")]
    )
    if enum:
        state = file.enum_type.add(name="State")
        for name, number in enum.items():
            state.value.add(name=name, number=number)
    method = file.service.add(name="Orders").method.add(name="Get")
    method.input_type = method.output_type = ".shop.Order"
    return FileDescriptorSet(file=[file])


def told(old: FileDescriptorSet, new: FileDescriptorSet) -> dict[str, str]:
    """The rules, with how grave each is; all places are inside of the body."""
    found = compare(of_files(old, "old"), of_files(new, "new"))
    assert {one.operation for one in found} <= {KEY}
    return {one.rule.name: one.compatibility.value for one in found}


def one(kind: str, **more: Any) -> FileDescriptorSet:
    return messages(field("a", 1, kind, **more))


NARROWER, WIDER, APART = (
    {"request-encoded-narrowed": "breaking", "response-encoded-narrowed": "compatible"},
    {"request-encoded-widened": "compatible", "response-encoded-widened": "breaking"},
    {"request-encoded-changed": "breaking", "response-encoded-changed": "breaking"},
)
REREAD = {"protobuf-values-reread": "warning"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("int32", "int64", WIDER),
        ("int64", "int32", NARROWER),
        ("uint32", "uint64", WIDER),
        ("sint32", "sint64", WIDER),
        ("string", "bytes", WIDER),
        ("bytes", "string", NARROWER),
        ("int32", "uint32", REREAD),
        ("fixed32", "sfixed32", REREAD),
        ("fixed64", "sfixed64", REREAD),
        ("int32", "sint32", APART),
        ("int32", "fixed32", APART),
        ("fixed32", "fixed64", APART),
        ("float", "double", APART),
    ],
)
def test_encodings(old: str, new: str, expected: dict[str, str]) -> None:
    assert told(one(old), one(new)) == expected


A, B = field("a", 1, "string"), field("b", 2, "int32")
STATE = field("a", 1, "enum", of="State")
EITHER = [field("a", 1, "string", oneof_index=0), field("b", 2, "int32", oneof_index=0)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (messages(A), messages(A, B), {"request-property-added": "compatible", "response-property-added": "compatible"}),
        (messages(A, B), messages(A), {"request-property-removed": "breaking", "response-property-removed": "breaking"}),
        (messages(A), one("string", json_name="z"), {"protobuf-field-renamed": "warning"}),
        (messages(A), messages(field("c", 1, "string")), {"protobuf-field-renamed": "warning"}),
        (messages(A), messages(field("a", 7, "string")), {"protobuf-number-changed": "breaking"}),
        (messages(A, B), messages(field("a", 2, "string"), field("b", 1, "int32")), {"protobuf-number-changed": "breaking"}),
        (messages(A), one("string", proto3_optional=True, oneof_index=0), {"protobuf-presence-changed": "warning"}),
        (one("int32", default_value="1"), one("int32", default_value="2"), {"protobuf-default-changed": "breaking"}),
        (messages(STATE, X=0, Y=1), messages(STATE, X=0, Y=1, Z=2), {"request-symbols-widened": "compatible", "response-symbols-widened": "warning"}),
        (messages(STATE, X=0, Y=1), messages(STATE, X=0), {"request-symbols-narrowed": "breaking", "response-symbols-narrowed": "compatible"}),
        (messages(STATE, X=0, Y=1), messages(STATE, X=0, Z=1), {"protobuf-symbols-renamed": "warning"}),
        (messages(STATE, X=0, Y=1, Z=2), messages(STATE, X=0, Y=2, Z=1), {"request-symbols-changed": "breaking", "response-symbols-changed": "breaking"}),
        (messages(STATE, X=0, Y=1), messages(STATE, V=0, W=1), {"request-symbols-changed": "breaking", "response-symbols-changed": "breaking"}),
        (messages(A, B), messages(*EITHER), {"request-together-narrowed": "breaking", "response-together-narrowed": "compatible", "protobuf-presence-changed": "warning"}),
        (messages(*EITHER), messages(A, B), {"request-together-widened": "compatible", "response-together-widened": "warning", "protobuf-presence-changed": "warning"}),
        (messages(A), messages(A, field("line", 3, "message", of="Line")), {"request-property-added": "compatible", "response-property-added": "compatible"}),
    ],
)  # fmt: skip
def test_fields(old: FileDescriptorSet, new: FileDescriptorSet, expected: dict[str, str]) -> None:
    assert told(old, new) == expected
    assert told(old, old) == {}


def test_required_fields_of_proto2() -> None:
    must = messages(field("a", 1, "string", label="required"), syntax="proto2")
    may = messages(field("a", 1, "string"), syntax="proto2")
    assert told(may, must)["request-property-became-required"] == "breaking"
    assert told(must, may)["response-property-became-optional"] == "breaking"


def test_a_message_that_contains_itself_is_looked_into_once() -> None:
    nested = messages(A, field("line", 3, "message", of="Line", label="repeated"))
    found = {str(place.subject) for place in places(of_files(nested, "x"))}
    assert "request.body.line[].order" in found
    assert len(found) < 20


def test_it_is_read_from_a_file_and_joined_with_traffic(tmp_path: Path) -> None:
    """Fields are known by number, and traffic shows names."""
    paths = tmp_path / "old.binpb", tmp_path / "new.binpb"
    for path, values in zip(paths, ({"X": 0, "Y": 1}, {"X": 0}), strict=True):
        path.write_bytes(messages(STATE, **values).SerializeToString())
    old, new = (load(path) for path in paths)
    assert isinstance(old, Document)
    assert isinstance(new, Document)
    sent = used(claim("request.body.a", Enum(('"X"',)), key=KEY, web=("used", MANY)), key=KEY)
    found = {one.change.rule.name: one for one in judge(compare(old, new), sent)}
    (hit,) = found["request-symbols-narrowed"].hits
    assert (hit.verdict, hit.basis) == (
        Verdict.UNAFFECTED,
        f"what it sends still fits, in all of {MANY} calls",
    )


SCALARS = ["int32", "int64", "uint32", "sint64", "fixed32", "bool", "string", "bytes", "double"]


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from("abcd"), st.sampled_from(SCALARS)), max_size=4))
def test_a_set_does_not_differ_from_itself_and_what_is_new_hits_nobody(
    fields: list[tuple[int, str, str]],
) -> None:
    unique = {name: (number, kind) for number, name, kind in {one[0]: one for one in fields}.values()}
    mine = [field(name, number, kind) for name, (number, kind) in unique.items()]
    assert told(messages(*mine), messages(*mine)) == {}
    assert "breaking" not in told(messages(*mine), messages(*mine, field("new", 9, "string"))).values()


def places(document: Document) -> list[Any]:
    return [place for side in document.operations.values() for place in side.places.values()]


def test_all_rules_of_protobuf_are_listed() -> None:
    assert {name for name in RULES if name.startswith("protobuf-")} == {
        *("protobuf-number-changed", "protobuf-field-renamed", "protobuf-values-reread"),
        *("protobuf-symbols-renamed", "protobuf-presence-changed", "protobuf-default-changed"),
    }
