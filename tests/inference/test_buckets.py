"""Logarithmic buckets: within their error, whatever the partitioning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.buckets import RELATIVE_ERROR, Buckets
from inference.tally import Tally
from tests.inference.laws import check


class Counted(Buckets):
    """Buckets under the name of the laws."""

    observe = Buckets.add


class Tallied(Tally):
    observe = Tally.add


@given(st.lists(st.tuples(st.integers(1, 10**13)), max_size=30), st.integers(0, 99), st.integers(0, 99))
def test_laws(values: list[tuple[int]], first: int, second: int) -> None:
    check(Counted, values, first, second)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), max_size=9),
    st.integers(0, 99),
    st.integers(0, 99),
)
def test_laws_of_tallies(seen: list[tuple[int, str]], first: int, second: int) -> None:
    check(Tallied, seen, first, second)


@given(
    st.lists(st.integers(1, 10**13), min_size=1, max_size=200), st.sampled_from([0, 0.25, 0.5, 0.95, 0.99, 1])
)
def test_a_quantile_is_within_the_stated_error(values: list[int], q: float) -> None:
    buckets = Buckets()
    for value in values:
        buckets.add(value)
    rank = int(q * (len(values) - 1))
    exact = sorted(values)[rank]
    assert abs(buckets.quantile(q) - exact) <= RELATIVE_ERROR * exact + 1


def test_nothing_counted_has_no_latency() -> None:
    assert Buckets().quantile(0.5) == 0


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=200))
def test_a_distribution_is_what_was_counted_and_agrees_with_quantiles(values: list[int]) -> None:
    buckets = Buckets()
    for value in values:
        buckets.add(value)
    told = buckets.distribution()
    times, shares = zip(*told, strict=True)
    assert list(times) == sorted(set(times))
    assert shares[-1] == 1
    for time, share in told:
        below = sum(value <= time * (1 + 2.1 * RELATIVE_ERROR) for value in values) / len(values)
        assert below >= share - 1e-9
    for q in (0.5, 0.95, 0.99, 1.0):
        assert buckets.quantile(q) in times
