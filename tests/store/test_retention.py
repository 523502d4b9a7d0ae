"""Retention: what goes, what stays, and that nobody who writes or folds meanwhile is harmed."""

from __future__ import annotations

import random
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

import store.retention as retention_module
from store.records import Body
from store.retention import prune
from store.size import size_bytes, used_bytes
from store.store import Store
from store.tables import batches, bodies, exchanges
from tests.store.strategies import HOUR, a_message, an_exchange

if TYPE_CHECKING:
    from store.records import Exchange, Summary
    from store.retention import Pruned

NOW = 1_000 * HOUR


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "sleep", lambda _: None)


def body(content: bytes) -> Body:
    return Body(content=content, size=len(content), wire_size=len(content))


def noise(number: int, size: int = 1_500) -> bytes:
    return random.Random(number).randbytes(size)


def fold(store: Store) -> None:
    store.save({("orders", 0, "", "", "count"): lambda _: b"x"}, folded=store.unfolded())


def filled(store: Store, count: int, each: int = 10) -> None:
    """An exchange an hour, in batches, each with a body of its own and one that all have."""
    for first in range(0, count, each):
        store.write([an_hour(n) for n in range(first, first + each)])


def an_hour(number: int, **fields: object) -> Exchange:
    return an_exchange(
        number,
        started_at=number * HOUR,
        request_body=body(b"shared by all"),
        response_body=body(noise(number)),
        **fields,
    )


def pruned(store: Store, **bounds: int) -> Pruned:
    return prune(store, now_ns=lambda: NOW, **bounds)  # type: ignore[arg-type]


def ids(store: Store) -> list[int]:
    """The numbers of the exchanges that are left; reading them needs their bodies."""
    return [exchange.started_at // HOUR for exchange in store.exchanges()]


def contents(store: Store) -> int:
    with store.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(bodies)) or 0


def test_what_is_older_goes_by_whole_batches(store: Store) -> None:
    filled(store, 40)
    store.write([], [a_message(1, delivered_at=3 * HOUR, payload=body(noise(99)))])
    fold(store)
    before = store.capture(), store.span(), list(store.summaries())
    done = pruned(store, older_than_ns=975 * HOUR)
    assert ids(store) == list(range(20, 40))
    assert (done.batches, done.exchanges, done.messages, done.bodies) == (3, 20, 1, 21)
    assert contents(store) == 21
    assert (store.capture(), store.span(), list(store.summaries())) == before
    assert pruned(store, older_than_ns=975 * HOUR).batches == 0


def test_what_was_not_folded_never_goes_by_age(store: Store) -> None:
    filled(store, 20)
    fold(store)
    filled_later = [an_hour(n, id=f"late-{n}") for n in range(5)]
    store.write(filled_later)
    done = pruned(store, older_than_ns=HOUR)
    assert ids(store) == [0, 1, 2, 3, 4]
    assert (done.unfolded, store.capture().lost) == (0, {})
    assert len(store.unfolded()) == 1
    fold(store)
    assert pruned(store, older_than_ns=HOUR).exchanges == 5
    assert contents(store) == 0


def test_a_message_without_a_time_has_no_age(store: Store) -> None:
    store.write([], [a_message(1, delivered_at=None)])
    fold(store)
    assert pruned(store, older_than_ns=0).messages == 0


def test_by_size_the_oldest_folded_go_first(store: Store) -> None:
    filled(store, 400)
    fold(store)
    store.write([an_hour(n, id=f"late-{n}") for n in range(10)])
    full = used_bytes(store.database)
    bound = full - 400_000
    done = pruned(store, max_bytes=bound)
    left = ids(store)
    assert left[-10:] == list(range(10))
    assert left[:-10] == list(range(400 - len(left) + 10, 400))
    assert 100 <= len(left) <= 310
    assert done.used_after == used_bytes(store.database) <= bound
    assert (done.unfolded, store.capture().lost, len(store.unfolded())) == (0, {}, 1)
    assert pruned(store, max_bytes=bound).batches == 0


def test_what_was_not_folded_goes_where_the_bound_forces_it_and_is_counted(store: Store) -> None:
    filled(store, 20)
    fold(store)
    store.write(
        [an_hour(n, producer=producer, id=f"{producer}{n}") for n in (50, 51) for producer in ("a", "b")],
        [a_message(1, producer="a", delivered_at=51 * HOUR)],
    )
    done = pruned(store, max_bytes=1)
    assert (ids(store), store.unfolded(), contents(store)) == ([], [], 0)
    assert done.unfolded == 5
    assert store.capture(producer="a").lost == {"retention": 3}
    assert store.capture(producer="a", since=51 * HOUR).lost == {"retention": 2}
    assert store.capture(producer="orders").lost == {}
    assert (store.capture().observed, len(list(store.summaries()))) == (25, 1)


