"""The shop does what `truth.yaml` says, all of it and nothing else; and so do its clients."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate

from contract.subject import ITEM, VALUE, Subject, parse
from examples.shop.events import CHANNELS
from examples.shop.server import make_app
from examples.shop.truth import EVENTS, TRUTH, Place, Truth, blank, load
from tests.examples.traffic import CLIENTS, SUBSCRIBERS, Passed, Traffic, run_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 6.0
OPENAPI = TRUTH.with_name("openapi.yaml")
JSON_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}


@pytest.fixture(scope="module")
def truth() -> Truth:
    return load()


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return run_shop(SECONDS)


def test_truth_names_real_operations(truth: Truth) -> None:
    served = {
        blank(f"{route.method} {route.resource.canonical}")
        for route in make_app(seed=7).router.routes()
        if route.resource is not None
    }
    named = {
        *truth.statuses,
        *(place.operation for place in truth.shapes),
        *(dependence.place.operation for dependence in truth.dependences),
        *(fact.place.operation for fact in truth.facts + truth.drift),
        *(distractor.place.operation for distractor in truth.distractors),
    }
    assert named <= served
    assert (
        served - named
        == {blank(f"HEAD {key.split(' ', 1)[1]}") for key in served if key.startswith("GET")} - named
    )


def test_truth_names_its_consumers(truth: Truth) -> None:
    assert set(truth.consumers) == {*CLIENTS, *SUBSCRIBERS} - {"ledger"}
    assert {dependence.consumer for dependence in truth.dependences} == set(CLIENTS)
    assert {distractor.consumer for distractor in truth.distractors} == set(CLIENTS)


def test_nothing_is_both_true_and_a_distractor(truth: Truth) -> None:
    used = {(dependence.consumer, place) for dependence in truth.dependences for place in dependence.places}
    assert not used & {(distractor.consumer, distractor.place) for distractor in truth.distractors}


def test_openapi_document_is_valid() -> None:
    validate(yaml.safe_load(OPENAPI.read_text("utf-8")))


def test_every_client_got_its_work_done(traffic: Traffic) -> None:
    for name in (*CLIENTS, *SUBSCRIBERS):
        first_number = int(traffic.said[name].rpartition(": ")[2].split()[0])
        assert first_number > 0, traffic.said[name]
    assert "0 reports given up on" not in traffic.said["analytics"].split(", ")
    assert {*CLIENTS, *SUBSCRIBERS} - {"ledger"} == {passed.consumer for passed in traffic.exchanges}


def test_the_statuses_are_those_of_truth(truth: Truth, traffic: Traffic) -> None:
    seen = defaultdict(set)
    for passed in traffic.exchanges:
        seen[passed.operation].add(passed.status)
    assert seen == truth.statuses


def test_the_shapes_are_those_of_truth(truth: Truth, traffic: Traffic) -> None:
    """Nothing is delivered or sent that truth does not know, and truth knows nothing that does not occur."""
    objects, seen = Counter[Place](), Counter[Place]()
    types = defaultdict(set)
    for place, value in _all_values(truth, traffic):
        seen[place] += 1
        types[place].add(JSON_TYPES[type(value)])
        if isinstance(value, dict):
            objects[place] += 1
    assert seen.keys() == truth.shapes.keys()
    for place, shape in truth.shapes.items():
        assert types[place] == shape.types | ({"null"} if shape.nullable else set()), place
        if shape.present is not None:
            parent = Place(place.operation, str(parse(place.subject).parent))
            assert (seen[place] == objects[parent]) == shape.present, place


def test_events_are_those_of_truth(traffic: Traffic) -> None:
    """Every channel, with exactly the fields and types of truth; an order's events in order, each once."""
    truth = load(EVENTS)
    types = defaultdict(set)
    for channel, event in traffic.events:
        for subject, value in _walk(Subject(("response", "message", "body")), event, set()):
            types[Place(f"RECEIVE {channel}", str(subject))].add(JSON_TYPES[type(value)])
    received = {place: shape.types for place, shape in truth.shapes.items() if "RECEIVE" in place.operation}
    assert types == received
    told = defaultdict(list)
    for channel, event in traffic.events:
        told[event["order_id"]].append(CHANNELS.index(channel))
    assert [0, 1] in told.values()
    assert all(steps == list(range(steps[0], steps[-1] + 1)) for steps in told.values())


def test_what_is_used_comes_back(truth: Truth, traffic: Traffic) -> None:
    """A consumer receives the value at the place, and sends it afterwards, not having sent it before."""
    for dependence in truth.dependences:
        if dependence.kind == "present":
            assert any(_flows(traffic, dependence.consumer, place) for place in dependence.places), dependence


