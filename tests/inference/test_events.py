"""Messages through the fold: operations of channels and types, and what is claimed of deliveries."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from contract.claim import Level
from contract.operation import Operation, parse
from inference.contract_map import build
from inference.events import exchange_of, type_of
from inference.fold import Fold, fold
from inference.paths import PathModel
from inference.statuses import Statuses
from store.store import Store
from tests.inference.scenes import scene
from tests.inference.traffic import SECOND, call, json_body, message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contract.claim import Claim, ContractMap, OperationMap
    from store.records import Exchange, Message


def mapped(tmp_path: Path, messages: Iterable[Message], exchanges: Iterable[Exchange] = ()) -> ContractMap:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(list(exchanges), messages=list(messages))
        fold(store)
        return build(store)


def operation(found: ContractMap, key: str, producer: str = "events") -> OperationMap:
    operations = next(one for one in found.producers if one.name == producer).operations
    keys = {one.key: one for one in operations}
    assert key in keys, sorted(keys)
    return keys[key]


def claim(found: OperationMap, kind: str, subject: str = "response.message") -> Claim:
    (one,) = (
        claim
        for claim in found.claims
        if claim.clause.kind.name == kind and claim.clause.subject.text == subject
    )
    return one


def order(number: int, **more: Any) -> dict[str, Any]:
    return {"order_id": f"ord_{number:04d}x{number * 7919 % 9973}", "total": number + 0.5, **more}


def test_channels_and_types_are_operations(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [
            message(number, f"orders.{8000 + number % 5}.{what}", order(number, type=f"order.{what}"))
            for number, what in enumerate(["created", "paid"] * 20)
        ],
    )
    assert [one.key for one in found.producers[0].operations] == [
        "RECEIVE orders.{order_id}.created#order.created",
        "RECEIVE orders.{order_id}.paid#order.paid",
    ]
    assert found.producers[0].operations[0].protocol == "event"


@pytest.mark.parametrize(
    ("channels", "operations"),
    [
        (["order.created", "order.paid"], ["order.created", "order.paid"]),
        (["orders", "payments", "users"], ["orders", "payments", "users"]),
        (
            [f"orders.{who}.{what}" for who in ("acme", "globex", "initech") for what in ("new", "paid")],
            ["orders.{order}.new", "orders.{order}.paid"],
        ),
        (["shop.events.v1", "shop.events.v2"], ["shop.events.v1", "shop.events.v2"]),
        ([f"device.{n * 7919}.state" for n in range(1, 9)], ["device.{device_id}.state"]),
        (
            ["billing-orders", "mail-orders", "dead"],
            ["billing-orders", "dead", "mail-orders"],
        ),
    ],
)
def test_parts_of_channels_are_words_unless_they_are_values(
    tmp_path: Path, channels: list[str], operations: list[str]
) -> None:
    messages = [
        message(n, channel, {"id": f"x{n:05d}", "status": channel.rpartition(".")[2]}, number=n)
        for n, channel in enumerate(channels * 10)
    ]
    found = mapped(tmp_path, messages)
    keys = sorted(one.key for one in found.producers[0].operations)
    keys = sorted(one.key for one in found.producers[0].operations)
    assert keys == [f"RECEIVE {name}" for name in operations]


def test_slashes_and_dots_are_kept(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [message(n, "sensors/17/temperature", {"c": n}, number=n) for n in range(9)]
        + [message(n, "sensors.temperature", {"c": n}, consumer=None, number=n) for n in range(9)],
    )
    assert {one.key for one in found.producers[0].operations} == {
        "RECEIVE sensors/{sensor_id}/temperature",
        "SEND sensors.temperature",
    }


def test_the_shape_of_what_is_delivered_is_claimed_of_its_consumers(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [
            message(n, "order.created", order(n), consumer=name)
            for n in range(30)
            for name in ("billing", "mail")
        ],
    )
    one = operation(found, "RECEIVE order.created")
    assert one.consumers == {"billing": 30, "mail": 30}
    present = claim(one, "present", "response.message.body.order_id")
    assert present.clause.statement == "message body order_id is always present"
    assert present.doubt == ""
    assert {link.consumer: link.level for link in present.dependence} == {
        "billing": Level.EXPOSED,
        "mail": Level.EXPOSED,
    }


def test_what_is_published_is_the_publishers(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [message(n, "order.created", order(n), consumer=None, publisher="api", number=n) for n in range(30)],
    )
    one = operation(found, "SEND order.created")
    assert one.consumers == {"api": 30}
    assert claim(one, "present", "request.body.total").doubt == ""


def test_a_field_of_an_event_that_is_asked_for_afterwards_is_used(tmp_path: Path) -> None:
    messages, calls = [], []
    for number in range(20):
        body = order(number)
        messages.append(message(number * 10, "order.created", body))
        calls.append(call(number * 10 + 1, "GET", f"/orders/{body['order_id']}", got=body))
    found = mapped(tmp_path, messages, calls)
    one = claim(operation(found, "RECEIVE order.created"), "present", "response.message.body.order_id")
    assert [(link.consumer, link.level) for link in one.dependence] == [("billing", Level.USED)]
    assert "GET /orders/{order}" in one.dependence[0].basis


def test_a_message_is_tied_to_the_call_that_caused_it(tmp_path: Path) -> None:
    messages, calls = [], []
    for number in range(30):
        body = order(number)
        calls.append(
            call(number * 10, "POST", "/orders", consumer="web", status=201, got={"id": body["order_id"]})
        )
        if number % 15:
            messages.append(message(number * 10 + 0.3, "order.created", body))
        messages.append(message(number * 10 + 1, "tick", {"id": f"t_{number:06d}"}))
    found = mapped(tmp_path, messages, calls)
    effect = claim(operation(found, "RECEIVE order.created"), "effect-within")
    assert effect.clause.statement == "message shows what POST /orders made, within 290 ms"
    assert effect.reasons == (
        "28 of 30 values were first in 201 body id of shop, then in message body order_id",
    )
    assert effect.doubt == ""
    assert "effect-within" not in {one.clause.kind.name for one in operation(found, "RECEIVE tick").claims}


def test_a_call_that_sends_on_what_a_message_brought_did_not_cause_it(tmp_path: Path) -> None:
    messages, calls = [], []
    for number in range(30):
        body = order(number)
        messages.append(message(number * 10, "order.created", body))
        sent = {"order": body["order_id"]}
        calls.append(call(number * 10 + 1, "POST", "/shipments", sent=sent, status=201, got=sent))
    found = operation(mapped(tmp_path, messages, calls), "RECEIVE order.created")
    assert {one.clause.kind.name for one in found.claims} & {"effect-within", "followed-by"} == {
        "followed-by"
    }


@pytest.mark.parametrize(("early", "tied"), [(0.2, True), (60, False)])
def test_a_message_may_overtake_the_answer_but_not_the_call(tmp_path: Path, early: float, tied: bool) -> None:
    messages, calls = [], []
    for number in range(30):
        body = order(number)
        messages.append(message(1_000 + number * 100 - early, "order.created", body))
        calls.append(
            call(1_000 + number * 100, "POST", "/orders", status=201, got=body, duration_ns=SECOND // 10)
        )
    found = operation(mapped(tmp_path, messages, calls), "RECEIVE order.created")
    assert ("effect-within" in {one.clause.kind.name for one in found.claims}) is tied


def test_values_that_one_side_did_not_look_at_are_no_misses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.flow.MAX_VALUES", 60)
    messages, calls = [], []
    for number in range(100):
        body = order(
            number, item=f"i_{number * 104_729 % 99_991:05d}x", buyer=f"b_{number * 611_953 % 9_973}y"
        )
        calls.append(call(number * 10, "POST", "/orders", consumer="web", got={"id": body["order_id"]}))
        messages.append(message(number * 10 + 0.3, "order.created", body))
    found = operation(mapped(tmp_path, messages, calls), "RECEIVE order.created")
    assert claim(found, "effect-within").doubt == ""


def test_a_call_is_tied_to_the_message_before_it(tmp_path: Path) -> None:
    messages, calls = [], []
    for number in range(30):
        body = order(number)
        messages += [
            message(number * 10, "order.created", body, consumer=name) for name in ("billing", "mail")
        ]
        calls.append(
            call(number * 10 + 2, "GET", f"/orders/{body['order_id']}", got={"id": body["order_id"]})
        )
    found = mapped(tmp_path, messages, calls)
    (followed,) = (
        one
        for one in operation(found, "RECEIVE order.created").claims
        if one.clause.kind.name == "followed-by"
    )
    assert followed.clause.statement == (
        "message body order_id is always sent to GET /orders/{order} (path order), mostly within 2 s"
    )
    assert [link.consumer for link in followed.dependence] == ["billing"]
    assert followed.doubt == ""


def test_lag_and_acknowledgement(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [
            message(
                n,
                "order.created",
                order(n),
                published=n - 0.25,
                handled=n + 0.04,
                acknowledgement="ack" if n % 10 else "reject",
            )
            for n in range(1, 101)
        ],
    )
    one = operation(found, "RECEIVE order.created")
    lag = claim(one, "latency", "response.message.latency")
    assert lag.clause.statement.startswith("is delivered within 24")
    assert (
        claim(one, "acknowledgement").clause.statement == "consumers answer each message with ack or reject"
    )
    assert claim(one, "handling").clause.statement == "consumers acknowledge within 40 ms (p99 of 100)"


def test_redelivery_is_told(tmp_path: Path) -> None:
    messages = [message(n, "order.created", order(n), redeliveries=int(n % 7 == 0)) for n in range(1, 40)]
    again = claim(operation(mapped(tmp_path, messages), "RECEIVE order.created"), "redelivered")
    assert again.reasons == ("5 of 39 deliveries were not the first",)


@pytest.mark.parametrize("shuffled", [False, True])
def test_order_by_key(tmp_path: Path, shuffled: bool) -> None:
    rng = random.Random(3)
    messages = []
    for step in range(6):
        for thing in range(20):
            published = step * 10 + thing * 0.1
            late = rng.uniform(0, 30) if shuffled else 0.5
            body = {"order_id": f"ord_{thing:05d}", "step": step}
            messages.append(message(published + late, "order.changed", body, published=published))
    one = claim(operation(mapped(tmp_path, messages), "RECEIVE order.changed"), "key-order")
    assert one.clause.statement == "those with the same order_id come in the order of publication"
    assert ("out of order" in one.doubt) is shuffled
    assert one.evidence.held + one.evidence.broken == 100


def test_messages_fold_alike_in_any_parts() -> None:
    rng = random.Random(5)
    messages = [
        message(
            n + rng.random(),
            rng.choice(["a.b", "a.c"]),
            {"id": f"t{rng.randrange(9):04d}", "n": n},
            published=n - rng.random(),
            acknowledgement=rng.choice(["", "ack"]),
            redeliveries=rng.choice([None, 0, 1]),
        )
        for n in range(200)
    ]
    whole = Fold({})
    for one in messages:
        whole.observe(one)
    parts = [Fold({}) for _ in range(3)]
    rng.shuffle(messages)
    for one in messages:
        rng.choice(parts).observe(one)
    merged = Fold({})
    for part in parts:
        merged.merge(part.summaries())
    expected = {one.key: one.state for one in whole.summaries() if one.family != "paths"}
    assert {one.key: one.state for one in merged.summaries() if one.family != "paths"} == expected


@pytest.mark.parametrize(
    ("said", "payload", "found"),
    [
        ("order.created", {}, "order.created"),
        ("text", {"event": "paid"}, "paid"),
        ("", {"eventType": "OrderPaid"}, "OrderPaid"),
        ("", {"type": "order.paid"}, "order.paid"),
        ("", {"type": "OrderPaid"}, "OrderPaid"),
        ("", {"type": "standard"}, ""),
        ("", {"type": 7}, ""),
        ("3f6c1d2e-9a58-4e0b-8a51-0d9a5f6b7c8d", {}, ""),
        ("", [1], ""),
    ],
)
def test_types(said: str, payload: Any, found: str) -> None:
    assert type_of(said, json_body(payload)) == found


@pytest.mark.parametrize(
    "key",
    [
        "GET /orders/{order_id}",
        "GET /",
        "RECEIVE orders.{tenant}.created#order.created",
        "SEND /sensors/{sensor_id}/temp",
        "SEND sensors/{sensor_id}/temp#a/b",
        "RECEIVE sensors/",
        "RECEIVE /sensors",
        "RECEIVE orders",
    ],
)
def test_keys_come_back(key: str) -> None:
    assert parse(key).text == key


def test_what_a_key_says() -> None:
    assert parse("RECEIVE a.{b}#t") == Operation("RECEIVE", ("a", "{b}"), "t", ".")
    assert not parse("GET /a").is_event


@pytest.mark.parametrize(
    ("declared", "channel", "type_", "key"),
    [
        (["RECEIVE orders#OrderCreated"], "orders", "order.created", "RECEIVE orders#OrderCreated"),
        (["RECEIVE orders#Order"], "orders", "", "RECEIVE orders#Order"),
        (["RECEIVE orders.{tenant}"], "orders.acme", "order.new", "RECEIVE orders.{tenant}"),
        (["RECEIVE orders#A.b", "RECEIVE orders#C"], "orders", "ab", "RECEIVE orders#A.b"),
        (["RECEIVE orders#A", "RECEIVE orders#B"], "orders", "other", "RECEIVE orders#other"),
        (["SEND orders#Ab"], "orders", "Ab", "RECEIVE orders#Ab"),
        (["RECEIVE garage/{door}"], "garage/left", "", "RECEIVE garage/{door}"),
        (["RECEIVE garage/{door}"], "/garage/left", "", "RECEIVE /garage/{garage}"),
        (["RECEIVE /garage/{door}"], "garage/left", "", "RECEIVE garage/{garage}"),
    ],
)
def test_declared_types_are_found_again(declared: list[str], channel: str, type_: str, key: str) -> None:
    model = PathModel()
    seen = exchange_of(message(1, channel, {}, type_=type_))
    model.observe(seen.method, seen.path)
    assert model.operations(declared).of(seen.method, seen.path) == key


def test_names_of_header_fields_are_what_they_are(tmp_path: Path) -> None:
    odd = tuple(
        (name, f"value_{number:05d}x7") for number, name in enumerate(["x.tenant", "\x1b[31mred", "a b"])
    )
    messages = [replace(message(n, "orders", order(n)), headers=odd) for n in range(10)]
    found = operation(mapped(tmp_path, messages), "RECEIVE orders")
    names = {
        claim.clause.subject.parts[-1] for claim in found.claims if "header" in claim.clause.subject.parts
    }
    assert names == {"x.tenant", "\x1b[31mred", "a b", "content-type"}


def test_very_many_types_of_one_channel_are_data(tmp_path: Path) -> None:
    messages = [message(n, "orders", {"n": n}, type_=f"kind.{_word(n)}") for n in range(600)]
    found = mapped(tmp_path, messages)
    assert len(found.producers[0].operations) <= 202


def _word(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number + 1000))


def test_a_media_type_that_no_message_names_is_not_told_as_a_header() -> None:
    told = [message(n, "garage", {"n": n}) for n in range(9)]
    said_so = [replace(one, headers=(("Content-Type", "application/json"),)) for one in told]
    for messages, doubted in ((told, True), (said_so, False), (told + said_so, False)):
        (operation,) = scene(messages).scenes.values()
        seen = operation.of(Statuses)
        assert Statuses.from_state(seen.state()).state() == seen.state()
        (stated,) = seen.claims("events", operation.operation)
        assert stated.clause.statement == "message header content-type is application/json"
        assert bool(stated.doubt) is doubted
        assert stated.evidence.held == 9
        tally = seen.met(stated.clause.subject)
        assert tally is not None
        assert tally.count == 9


def test_whatever_a_store_holds_for_a_method_has_a_key(tmp_path: Path) -> None:
    methods = ("", ".", "/", "./", "SEND./", "GET.", "RECEIVE/", "#")
    calls = [call(0, method, path) for method in methods for path in ("", "/", "//", "/a.b")]
    found = mapped(tmp_path, [], calls)
    keys = {one.key for producer in found.producers for one in producer.operations}
    assert {" /", ". /", "/ /", "./ /", "SEND./ /", "GET. /", "GET. /a.b"} <= keys
