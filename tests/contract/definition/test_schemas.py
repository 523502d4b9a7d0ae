"""Clauses → a schema → clauses: nothing is lost that JSON Schema has a word for, and nothing is added."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clause import Clause, Kind
from contract.definition.schemas import Sketch, sketched
from contract.kinds import (
    Closed,
    Enum,
    Format,
    Length,
    Nullable,
    Pattern,
    Present,
    Range,
    Size,
    Type,
    Unique,
)
from contract.schema import clauses_of
from contract.subject import ITEM, VALUE, Subject, parse

AT = parse("response.200.body")
NAMES = ("id", "name", "odd name", "$ref", "type", "x-y", "é")


def said(subject: Subject, *kinds: Kind) -> list[Clause]:
    return [Clause(producer="shop", operation="GET /x", subject=subject, kind=kind) for kind in kinds]


def keyed(clauses: list[Clause]) -> dict[str, object]:
    return {one.id: one.kind for one in clauses if one.kind.informative or isinstance(one.kind, Closed)}


def read(clauses: list[Clause]) -> list[Clause]:
    schema = sketched(clauses, AT).schema
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    return list(clauses_of(schema, at=AT, producer="shop", operation="GET /x"))


BOUNDS = st.tuples(st.integers(0, 5), st.integers(6, 9))
TEXTS: st.SearchStrategy[list[Kind]] = st.sampled_from(
    [
        [],
        [Format("uuid")],
        [Format("base64")],
        [Format("date-time"), Length(1, 40)],
        [Pattern("^[a-z]+$")],
        [Enum.of(["a", "b"])],
    ]
)
NUMBERS: st.SearchStrategy[list[Kind]] = st.one_of(
    st.just([]), BOUNDS.map(lambda pair: [Range(*pair)]), st.just([Enum.of([1, 2])])
)


@st.composite
def places(draw: st.DrawFn, at: Subject = AT, depth: int = 3) -> list[Clause]:
    """What is said of a place and of all below it, each with a type and whether it may be null."""
    types = ["string", "integer", "number", "boolean", *(["object", "array", "map"] if depth else [])]
    chosen = draw(st.sampled_from(types))
    kinds: list[Kind] = [Nullable(draw(st.booleans()))]
    kinds.append(Type(("object",) if chosen == "map" else (chosen,)))
    below: list[Clause] = []
    if chosen == "string":
        kinds += draw(TEXTS)
    elif chosen in {"integer", "number"}:
        whole = chosen == "integer"  # a list of whole numbers says that they are
        kinds += [kind for kind in draw(NUMBERS) if whole or not isinstance(kind, Enum)]
    elif chosen == "array":
        kinds += draw(st.sampled_from([[], [Size(1, 3)], [Unique(None)]]))
        below += draw(places(at.within(ITEM), depth - 1))
    elif chosen == "map":
        below += draw(places(at.within(VALUE), depth - 1))
    elif chosen == "object":
        names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
        for name in names:
            below += said(at.within(name), Present(draw(st.booleans())))
            below += draw(places(at.within(name), depth - 1))
        kinds += [Closed(tuple(sorted(names)))] if draw(st.booleans()) else []
    return said(at, *kinds) + below


@given(places())
def test_what_is_said_of_every_place_is_read_back(clauses: list[Clause]) -> None:
    assert keyed(read(clauses)) == keyed(clauses)


@given(st.data())
def test_what_is_not_said_is_not_promised(data: st.DataObject) -> None:
    whole = data.draw(places())
    clauses = [one for one in whole if data.draw(st.booleans())]
    mine = keyed(clauses)
    values = {one.subject for one in clauses if isinstance(one.kind, Enum | Nullable | Closed)}
    for clause in read(clauses):
        if not clause.kind.informative and not isinstance(clause.kind, Closed):
            continue
        implied = isinstance(clause.kind, Type) and clause.subject in values
        assert implied or mine.get(clause.id) == clause.kind, clause.key


@pytest.mark.parametrize(
    ("kinds", "schema"),
    [
        ([], {}),
        ([Type(("string",))], {"type": ["string", "null"]}),
        ([Type(("string",)), Nullable(value=False)], {"type": "string"}),
        ([Nullable(value=False)], {"type": ["array", "boolean", "number", "object", "string"]}),
        ([Enum.of(["a"])], {"enum": ["a", None]}),
        ([Enum.of(["a"]), Type(("string",)), Nullable(value=False)], {"type": "string", "enum": ["a"]}),
        ([Format("phone")], {}),
        ([Unique("id")], {}),
        ([Closed(("a",))], {"properties": {"a": {}}, "additionalProperties": False}),
        ([Range(None, 3)], {"maximum": 3}),
    ],
)
def test_the_words_of_json_schema(kinds: list[Kind], schema: dict[str, object]) -> None:
    assert sketched(said(AT, *kinds), AT).schema == schema


def test_texts_are_never_null_and_have_nothing_below() -> None:
    place = sketched(said(AT, Type(("integer",)), Range(1, None)), AT)
    assert place.text_schema == {"type": "integer", "minimum": 1}
    assert not Sketch().said
