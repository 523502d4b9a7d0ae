"""Documents that are wrong in a place, dense, or deep: nothing crashes, and work and places are bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import view
from contract.changes import compare, facts, load
from contract.changes.facts import MAX_PLACES, Document, Side
from contract.openapi.errors import DeclaredError
from tests.contract.changes.cases import CASES, NOTHING, api, query, thing

JUNK: list[Any] = [
    *(None, 1, -1.5, True, "", "x", [], {}, [1], 10**400),
    *({"$ref": "#/nowhere"}, {"$ref": "#"}, {"type": 5}, {"type": ["string", 7]}, {"enum": 5}),
    *({"allOf": [{"$ref": "#"}]}, {"oneOf": [1, None]}, {"minimum": "x"}, {"required": "a"}),
]
KEYS = (
    *("type", "enum", "properties", "required", "items", "oneOf", "allOf", "minLength", "pattern", "minimum"),
    *("multipleOf", "dependencies", "discriminator", "security", "x-sunset", "parameters", "content"),
    *("$id", "$schema"),
)
TEXTS = sorted({text for case in CASES for text in (case.old, case.new) if text.startswith("{")})


def read(text: str) -> Document:
    found = load(text)
    assert isinstance(found, Document)
    return found


def only(document: Document) -> Side:
    (side,) = document.operations.values()
    return side


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A document with junk in one place."""
    document = json.loads(draw(st.sampled_from(TEXTS)))
    here: Any = document
    while True:
        steps = list(here) if isinstance(here, dict) else list(range(len(here)))
        step = draw(st.sampled_from([*steps, None])) if steps else None
        if step is None or not isinstance(here[step], dict | list) or not here[step]:
            break
        here = here[step]
    if step is not None:
        here[step] = draw(st.sampled_from(JUNK))
    elif isinstance(here, dict):
        here[draw(st.sampled_from(KEYS))] = draw(st.sampled_from(JUNK))
    return json.dumps(document)


@given(damaged(), damaged())
def test_no_pair_of_documents_crashes(old: str, new: str) -> None:
    try:
        sides = load(old), load(new)
    except DeclaredError:
        return
    if isinstance(sides[0], Document) and isinstance(sides[1], Document):
        compare(*sides)


def dense(**more: Any) -> str:
    """Schemas that all refer to each other, in unions as well."""

    def ref(number: int) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/M{number % 30}"}

    schemas = {
        f"M{n}": thing(ref(n + 1), name="b", title=f"M{n}")
        | {
            "properties": {
                "a": {"oneOf": [ref(n + 3), ref(n + 7)]},
                **{f"f{i}": ref(n * i) for i in range(8)},
            }
        }
        for n in range(30)
    }
    return api(answer=ref(0), root={"components": {"schemas": schemas | more}})


def test_places_of_dense_schemas_are_bounded_and_none_is_gone_where_it_was_cut() -> None:
    old = read(dense())
    assert len(only(old).places) <= MAX_PLACES + 2
    wider = thing({"type": "string"}, name="new") | {"allOf": [{"$ref": "#/components/schemas/M1"}]}
    new = read(dense(M0=wider | {"properties": {f"n{i}": {"type": "string"} for i in range(50)}}))
    gone = {str(one.subject) for one in compare(old, new) if one.rule.name == "response-property-removed"}
    assert all(len(place.removeprefix("response.200.body.").split(".")) == 1 for place in gone)


def unions(version: int, size: int = 12) -> str:
    """Schemas each of which is any of all others: the ways through them are more than can be gone."""
    refs = [{"$ref": f"#/components/schemas/U{n}"} for n in range(size)]
    schemas = {
        f"U{n}": {"anyOf": [*refs[:n], *refs[n + 1 :], thing({"type": "string", "maxLength": version + n})]}
        for n in range(size)
    }
    return api(answer=refs[0], root={"components": {"schemas": schemas}})


def test_unions_of_all_with_all_are_compared_and_a_change_is_never_passed_over() -> None:
    old, new = read(unions(1)), read(unions(2))
    assert "breaking" in {one.compatibility.value for one in compare(old, new)}
    assert compare(old, read(unions(1))) == ()


def test_what_is_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MAX_WORK", 50)
    found = {one.rule.name: one for one in compare(read(unions(1)), read(unions(2)))}
    assert found["places-not-compared"].compatibility == "warning"
    assert compare(read(unions(1)), read(unions(1, size=12))) == ()


def test_in_many_places_it_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_ALL_PLACES", 1)
    monkeypatch.setattr(facts, "_LEAST_PLACES", 2)

    def wide(kind: str) -> str:
        paths = {
            f"/{n}": {"get": {"responses": {"200": {"description": "x", "content": {"application/json": {
                "schema": thing(thing(thing({"type": kind})))}}}}}}
            for n in range(9)
        }  # fmt: skip
        return json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths})

    (found,) = compare(read(wide("string")), read(wide("integer")))
    assert (found.rule.name, found.operation, found.subject) == ("places-not-compared", "", None)
    assert found.message.startswith("9 schemas are too large")


def test_ways_to_be_let_in_are_bounded() -> None:
    flows = {
        name: {"tokenUrl": f"https://{name}", "scopes": {}} for name in ("password", "clientCredentials")
    }
    schemes = {f"s{n}": {"type": "oauth2", "flows": flows} for n in range(40)}
    document = api(
        root={"components": {"securitySchemes": schemes}}, security=[{name: [] for name in schemes}]
    )
    assert compare(read(document), read(document)) == ()


def test_a_long_chain_of_references_ends_and_what_is_behind_its_end_is_not_passed_over() -> None:
    chain = {f"C{n}": {"allOf": [{"$ref": f"#/components/schemas/C{n + 1}"}] * 2} for n in range(100)}
    document = api(answer={"$ref": "#/components/schemas/C0"}, root={"components": {"schemas": chain}})
    (found,) = compare(read(document), read(document.replace("C100", "C101")))
    assert (found.rule.name, str(found.subject)) == ("places-not-compared", "response.200.body")


def test_operations_that_say_the_same_have_the_same_imprint() -> None:
    shared = {"components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": thing()}}}
    changed = {"components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": NOTHING}}}
    other = {"components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": thing(), "C": NOTHING}}}
    body = {"$ref": "#/components/schemas/A"}
    old, same, new = (only(read(api(answer=body, root=root))) for root in (shared, other, changed))
    assert old.imprint == same.imprint != new.imprint
    assert only(read(api(answer=body, root=shared, parameters=[query()]))).imprint != old.imprint


def test_an_imprint_knows_what_a_discriminator_names_and_what_stands_beside_an_operation() -> None:
    base = {"type": "object", "discriminator": {"propertyName": "a", "mapping": {"x": "X"}}}
    one, two = (
        only(read(api(answer=base, root={"components": {"schemas": {"X": schema}}}))).imprint
        for schema in (thing(), NOTHING)
    )
    assert one != two
    document = json.loads(api())
    document["paths"]["/things"]["parameters"] = [query()]
    assert only(read(json.dumps(document))).imprint != only(read(api())).imprint
