"""The folder of schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from proxy.payloads import Schemas
from proxy.payloads.avro import fingerprint
from proxy.payloads.values import UnreadError
from store.errors import DefactoError
from tests.proxy.payloads.samples import ORDER, ORDER_AVRO, descriptor_set, shop_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_name_that_is_a_number_is_an_id(tmp_path: Path) -> None:
    (tmp_path / "7.avsc").write_bytes(orjson.dumps(ORDER))
    (tmp_path / "order.avsc").write_bytes(orjson.dumps({**ORDER, "name": "shop.Other"}))
    (tmp_path / "8.pb").write_bytes(descriptor_set(shop_file()))
    (tmp_path / "notes.txt").write_text("no schema")
    schemas = Schemas(tmp_path)
    assert schemas.by_id(7).read(ORDER_AVRO).type == "shop.Order"
    assert schemas.by_id(8).read(b"\x00").type == "shop.Cancelled"
    assert (
        schemas.by_fingerprint(fingerprint({**ORDER, "name": "shop.Other"})).read(ORDER_AVRO).type
        == "shop.Other"
    )
    for unknown in (schemas.by_id(9), schemas.by_fingerprint(bytes(8))):
        with pytest.raises(UnreadError, match="schema-unknown"):
            unknown.read(b"")


def test_fingerprints_are_those_of_the_specification() -> None:
    """Avro 1.11, "Schema Fingerprints", and the tests of its implementations: `"int"` is 7275d51a3f395c8f."""
    assert fingerprint("int") == bytes.fromhex("7275d51a3f395c8f")[::-1]
    assert fingerprint({"type": "int", "doc": "left out"}) == fingerprint("int")


def test_channels_have_patterns(tmp_path: Path) -> None:
    (tmp_path / "shop.desc").write_bytes(descriptor_set(shop_file()))
    schemas = Schemas(tmp_path, messages={"orders/*/cancelled": "shop.Cancelled", "orders/*": "shop.Order"})
    types = {}
    for channel in ("orders/1/cancelled", "orders/1", "order", "x/orders/1"):
        schema = schemas.for_channel(channel)
        types[channel] = schema.read(b"").type if schema else ""
    assert list(types.values()) == ["shop.Cancelled", "shop.Order", "", ""]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.avsc", b"{"),
        ("a.avsc", b'"nonsense"'),
        ("a.json", b"{"),
        ("a.desc", b"\xff"),
        ("a.pb", b"\x0a\x01\x01"),
    ],
)
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DefactoError, match=name):
        Schemas(tmp_path)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefactoError, match=r"shop\.Order"):
        Schemas(tmp_path, messages={"x": "shop.Order"})
    with pytest.raises(DefactoError, match="folder of schemas"):
        Schemas(tmp_path / "missing")
