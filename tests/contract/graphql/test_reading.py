"""What is read as SDL, from how many files, and what is said of what is wrong in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLObjectType

from contract.declared import load
from contract.graphql import is_named
from contract.graphql.declared import DeclaredSchema
from contract.openapi import DeclaredError

if TYPE_CHECKING:
    from pathlib import Path


def loaded(path_or_text: str | Path) -> DeclaredSchema:
    found = load(path_or_text, producer="shop")
    assert isinstance(found, DeclaredSchema)
    return found


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("schema.graphql", True),
        ("api/schema.gql", True),
        ("type Query {\n a: Int }", True),
        ('# all\n"""\nA "shop".\n"""\ntype Query { a: Int }', True),
        ('"Money."\nscalar Money', True),
        ("extend type Query {\n a: Int }", True),
        ("schema {\n query: Q }", True),
        ("directive @key(fields: String!) on OBJECT\n", True),
        ("openapi: 3.0.3\ninfo: {title: type Query}\n", False),
        ("type: object\ntitle: x\n", False),
        ('{"openapi": "3.0.3"' + " " * 5000 + "}", False),
        ("openapi.yaml", False),
        ("query Q {\n a }", False),
    ],
)
def test_what_is_sdl(given: str, named: bool) -> None:
    assert is_named(given) is named


def test_a_text_and_a_file_are_alike(tmp_path: Path) -> None:
    text = "type Query {\n  order: Order\n}\ntype Order { id: ID! }\n"
    (tmp_path / "shop.gql").write_text(text, encoding="utf-8-sig")
    assert loaded(text).source == "the schema"
    assert loaded(tmp_path / "shop.gql").source == "shop.gql"
    assert loaded(str(tmp_path / "shop.gql")).schema.query_type is not None


def test_files_of_a_folder_are_one_schema(tmp_path: Path) -> None:
    (tmp_path / "types").mkdir()
    (tmp_path / "query.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    (tmp_path / "types" / "order.graphqls").write_text(
        'extend type Query @shareable { order: Order }\ntype Order @key(fields: "id") { id: ID! }',
        encoding="utf-8",
    )
    (tmp_path / "README.md").write_text("type Query", encoding="utf-8")
    query = loaded(tmp_path).schema.query_type
    assert isinstance(query, GraphQLObjectType)
    assert list(query.fields) == ["a", "order"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type Query {\n  a Int\n}", "s.graphql, line 2, column 5: Syntax Error: Expected ':'"),
        ("type Query {\n  a: Lime\n}", "s.graphql, line 2, column 6: Unknown type 'Lime'."),
        ("type Query { a: Int }\ntype Query { b: Int }", "s.graphql, line 1, column 6: There can be only"),
        ("type Query { a: N }\ninterface N { id: ID! }\ntype T implements N { x: Int }", "line 2, column 15"),
        ("type Order { id: ID! }", "s.graphql: Query root type must be provided."),
        ("type Query { a: " + "[" * 20_000 + "}", "s.graphql"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.graphql").write_text(text, encoding="utf-8")
    with pytest.raises(DeclaredError) as caught:
        loaded(tmp_path / "s.graphql")
    assert said in caught.value.message


def test_of_many_problems_the_first_are_told() -> None:
    fields = "\n".join(f"  f{number}: T{number}" for number in range(30))
    with pytest.raises(DeclaredError) as caught:
        loaded(f"type Query {{\n{fields}\n}}")
    assert caught.value.message.count("\n") == 10
    assert caught.value.message.endswith("and 20 more")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.graphql").write_bytes(b'"\xe4" scalar A')
    for path, said in (
        (tmp_path / "none.graphql", "none.graphql cannot be read"),
        (tmp_path / "latin.graphql", "latin.graphql is not UTF-8: byte 1"),
    ):
        with pytest.raises(DeclaredError, match=said):
            loaded(path)
    (tmp_path / "latin.graphql").unlink()
    with pytest.raises(DeclaredError, match="is a folder without files of SDL"):
        loaded(tmp_path)
