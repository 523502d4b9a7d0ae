from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from store import reading
from store.errors import StoreError
from store.records import Body, Exchange, KnownConsumer, Message, record_id
from store.store import Store, Written
from tests.store import strategies
from tests.store.strategies import a_message, an_exchange

one_store_for_all = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=50,
    phases=set(Phase) - {Phase.explain},  # it tries thousands of variations, on an ever larger store
)


@one_store_for_all
@given(st.lists(strategies.exchanges, max_size=3), st.lists(strategies.messages, max_size=3))
def test_every_field_comes_back(store: Store, exchanges: list[Exchange], messages: list[Message]) -> None:
    assert store.write(exchanges, messages) == Written(added=len(exchanges) + len(messages), duplicates=0)
    for exchange in exchanges:
        assert store.observation(exchange.id) == exchange
        assert exchange in store.exchanges(producer=exchange.producer, newest=True)
    for message in messages:
        assert message in store.messages(producer=message.producer)


@one_store_for_all
@given(strategies.any_text.filter(bool))
def test_an_id_may_be_any_text(store: Store, identifier: str) -> None:
    exchange = an_exchange(1, id=identifier)
    store.write([exchange])
    assert store.write([exchange]) == Written(added=0, duplicates=1)
    assert store.observation(identifier) == exchange


def test_what_is_there_already_adds_nothing(store: Store) -> None:
    first, second = an_exchange(1), an_exchange(2)
    assert store.write([first, first, second], [a_message(1)]) == Written(added=3, duplicates=1)
    before = store.capture()
    assert store.write([second, first], [a_message(1)]) == Written(added=0, duplicates=3)
    assert store.capture() == before
    assert store.unfolded() == [1]
    assert list(store.exchanges()) == [first, second]


def test_of_two_with_one_id_the_first_counts(store: Store) -> None:
    first = an_exchange(1)
    store.write([first, replace(first, status=500)])
    store.write([replace(first, status=404)])
    assert store.observation(first.id).status == 200


def test_an_empty_write_makes_no_batch(store: Store) -> None:
    assert store.write() == Written(added=0, duplicates=0)
    assert store.unfolded() == []
    assert store.span() is None
    assert store.producers() == []


@pytest.mark.parametrize("number", [2**63, -(2**63)])
def test_a_number_beyond_64_bits_costs_only_its_record(store: Store, number: int) -> None:
    wild = [an_exchange(1, started_at=number), an_exchange(2, status=number)]
    body = Body(content=b"", size=0, wire_size=number)
    written = store.write(
        [*wild, an_exchange(3, response_body=body), an_exchange(4)], [a_message(1, sequence=number)]
    )
    assert written == Written(added=1, duplicates=0, unstorable=4)
    assert [exchange.path for exchange in store.exchanges()] == ["/orders/4"]
    assert store.capture().lost == {"unstorable": 4}


def test_a_repeated_body_is_kept_once(store: Store) -> None:
    body = Body(content=b"same" * 1000, size=4000, wire_size=4000)
    store.write([an_exchange(n, request_body=body, response_body=body) for n in range(5)])
    store.write([an_exchange(n, response_body=replace(body, size=9000, truncated=True)) for n in range(5, 9)])
    with store._database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT count(*), max(length(content)) FROM bodies").one()
    assert kept[0] == 1
    assert kept[1] < 100
    assert [exchange.response_body for exchange in store.exchanges()] == [body] * 5 + [
        replace(body, size=9000, truncated=True)
    ] * 4


def test_exchanges_are_read_in_the_order_recorded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PAGE_ROWS", 3)
    written = [an_exchange(n, started_at=(n * 7 % 11) * 10**9) for n in range(10)]
    store.write(written[:4])
    store.write(written[4:])
    assert list(store.exchanges()) == written
    assert list(store.exchanges(newest=True)) == written[::-1]
    assert list(store.exchanges(limit=7)) == written[:7]
    assert list(store.exchanges(limit=4, newest=True)) == written[:-5:-1]
    assert list(store.exchanges(limit=0)) == []
    some = [exchange for exchange in written if 3 * 10**9 <= exchange.started_at < 8 * 10**9]
    assert list(store.exchanges(since=3 * 10**9, until=8 * 10**9)) == some
    assert list(store.exchanges(since=3 * 10**9, until=8 * 10**9, limit=2)) == some[:2]


