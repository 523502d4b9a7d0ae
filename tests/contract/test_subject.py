"""Subjects, clauses and claims: written, read back, identified."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.claim import Evidence
from contract.clause import Clause, Direction
from contract.kinds import Present, Type
from contract.subject import ITEM, VALUE, Subject, parse

PARTS = st.lists(
    st.sampled_from([ITEM, VALUE, "id", "odd name", 'quote"d', "a.b", "x[0]", "ünder", "42"]), max_size=5
)


@given(PARTS)
def test_a_written_subject_reads_back(parts: list[str]) -> None:
    subject = Subject(("response", "200", "body", *parts))
    assert parse(str(subject)) == subject


@given(st.text(min_size=1, max_size=8))
def test_any_name_reads_back(name: str) -> None:
    if name not in {ITEM, VALUE}:
        subject = Subject(("request", "query", name))
        assert parse(str(subject)) == subject


@given(st.text(max_size=30))
def test_any_text_is_a_subject_or_refused(text: str) -> None:
    try:
        subject = parse(text)
    except ValueError:
        return
    assert parse(str(subject)) == subject


@pytest.mark.parametrize(
    ("text", "readable", "direction", "section"),
    [
        ("request.query.limit", "query limit", Direction.REQUEST, "query"),
        ("response.200.body.items[].sku", "200 body items[].sku", Direction.RESPONSE, "body"),
        ("response.429.header.retry-after", "429 header retry-after", Direction.RESPONSE, "header"),
        ("response.404", "404", Direction.RESPONSE, ""),
    ],
)
def test_parts(text: str, readable: str, direction: Direction, section: str) -> None:
    subject = parse(text)
    assert (subject.readable, subject.direction, subject.section) == (readable, direction, section)


def clause(operation: str, subject: str, *, producer: str = "shop", always: bool = True) -> Clause:
    return Clause(producer=producer, operation=operation, subject=parse(subject), kind=Present(always=always))


def test_an_id_outlives_parameter_names_and_values_and_nothing_else() -> None:
    body = "response.200.body.id"
    one = clause("GET /orders/{id}", body)
    assert one.id == clause("GET /orders/{order_id}", body).id
    assert one.id == clause("GET /orders/{id}", body, always=False).id
    assert clause("GET /a/{x}/{y}", "request.path.x").id == clause("GET /a/{p}/{q}", "request.path.p").id
    others = [
        clause("GET /orders", body),
        clause("PUT /orders/{id}", body),
        clause("GET /orders/{id}", "response.200.body.name"),
        clause("GET /orders/{id}", body, producer="other"),
        Clause(producer="shop", operation="GET /orders/{id}", subject=parse(body), kind=Type(("string",))),
        clause("GET /a/{x}/{y}", "request.path.y"),
    ]
    assert len({one.id, *(other.id for other in others)}) == 1 + len(others)
    assert clause("GET /a/{x}/{y}", "request.path.x").id != clause("GET /a/{x}/{y}", "request.path.y").id


def test_a_key_is_readable() -> None:
    expected = "GET /orders/{id} · 200 body items[].sku · present"
    assert clause("GET /orders/{id}", "response.200.body.items[].sku").key == expected


@pytest.mark.parametrize(
    ("held", "broken", "bound"),
    [(0, 0, None), (1, 0, 1.0), (3, 0, 1.0), (300, 0, 0.01), (90, 10, 0.1744), (0, 5, 1.0)],
)
def test_the_bound_that_evidence_allows(held: int, broken: int, bound: float | None) -> None:
    found = Evidence(held=held, broken=broken).bound
    assert found == (None if bound is None else pytest.approx(bound, abs=1e-3))
