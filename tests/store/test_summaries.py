from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import summaries
from store.errors import StoreError
from store.records import Summary
from store.store import Store
from tests.store import strategies
from tests.store.strategies import HOUR, an_exchange, put
from tests.store.test_store import one_store_for_all


def a_summary(state: bytes = b"", **fields: object) -> Summary:
    given = {"producer": "orders", "window_start": 0, "route": "GET /", "consumer": "", "family": "shape"}
    return Summary(state=state, **(given | fields))  # type: ignore[arg-type]


@one_store_for_all
@given(st.lists(strategies.summaries, max_size=4))
def test_the_last_saved_of_a_key_comes_back(store: Store, saved: list[Summary]) -> None:
    store.save(put(*saved))
    by_key = {replace(summary, state=b""): summary for summary in saved}
    for summary in by_key.values():
        found = [
            s
            for s in store.summaries(producer=summary.producer)
            if replace(s, state=b"") == replace(summary, state=b"")
        ]
        assert found == [summary]


def test_a_route_may_be_of_any_length(store: Store) -> None:
    long = a_summary(b"x", route="GET /" + "".join(chr(33 + n % 90) for n in range(20_000)))
    store.save(put(long))
    store.save(put(replace(long, state=b"y")))
    assert [summary.state for summary in store.summaries()] == [b"y"]


def test_a_batch_is_folded_exactly_once(store: Store) -> None:
    store.write([an_exchange(1), an_exchange(2)])
    store.write([an_exchange(3)])
    assert store.unfolded() == [1, 2]
    assert list(store.batch(1)) == [an_exchange(1), an_exchange(2)]
    store.save(put(a_summary(b"2")), folded=[1])
    store.write([an_exchange(4)])
    assert store.unfolded() == [2, 3]
    store.save(put(a_summary(b"4")), folded=[2, 3])
    assert store.unfolded() == []
    assert [summary.state for summary in store.summaries()] == [b"4"]


@pytest.mark.parametrize("folded", [[1], [2, 1], [99]])
def test_what_another_has_folded_is_not_folded_again(store: Store, folded: list[int]) -> None:
    store.write([an_exchange(1)])
    store.write([an_exchange(2)])
    store.save(put(a_summary(b"theirs")), folded=[1])
    with pytest.raises(StoreError, match="has folded the same traffic") as refused:
        store.save(put(a_summary(b"ours")), folded=folded)
    assert "defacto infer" in refused.value.hint
    assert [summary.state for summary in store.summaries()] == [b"theirs"]
    assert store.unfolded() == [2]


def test_summaries_are_chosen_by_what_they_are_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "_PAGE_ROWS", 3)
    everything = [
        a_summary(producer=producer, window_start=window, route=route, family=family)
        for producer in ("orders", "stock")
        for window in (0, HOUR, 2 * HOUR, 3 * HOUR)
        for route in ("GET /", "GET /{}")
        for family in ("shape", "timing")
    ]
    store.save(put(*everything[::-1]))

    def windows(**chosen: object) -> set[int]:
        return {summary.window_start // HOUR for summary in store.summaries(**chosen)}  # type: ignore[arg-type]

    assert set(store.summaries()) == set(everything)
    assert [(s.producer, s.window_start) for s in store.summaries()] == [
        (s.producer, s.window_start) for s in everything
    ]
    assert len(list(store.summaries(producer="stock"))) == 16
    assert windows(since=2 * HOUR) == {0, 2, 3}
    assert windows(until=2 * HOUR) == {0, 1}
    assert windows(since=HOUR, until=2 * HOUR) == {0, 1}
    assert windows(window=3 * HOUR) == {0, 3}
    assert {s.family for s in store.summaries(families={"timing"})} == {"timing"}
    assert list(store.summaries(families=[])) == []
    assert {s.route for s in store.summaries(routes={"GET /{}"})} == {"GET /{}"}
    many = {"GET /{}", *(f"GET /{n}" for n in range(40_000))}
    assert len(list(store.summaries(routes=many))) == 16
