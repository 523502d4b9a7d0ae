"""The fold: exactly once, in any number of steps, and what comes out of it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contract.claim import Level
from inference import fold as fold_module
from inference.contract_map import build
from inference.fold import fold
from reports.json_form import map_form, to_json
from store.records import KnownConsumer, Summary
from store.store import Store
from tests.inference.traffic import START, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.claim import Claim, ContractMap, OperationMap
    from store.records import Exchange


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "defacto.db")) as opened:
        yield opened


def traffic(seed: int, count: int = 120) -> list[Exchange]:
    """Orders made, listed, read and paid by two consumers, over several hours."""
    generator = random.Random(seed)
    out: list[Exchange] = []
    known: dict[str, list[str]] = {"billing": [], "warehouse": []}
    for number in range(count):
        at = number * 127
        consumer = generator.choice(sorted(known))
        order = str(UUID(int=generator.getrandbits(128)))
        got: dict[str, Any] = {"id": order, "note": generator.choice([None, "x"]), "items": [{"sku": "A"}]}
        if generator.random() < 0.5:
            got["discount"] = 3
        out.append(call(at, "POST", "/orders", consumer=consumer, sent={"sku": "A"}, status=201, got=got))
        known[consumer].append(order)
        wanted = generator.choice(known[consumer])
        missing = generator.random() < 0.1
        out.append(
            call(
                at + 60,
                "GET",
                f"/orders/{wanted}",
                consumer=consumer,
                status=404 if missing else 200,
                got={"detail": "gone"} if missing else {**got, "id": wanted},
                request_headers=(("accept", "application/json"),),
            )
        )
    return out


def operation(contract_map: ContractMap, key: str) -> OperationMap:
    return next(one for one in contract_map.producers[0].operations if one.key == key)


def claim(one: OperationMap, subject: str, kind: str) -> Claim:
    return next(c for c in one.claims if str(c.clause.subject) == subject and c.clause.kind.name == kind)


def kept(store: Store) -> set[Summary]:
    return set(store.summaries())


def test_folding_twice_changes_nothing(store: Store) -> None:
    store.write(traffic(1))
    assert fold(store).exchanges == 240
    once = kept(store)
    assert fold(store).exchanges == 0
    assert kept(store) == once


@pytest.mark.parametrize("step", [1, 7, 50])
def test_folding_in_steps_equals_folding_at_once(store: Store, tmp_path: Path, step: int) -> None:
    exchanges = traffic(2)
    store.write(exchanges)
    fold(store)
    with Store.open(str(tmp_path / "steps.db")) as steps:
        for begin in range(0, len(exchanges), step):
            steps.write(exchanges[begin : begin + step])
            if begin % 3 == 0:
                fold(steps)
        fold(steps)
        assert kept(steps) == kept(store)


def test_any_number_of_processes_gives_the_same_summaries_and_the_same_map(
    store: Store, tmp_path: Path
) -> None:
    exchanges = traffic(4)
    with Store.open(str(tmp_path / "workers.db")) as other:
        for begin in range(0, len(exchanges), 40):
            store.write(exchanges[begin : begin + 40])
            other.write(exchanges[begin : begin + 40])
        calls = []
        fold(store)
        assert fold(other, workers=3, progress=lambda: calls.append(1)).exchanges == 240
        assert len(calls) == 6
        assert kept(other) == kept(store)
        maps = [map_form(replace(build(one), generated_at=0)) for one in (store, other)]
    assert to_json(maps[0]) == to_json(maps[1])


def test_a_batch_whose_summaries_cannot_be_written_is_folded_by_the_next_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(traffic(3))
    with monkeypatch.context() as patch:
        patch.setattr(fold_module, "encode", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fold(store)
    assert len(store.unfolded()) == 1
    assert fold(store).exchanges == 240


def test_the_map_says_what_the_traffic_did(store: Store) -> None:
    exchanges = traffic(4)
    store.write(exchanges)
    fold(store)
    found = build(store)
    assert [one.key for one in found.producers[0].operations] == ["POST /orders", "GET /orders/{order_id}"]
    made = operation(found, "POST /orders")
    assert made.observations == 120
    bodies = [e for e in exchanges if e.method == "POST"]
    with_discount = sum(b'"discount"' in e.response_body.content for e in bodies if e.response_body)
    always = claim(made, "response.201.body.id", "present")
    sometimes = claim(made, "response.201.body.discount", "present")
    assert (always.evidence.held, always.evidence.broken, always.clause.kind.informative) == (120, 0, True)
    assert (sometimes.evidence.held, sometimes.evidence.broken) == (with_discount, 120 - with_discount)
    assert not sometimes.clause.kind.informative
    assert claim(made, "response.201.body.note", "nullable").clause.kind.value is True
    assert always.evidence.bound == pytest.approx(3 / 120)
    assert always.evidence.first_seen == min(e.started_at for e in bodies)
    read = operation(found, "GET /orders/{order_id}")
    assert claim(read, "response.404", "occurs").evidence.held == sum(e.status == 404 for e in exchanges)
    assert claim(read, "request.path.order_id", "type").clause.kind.value == ["string"]
    assert claim(read, "response.200.latency", "latency").evidence.total > 100


def test_who_depends_how(store: Store) -> None:
    store.write(traffic(5))
    fold(store)
    found = build(store)
    made, read = operation(found, "POST /orders"), operation(found, "GET /orders/{order_id}")
    levels = {d.consumer: d.level for d in claim(made, "response.201.body.id", "type").dependence}
    assert levels == {"billing": Level.USED, "warehouse": Level.USED}
    basis = claim(made, "response.201.body.id", "type").dependence[0].basis
    assert basis == "sent back as path order_id of GET /orders/{order_id}"
    assert {d.level for d in claim(made, "response.201.body.note", "type").dependence} == {Level.EXPOSED}
    assert {d.level for d in claim(made, "request.body.sku", "type").dependence} == {Level.REQUESTED}
    asked = claim(read, "response.200.header.content-type", "content-type").dependence
    assert {(d.level, d.basis) for d in asked} == {(Level.REQUESTED, "asks for application/json (Accept)")}


def test_several_identities_are_one_consumer(store: Store) -> None:
    store.write(traffic(6))
    store.name_consumers(
        [KnownConsumer(name="Money", identities=("user-agent:bill*", "user-agent:ware*"), owner="team-money")]
    )
    fold(store)
    (consumer,) = build(store).producers[0].consumers
    assert (consumer.name, consumer.owner, consumer.observations) == ("Money", "team-money", 240)
    assert consumer.identities == ("user-agent:billing", "user-agent:warehouse")


def test_a_map_of_some_hours_is_made_of_those_hours(store: Store) -> None:
    exchanges = traffic(7)
    store.write(exchanges)
    fold(store)
    hour = 3_600 * 10**9
    since = (START // hour + 1) * hour
    expected = sum(since <= e.started_at < since + hour for e in exchanges)
    found = build(store, since=since, until=since + hour)
    assert sum(one.observations for one in found.producers[0].operations) == expected > 0


def test_a_template_that_is_revised_keeps_its_summaries_and_former_ids(store: Store) -> None:
    def page(at: int, name: str) -> Exchange:
        return call(at, "GET", f"/pages/{name}", got={"title": name.title(), "slug": name, "age": 3})

    first = [call(at, "GET", "/pages/about", got={"title": "About", "age": 3}) for at in range(6)]
    store.write(first)
    fold(store)
    before = build(store).producers[0].operations
    old = claim(before[0], "response.200.body.age", "present").clause.id
    names = [f"{a}-{b}" for a in ("oak", "elm", "fir", "yew") for b in ("tree", "wood", "leaf", "bark")]
    more = [page(100 + at, name) for at, name in enumerate(names)]
    store.write(more)
    assert fold(store).renamed == {"shop": {"GET /pages/about": "GET /pages/{page}"}}
    (after,) = build(store).producers[0].operations
    assert after.key != before[0].key
    assert after.observations == len(first) + len(more)
    revised = claim(after, "response.200.body.age", "present")
    assert revised.evidence.held == len(first) + len(more)
    assert old in revised.former_ids


def test_a_secret_keeps_the_type_that_it_had(store: Store) -> None:
    token = "redacted.card.integer.abcdefghijklmnop"
    exchanges = [
        call(at, "GET", "/card", got={"number": token, "iban": token.replace("integer", "string")})
        for at in range(5)
    ]
    store.write(exchanges)
    fold(store)
    (one,) = build(store).producers[0].operations
    assert claim(one, "response.200.body.number", "type").clause.kind.value == ["integer"]
    assert claim(one, "response.200.body.iban", "type").clause.kind.value == ["string"]


def test_tunnels_refusals_and_bodies_that_are_no_json_do_not_disturb(store: Store) -> None:
    fine = call(0, "GET", "/a", got={"x": 1})
    body = fine.response_body
    assert body is not None
    store.write(
        [
            fine,
            replace(call(1, "CONNECT", "/"), path="db.example:5432"),
            call(2, "GET", "/a", status=None),
            replace(call(3, "GET", "/a"), response_body=replace(body, content=b"{not json")),
            replace(call(4, "GET", "/a"), response_body=replace(body, content=b'{"x": 1', truncated=True)),
        ]
    )
    fold(store)
    (one,) = build(store).producers[0].operations
    assert (one.key, one.observations) == ("GET /a", 4)
    assert claim(one, "response.200.body.x", "type").evidence.held == 1


def test_events_that_come_by_calls_are_told_apart(store: Store) -> None:
    def hook(at: int, what: str) -> Exchange:
        headers = (("x-github-event", what), ("x-github-delivery", f"d{at}"))
        return call(at, "POST", "/hooks", sent={"n": at}, status=204, request_headers=headers)

    store.write([hook(at, ("push", "fork")[at % 2]) for at in range(20)])
    fold(store)
    (producer,) = build(store).producers
    assert [one.key for one in producer.operations] == ["POST /hooks#fork", "POST /hooks#push"]
