from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import Exchange, Identity, Message
from tests.store.strategies import a_message, an_exchange

if TYPE_CHECKING:
    from store.store import Store


def test_the_last_recorded_come_first_and_no_more_than_asked_for(store: Store) -> None:
    written = [an_exchange(number) for number in range(6)]
    store.write(written[:3])
    store.write(written[3:], [a_message(1)])
    newest = store.glimpses(Exchange, limit=2)
    assert [one.id for one in newest] == [written[5].id, written[4].id]
    older = store.glimpses(Exchange, before=newest[-1].seq, limit=10)
    assert [one.id for one in older] == [one.id for one in reversed(written[:4])]
    assert [one.id for one in store.glimpses(Message, limit=10)] == [a_message(1).id]


def test_a_glimpse_says_what_a_list_chooses_by(store: Store) -> None:
    exchange = an_exchange(7, method="POST", status=503, connection="c-1")
    sent = a_message(2, consumer=None, publisher=Identity(basis="header", value="shop"), published_at=5)
    store.write([exchange], [sent, a_message(3, publisher=None, consumer=None)])
    (call,) = store.glimpses(Exchange, limit=5)
    assert (call.kind, call.party, call.method, call.path) == (Exchange, "header:web", "POST", exchange.path)
    assert (call.status, call.at, call.group) == (503, exchange.started_at, "c-1")
    unknown, published = store.glimpses(Message, limit=5)
    assert (unknown.party, unknown.delivered) == ("", False)
    assert (published.kind, published.party, published.delivered) == (Message, "header:shop", False)
    assert published.group == f"{sent.channel} 5"


def test_what_was_recorded_around_an_observation(store: Store) -> None:
    for number in range(5):
        store.write([an_exchange(number)], [a_message(number)])
    middle = store.named(an_exchange(2).id)[0]
    calls = [one.id for one in store.around(Exchange, middle, limit=1)]
    assert calls == [an_exchange(1).id, an_exchange(3).id]
    events = [one.id for one in store.around(Message, middle, limit=2)]
    assert events == [a_message(number).id for number in (2, 1, 3, 4)]


def test_an_id_or_the_beginning_of_it(store: Store) -> None:
    whole, longer = an_exchange(1, id="abc"), an_exchange(2, id="abcd")
    store.write([whole, longer], [a_message(1, id="abz")])
    assert [one.id for one in store.named("abc")] == ["abc"]
    assert [one.id for one in store.named("abz")] == ["abz"]
    assert len(store.named("ab")) > 1
    assert store.named("x") == []


def test_records_come_in_the_order_asked_for(store: Store) -> None:
    one, two, event = an_exchange(1), an_exchange(2), a_message(1)
    store.write([one, two], [event])
    seen = [*store.glimpses(Exchange, limit=5), *store.glimpses(Message, limit=5)]
    assert store.opened(seen) == [two, one, event]
    gone = seen[0]._replace(seq=10_000)
    assert store.opened([gone, seen[1]]) == [one]
    assert store.opened([]) == []
