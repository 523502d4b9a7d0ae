"""The scorer gives full marks to the truth itself, and names what is missing or made up."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.accuracy import FLOW, Claims, fooled, score
from contract.kinds import KINDS
from examples.shop.truth import EVENTS, Place, Truth, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.accuracy import Score


@pytest.fixture(scope="module")
def truth() -> Truth:
    return load()


Link = dict[str, str]
Claimed = tuple[Place, str, object, list[Link]]


@pytest.fixture
def perfect(truth: Truth) -> dict[str, Any]:
    return claiming(truth)


def claiming(truth: Truth) -> dict[str, Any]:
    """A map that claims exactly what is true, as far as there are kinds for it."""
    clauses: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, kind, value, links in (*statuses(truth), *shapes(truth), *named(truth)):
        clause = {"subject": place.subject, "kind": kind, "value": value, "dependence": links}
        clauses[place.operation].append(clause)
    operations = [{"key": key, "clauses": found} for key, found in clauses.items()]
    others = {"name": "other", "operations": []}
    return {"producers": [{"name": truth.producer, "operations": operations}, others]}


def statuses(truth: Truth) -> Iterator[Claimed]:
    for operation, occurring in truth.statuses.items():
        for status in occurring:
            yield Place(operation, f"response.{status}"), "occurs", True, []
    for place, media_type in truth.content_types.items():
        yield place, "content-type", [media_type], []


def shapes(truth: Truth) -> Iterator[Claimed]:
    for place, shape in truth.shapes.items():
        yield place, "nullable", shape.nullable, []
        if shape.types:
            yield place, "type", sorted(shape.types), []
        if shape.present is not None:
            yield place, "present", "always" if shape.present else "sometimes", []


def named(truth: Truth) -> Iterator[Claimed]:
    for fact in truth.facts:
        if fact.kind in KINDS and fact.kind != "content-type":
            yield fact.place, fact.kind, None, []
    for one in truth.dependences:
        if one.kind != FLOW:
            yield one.place, one.kind, None, []
        if one.level == "used":
            yield one.place, "exists", True, [{"consumer": one.consumer, "level": "used"}]


def scores(truth: Truth, form: dict[str, Any]) -> dict[str, Score]:
    return {one.name: one for one in score(truth, Claims.of(form, truth.producer))}


def operation(form: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(
        one["clauses"] for one in form["producers"][0]["operations"] if one["key"] == key
    )
    return found


def test_the_truth_itself_gets_full_marks(truth: Truth, perfect: dict[str, Any]) -> None:
    for one in scores(truth, perfect).values():
        assert not one.missed, one.name
        assert not one.false, one.name
        assert one.recall in {1.0, None}
        assert one.precision in {1.0, None}
    assert not fooled(truth, Claims.of(perfect, "shop"))


@pytest.mark.parametrize("over", ["amqp", "mqtt"])
def test_the_truth_of_events_gets_full_marks(over: str) -> None:
    events = load(EVENTS, over=over)
    for one in scores(events, claiming(events)).values():
        assert not one.missed, one.name
        assert not one.false, one.name


def test_nothing_claimed_is_no_perfection(truth: Truth) -> None:
    for one in scores(truth, {"producers": []}).values():
        assert one.precision is None
        assert one.recall in {0.0, None}


def test_what_else_is_claimed_of_a_complete_kind_is_false(truth: Truth, perfect: dict[str, Any]) -> None:
    clause: dict[str, Any] = {"subject": "response.200.body.colour", "kind": "echo", "dependence": []}
    operation(perfect, "GET /orders/{}").append({**clause, "value": None})
    said = scores(truth, perfect)["echo"].false
    assert said == frozenset({"GET /orders/{} · response.200.body.colour"})


def test_a_missing_claim_is_named(truth: Truth, perfect: dict[str, Any]) -> None:
    clauses = operation(perfect, "GET /orders/{}")
    clauses[:] = [clause for clause in clauses if clause["subject"] != "response.200.body.billing_ref"]
    scored = scores(truth, perfect)
    assert scored["used (value flow)"].missed == {"billing · GET /orders/{} · response.200.body.billing_ref"}
    assert "GET /orders/{} · response.200.body.billing_ref · present always" in scored["shape"].missed


@pytest.mark.parametrize(
    ("clause", "row", "said"),
    [
        (
            {"subject": "response.200.body.colour", "kind": "type", "value": ["string"]},
            "shape",
            "GET /orders/{} · response.200.body.colour · type string",
        ),
        (
            {"subject": "response.200.body.items[].weight_grams", "kind": "present", "value": "always"},
            "shape",
            "GET /orders/{} · response.200.body.items[].weight_grams · present always",
        ),
        (
            {"subject": "response.200.body.notes", "kind": "nullable", "value": False},
            "shape",
            "GET /orders/{} · response.200.body.notes · nullable False",
        ),
        (
            {"subject": "response.418", "kind": "occurs", "value": True},
            "statuses",
            "GET /orders/{} · response.418 · occurs True",
        ),
        (
            {"subject": "response.200.header.content-type", "kind": "content-type", "value": ["text/html"]},
            "content types",
            "GET /orders/{} · response.200.header.content-type · content-type ['text/html']",
        ),
    ],
)
def test_a_false_claim_is_named(
    truth: Truth, perfect: dict[str, Any], clause: dict[str, Any], row: str, said: str
) -> None:
    operation(perfect, "GET /orders/{}").append({**clause, "dependence": []})
    scored = scores(truth, perfect)[row]
    assert set(scored.false or ()) == {said}
    assert scored.precision is not None
    assert scored.precision < 1


def test_headers_and_path_parameters_are_not_scored(truth: Truth, perfect: dict[str, Any]) -> None:
    before = scores(truth, copy.deepcopy(perfect))["shape"]
    for subject in ("request.path.order_id", "request.header.x-session", "response.200.header.etag"):
        clause = {"subject": subject, "kind": "type", "value": ["string"], "dependence": []}
        operation(perfect, "GET /orders/{}").append(clause)
    assert scores(truth, perfect)["shape"] == before


def test_a_distractor_is_named(truth: Truth, perfect: dict[str, Any]) -> None:
    link = {"consumer": "storefront", "level": "used"}
    clause = {
        "subject": "response.200.body.related[]",
        "kind": "type",
        "value": ["string"],
        "dependence": [link],
    }
    operation(perfect, "GET /products/{}").append(clause)
    claims = Claims.of(perfect, "shop")
    assert [text.partition(":")[0] for text in fooled(truth, claims)] == [
        "storefront · GET /products/{} · response.200.body.related[]"
    ]
    assert scores(truth, perfect)["used (value flow)"].false


def test_being_sent_something_is_not_using_it(truth: Truth, perfect: dict[str, Any]) -> None:
    link = {"consumer": "storefront", "level": "exposed"}
    clause = {
        "subject": "response.200.body.related[]",
        "kind": "type",
        "value": ["string"],
        "dependence": [link],
    }
    operation(perfect, "GET /products/{}").append(clause)
    assert not fooled(truth, Claims.of(perfect, "shop"))