def test_large_bodies_are_loaded_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    contents = reading._contents
    monkeypatch.setattr(reading, "_PAGE_BYTES", 100)
    monkeypatch.setattr(reading, "_contents", lambda *given: loaded.append(len(given[1])) or contents(*given))
    sizes = [40, 40, 40, 500, 10]
    bodies = [Body(content=bytes([n]) * size, size=size, wire_size=size) for n, size in enumerate(sizes)]
    written = [an_exchange(n, response_body=body) for n, body in enumerate(bodies)]
    store.write(written)
    assert list(store.exchanges()) == written
    assert loaded == [2, 1, 1, 1]


def test_an_iterator_left_half_way_holds_nothing(store: Store) -> None:
    store.write([an_exchange(n) for n in range(10)])
    iterator = store.exchanges()
    next(iterator)
    assert store._database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_what_is_written_while_reading_does_not_disturb(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PAGE_ROWS", 2)
    store.write([an_exchange(n) for n in range(6)])
    seen = []
    for number, exchange in enumerate(store.exchanges(limit=100)):
        seen.append(exchange.id)
        if number < 3:
            store.write([an_exchange(100 + number)])
    assert seen == [record_id("orders", n) for n in (*range(6), 100, 101, 102)]


def test_a_unique_prefix_of_an_id_is_enough(store: Store) -> None:
    store.write(
        [
            an_exchange(1, id="abcd"),
            an_exchange(2, id="abce"),
            an_exchange(3, id="ab"),
            an_exchange(4, id="B"),
        ]
    )
    assert store.observation("abcd").path == "/orders/1"
    assert store.observation("abce").path == "/orders/2"
    assert store.observation("ab").path == "/orders/3"  # the whole id, though others start with it
    assert store.observation("B").path == "/orders/4"
    with pytest.raises(StoreError, match="Several observations have an id that starts with 'abc'") as several:
        store.observation("abc")
    assert several.value.hint == "Give more of it."
    with pytest.raises(StoreError, match="There is no observation 'b'") as none:
        store.observation("b")
    assert "defacto exchanges" in none.value.hint
    store.write(messages=[a_message(1, id="abcm")])
    assert isinstance(store.observation("abcm"), Message)


def test_messages_of_an_exchange(store: Store) -> None:
    upgrade = an_exchange(1)
    carried = [a_message(n, exchange=upgrade.id) for n in range(3)]
    store.write([upgrade], [a_message(9), *carried, a_message(1, producer="other")])
    assert list(store.messages(exchange=upgrade.id)) == carried
    assert len(list(store.messages())) == 5
    assert [message.producer for message in store.messages(producer="other")] == ["other"]


def test_count_is_of_exchanges(store: Store) -> None:
    store.write([an_exchange(1), an_exchange(2), an_exchange(1, producer="stock")], [a_message(1)])
    assert store.count() == 3
    assert store.count(producer="stock") == 1
    assert store.count(producer="nobody") == 0


@one_store_for_all
@given(st.lists(strategies.known_consumers, max_size=3))
def test_named_consumers_replace_those_before(store: Store, consumers: list[KnownConsumer]) -> None:
    store.name_consumers(consumers)
    assert store.consumers() == consumers


def test_a_former_operation_leads_to_the_present_one(store: Store) -> None:
    store.rename_operations("orders", {"GET /a/1": "GET /a/{id}", "GET /a/2": "GET /a/{id}"}, at=1)
    store.rename_operations("orders", {"GET /a/{id}": "GET /a/{a_id}"}, at=2)
    store.rename_operations("stock", {"GET /x": "GET /y"}, at=2)
    store.rename_operations("orders", {}, at=3)
    assert store.former_operations("orders") == {
        "GET /a/1": "GET /a/{a_id}",
        "GET /a/2": "GET /a/{a_id}",
        "GET /a/{id}": "GET /a/{a_id}",
    }
    assert store.former_operations("nobody") == {}


def test_an_operation_that_came_back_is_no_former_one(store: Store) -> None:
    store.rename_operations("orders", {"GET /b": "GET /c"}, at=1)
    store.rename_operations("orders", {"GET /c": "GET /b"}, at=2)
    assert store.former_operations("orders") == {"GET /c": "GET /b"}


def test_a_password_is_not_shown(postgres_url: str) -> None:
    with Store.open(postgres_url.replace("postgres@", "postgres:hunter2@")) as store:
        assert "hunter2" not in store.url
        assert store.url.startswith("postgresql://postgres:***@")


test_a_password_is_not_shown = pytest.mark.postgres(test_a_password_is_not_shown)
