"""What is saved is merged with what is stored: nothing is lost, and nothing is counted twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from store.errors import StoreError
from store.records import Loss
from store.saving import ATTEMPTS
from store.store import Counts, Store, Turn
from tests.store.strategies import HOUR, a_message, an_exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.records import SummaryKey

KEY: SummaryKey = ("orders", 0, "GET /", "", "count")


def adding(number: int) -> Callable[[bytes | None], bytes]:
    return lambda stored: str(int(stored or b"0") + number).encode()


def total(store: Store) -> int:
    (summary,) = store.summaries()
    return int(summary.state)


def test_what_is_new_is_merged_with_what_is_stored(store: Store) -> None:
    other: SummaryKey = ("orders", HOUR, "GET /", "", "count")
    assert store.save({KEY: adding(2)})
    assert store.save({KEY: adding(3), other: adding(1)})
    assert [(one.key, one.state) for one in store.summaries()] == [(KEY, b"5"), (other, b"1")]


@pytest.mark.parametrize("times", [1, ATTEMPTS])
def test_who_is_overtaken_merges_again(url: str, times: int) -> None:
    """Somebody saves between our reading and our writing, once or until they have to wait."""
    with Store.open(url) as ours, Store.open(url) as theirs:
        theirs.save({KEY: adding(1)})
        left = times

        def merge(stored: bytes | None) -> bytes:
            nonlocal left
            if left:
                left -= 1
                theirs.save({KEY: adding(10)})
            return adding(5)(stored)

        assert ours.save({KEY: merge})
        assert total(ours) == 1 + 10 * times + 5


def test_many_at_once_lose_nothing(url: str) -> None:
    Store.open(url).close()

    def work(_: int) -> None:
        with Store.open(url) as store:
            for _ in range(10):
                store.save({KEY: adding(1)})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with Store.open(url) as store:
        assert total(store) == 40


def test_a_turn_is_taken_once(store: Store) -> None:
    """The answer to a commit was lost, so the same is saved again."""
    counted = Counts([an_exchange(1)])
    assert store.save({KEY: adding(1)}, counted=counted, turn=Turn("a", 1))
    assert not store.save({KEY: adding(1)}, counted=counted, turn=Turn("a", 1))
    assert store.save({KEY: adding(1)}, counted=counted, turn=Turn("b", 1))
    assert store.save({KEY: adding(1)}, counted=counted, turn=Turn("a", 2))
    assert not store.save({KEY: adding(1)}, counted=counted, turn=Turn("a", 1))
    assert (total(store), store.capture().observed) == (3, 3)


def test_what_is_counted_is_counted_as_if_it_were_written(store: Store, url: str) -> None:
    records = [
        an_exchange(1, started_at=HOUR, redacted=2, flaws=("x",), weight=4.0),
        an_exchange(2, started_at=2 * HOUR),
    ]
    losses = [Loss(producer="orders", window_start=HOUR, reason="queue-full", count=3)]
    store.save({}, counted=Counts([*records, a_message(1, producer="stock")], losses))
    counted = [store.capture(), store.capture(producer="stock"), store.span(), store.producers()]
    assert (store.count(), store.unfolded()) == (0, [])
    store.write(records, [a_message(1, producer="stock")], losses=losses)
    again = store.capture()
    assert (again.observed, again.lost, again.redacted, again.unseen) == (6, {"queue-full": 6}, 4, 6.0)
    assert counted[2:] == [store.span(), store.producers()]
    assert (counted[0].observed, counted[0].represented) == (3, 6.0)  # type: ignore[union-attr]


def test_a_save_that_fails_leaves_nothing(store: Store) -> None:
    store.write([an_exchange(1)])
    store.save({KEY: adding(1)}, folded=[1])
    with pytest.raises(StoreError, match="has folded the same traffic"):
        store.save({KEY: adding(1)}, folded=[1], counted=Counts([an_exchange(2)]), turn=Turn("a", 1))
    assert (total(store), store.capture().observed) == (1, 1)
    assert store.save({KEY: adding(1)}, turn=Turn("a", 1))