def test_room_is_given_back(store: Store) -> None:
    filled(store, 400, 100)
    fold(store)
    done = pruned(store, older_than_ns=0)
    assert done.exchanges == 400
    assert done.used_after < done.used_before / 4
    if store.database.path is not None:
        assert store.database.path.stat().st_size < 300_000 < done.size_before
        assert done.size_after == size_bytes(store.database)


def test_steps_are_small_and_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "STEP_BATCHES", 3)
    monkeypatch.setattr(retention_module, "STEP_BODIES", 7)
    filled(store, 100)
    fold(store)
    told: list[int] = []
    prune(store, older_than_ns=0, now_ns=lambda: NOW, progress=lambda done: told.append(done.exchanges))
    assert told[:4] == [30, 60, 90, 100]
    assert contents(store) == 0


def test_a_run_that_is_ended_early_leaves_a_whole_store_and_the_next_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "STEP_BATCHES", 2)
    filled(store, 100)
    fold(store)
    steps = iter([True, True, False])
    prune(store, older_than_ns=0, now_ns=lambda: NOW, goes_on=lambda: next(steps, False))
    assert ids(store) == list(range(40, 100))
    assert contents(store) == 101
    prune(store, older_than_ns=0, now_ns=lambda: NOW)
    assert (ids(store), contents(store)) == ([], 0)


def test_a_body_that_is_referred_to_again_while_it_is_looked_for_stays(url: str) -> None:
    with Store.open(url) as store, Store.open(url) as other:
        filled(store, 20)
        fold(store)
        written = False

        def again(done: Pruned) -> None:
            nonlocal written
            if done.batches == 2 and not written:
                written = True
                other.write([an_exchange(n, response_body=body(noise(n))) for n in (3, 4)])

        prune(store, older_than_ns=0, now_ns=lambda: NOW, progress=again)
        assert [exchange.response_body for exchange in store.exchanges()] == [body(noise(3)), body(noise(4))]
        assert contents(store) == 2


def test_writers_and_readers_go_on_while_it_runs(url: str) -> None:
    """Bodies are shared by old and new, so each of the new must find its own whatever goes meanwhile."""
    with Store.open(url) as store:
        filled(store, 300)
        fold(store)
        added: list[int] = []

        def write() -> None:
            with Store.open(url) as mine:
                for n in range(60):
                    new = an_exchange(n, id=f"new{n}", started_at=NOW, response_body=body(noise(n % 20)))
                    added.append(mine.write([new]).added)
                    list(mine.exchanges())

        writer = Thread(target=write)
        writer.start()
        while writer.is_alive():
            prune(store, older_than_ns=HOUR, now_ns=lambda: NOW)
        writer.join()
        prune(store, older_than_ns=HOUR, now_ns=lambda: NOW)
        assert sum(added) == 60
        left = list(store.exchanges())
        assert [exchange.id for exchange in left] == [f"new{n}" for n in range(60)]
        assert [one.response_body for one in left] == [body(noise(n % 20)) for n in range(60)]
        assert contents(store) == 20


def test_a_fold_that_is_under_way_is_refused_and_not_wrong(store: Store) -> None:
    store.write([an_hour(1)])
    new = store.unfolded()
    pruned(store, max_bytes=1)
    saved: list[Summary] = []
    with pytest.raises(Exception, match="has folded the same traffic"):
        store.save({("orders", 0, "", "", "count"): lambda _: b"x"}, folded=new)
    assert list(store.summaries()) == saved


def test_what_a_batch_is_measured_at_is_about_what_it_takes(store: Store) -> None:
    for first in range(0, 2_000, 500):
        store.write([an_hour(n) for n in range(first, first + 500)])
    with store.database.reading() as connection:
        measured = connection.scalar(select(func.sum(batches.c.bytes))) or 0
        rows = connection.scalar(select(func.count()).select_from(exchanges))
    taken = used_bytes(store.database) if store.database.path else size_bytes(store.database)
    assert rows == 2_000
    assert 0.75 < measured / taken < 1.3
