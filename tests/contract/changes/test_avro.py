from __future__ import annotations

from typing import Any

import pytest

from contract.changes.avro import compare_avro
from contract.changes.reading import AvroSchema, load
from contract.changes.single import Mode
from contract.openapi.errors import DeclaredError

BACKWARD, FORWARD, FULL = Mode


def record(*fields: Any, name: str = "R", **more: Any) -> Any:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> Any:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Any) -> Any:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def rules(old: Any, new: Any, mode: Mode) -> set[str]:
    found = compare_avro(AvroSchema("old", old), AvroSchema("new", new), mode)
    return {one.rule.name for one in found if one.compatibility == "breaking"}


A, B = field("a", "string"), field("b", "string")
PAIRS = [
    (record(A), record(A, B), {"avro-field-without-default"}, set()),
    (record(A), record(A, {**B, "default": ""}), set(), set()),
    (record(A, B), record(A), set(), {"avro-field-without-default"}),
    (record(A), record(field("x", "string", aliases=["a"])), set(), {"avro-field-without-default"}),
    (record(field("a", "int")), record(field("a", "long")), set(), {"avro-type-changed"}),
    (record(field("a", "long")), record(field("a", "int")), {"avro-type-changed"}, set()),
    (record(field("a", "float")), record(field("a", "double")), set(), {"avro-type-changed"}),
    (record(field("a", "string")), record(field("a", "bytes")), set(), set()),
    (record(A), record(A, name="S"), {"avro-name-changed"}, {"avro-name-changed"}),
    (record(A), record(A, name="S", aliases=["R"]), set(), {"avro-name-changed"}),
    (record(A, namespace="x"), record(A, namespace="y"), set(), set()),
    (enum("A", "B"), enum("A"), {"avro-symbol-unknown"}, set()),
    (enum("A", "B"), enum("A", default="A"), set(), set()),
    (enum("A"), enum("A", "B"), set(), {"avro-symbol-unknown"}),
    (["null", "string"], ["null"], {"avro-branch-unknown"}, set()),
    (["null"], ["null", "string"], set(), {"avro-branch-unknown"}),
    ("string", ["null", "string"], set(), {"avro-type-changed"}),
    ({"type": "fixed", "name": "F", "size": 4}, {"type": "fixed", "name": "F", "size": 8},
     {"avro-size-changed"}, {"avro-size-changed"}),
    ({"type": "array", "items": "int"}, {"type": "array", "items": "string"},
     {"avro-type-changed"}, {"avro-type-changed"}),
    ({"type": "map", "values": "int"}, {"type": "map", "values": "long"}, set(), {"avro-type-changed"}),
    (record(A, field("next", ["null", "R"])), record(A, B, field("next", ["null", "R"])),
     {"avro-field-without-default"}, set()),
]  # fmt: skip
"""The older schema, the newer one, and what breaks where the newer one reads, and where the older one does.

By the rules of Avro 1.12, "Schema Resolution".
"""


@pytest.mark.parametrize(("old", "new", "backward", "forward"), PAIRS)
def test_resolution(old: Any, new: Any, backward: set[str], forward: set[str]) -> None:
    assert rules(old, new, BACKWARD) == backward
    assert rules(old, new, FORWARD) == forward
    assert rules(old, new, FULL) == backward | forward


@pytest.mark.parametrize("schema", [pair[0] for pair in PAIRS])
@pytest.mark.parametrize("mode", Mode)
def test_a_schema_reads_what_it_wrote(schema: Any, mode: Mode) -> None:
    assert compare_avro(AvroSchema("x", schema), AvroSchema("x", schema), mode) == ()


def test_what_either_side_can_do_without_is_told_as_harmless() -> None:
    found = compare_avro(
        AvroSchema("x", record(A, B)), AvroSchema("x", record(A, field("c", "int", default=0))), BACKWARD
    )
    assert [(one.rule.name, str(one.subject)) for one in found] == [
        ("avro-field-added", "request.body.c"),
        ("avro-field-removed", "request.body.b"),
    ]


def test_what_is_no_schema_is_told() -> None:
    broken = AvroSchema("broken.avsc", record(field("a", "nonsense")))
    with pytest.raises(DeclaredError, match=r"broken\.avsc: .*nonsense"):
        compare_avro(broken, broken, BACKWARD)


def test_it_is_known_by_its_shape() -> None:
    found = load('{"type": "record", "name": "R", "fields": []}')
    assert isinstance(found, AvroSchema)