def test_distractors_are_delivered(truth: Truth, traffic: Traffic) -> None:
    for distractor in truth.distractors:
        assert any(
            passed.consumer == distractor.consumer and _values_at(passed, distractor.place)
            for passed in traffic.exchanges
        ), distractor


def test_drift_is_in_the_traffic(truth: Truth, traffic: Traffic) -> None:
    """What is undeclared or contradicted was sent; what is unobserved was not."""
    sent = {place for passed in traffic.exchanges for place in _places(passed)}
    for fact in truth.drift:
        assert (fact.place in sent) == (fact.standing != "unobserved"), fact


def test_an_order_is_sent_again_under_its_key(traffic: Traffic) -> None:
    orders = [passed for passed in traffic.exchanges if passed.operation == "POST /orders"]
    statuses = defaultdict(list)
    for order in orders:
        statuses[order.request_headers["idempotency-key"]].append(order.status)
    after_overload = [after[-1] for after in statuses.values() if "503" in after]
    assert after_overload
    assert "503" not in after_overload
    assert ["201", "201"] in statuses.values()


@pytest.mark.parametrize("consumer", ["billing", "warehouse"])
def test_a_refused_write_is_repeated(traffic: Traffic, consumer: str) -> None:
    writes = [passed for passed in traffic.exchanges if passed.consumer == consumer and passed.request_body]
    refused = [index for index, passed in enumerate(writes) if passed.status == "503"]
    assert refused
    for index in refused:
        again = writes[index + 1]
        assert (again.target, again.request_body) == (writes[index].target, writes[index].request_body)


def test_the_same_seed_makes_the_same_shop() -> None:
    async def answers(seed: int) -> list[Any]:
        async with TestClient(TestServer(make_app(seed))) as client:
            return [
                await (await client.get(path)).json() for path in ("/orders", "/products", "/orders/EU-10001")
            ]

    assert asyncio.run(answers(3)) == asyncio.run(answers(3))
    assert asyncio.run(answers(3)) != asyncio.run(answers(4))


def _all_values(truth: Truth, traffic: Traffic) -> Iterator[tuple[Place, Any]]:
    maps = {parse(place.subject).parent for place in truth.shapes if place.subject.endswith(VALUE)}
    for passed in traffic.exchanges:
        for root, value in _parts(passed):
            for subject, inner in _walk(root, value, maps):
                yield Place(passed.operation, str(subject)), inner


def _parts(passed: Passed) -> Iterator[tuple[Subject, Any]]:
    query = Subject(("request", "query"))
    if passed.query or passed.operation in {
        "GET /products",
        "GET /orders",
        "GET /orders/{}",
        "GET /carriers",
    }:
        yield (
            query,
            {name: int(value) if value.isdecimal() else value for name, value in passed.query.items()},
        )
    if passed.request_body is not None:
        yield Subject(("request", "body")), passed.request_body
    if passed.response_body is not None:
        yield Subject(("response", passed.status, "body")), passed.response_body


def _walk(at: Subject, value: Any, maps: set[Subject]) -> Iterator[tuple[Subject, Any]]:
    yield at, value
    if isinstance(value, list):
        for item in value:
            yield from _walk(at.within(ITEM), item, maps)
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _walk(at.within(VALUE if at in maps else name), child, maps)


def _places(passed: Passed) -> Iterator[Place]:
    yield Place(passed.operation, f"response.{passed.status}")
    for root, value in _parts(passed):
        for subject, _ in _walk(root, value, set()):
            yield Place(passed.operation, str(subject))


def _values_at(passed: Passed, place: Place) -> list[str]:
    """What was delivered at a place, as text."""
    subject = parse(place.subject)
    if passed.operation != place.operation or subject.status != passed.status:
        return []
    if subject.parts[2] == "header":
        return [value for name, value in passed.response_headers.items() if name == subject.parts[3]]
    maps = {subject.parent} if subject.parts[-1] == VALUE else set()
    return [
        str(value)
        for root, body in _parts(passed)
        for at, value in _walk(root, body, maps)
        if at == subject and value is not None
    ]


def _sent(passed: Passed) -> set[str]:
    values = {passed.target, *passed.segments, *passed.query.values(), *passed.request_headers.values()}
    if passed.request_body is not None:
        values |= {str(value) for _, value in _walk(Subject(("request",)), passed.request_body, set())}
    return values


def _flows(traffic: Traffic, consumer: str, place: Place) -> bool:
    received: set[str] = set()
    sent: set[str] = set()
    for passed in traffic.exchanges:
        if passed.consumer != consumer:
            continue
        values = _sent(passed)
        if values & received:
            return True
        sent |= values
        received |= set(_values_at(passed, place)) - sent
    return False
