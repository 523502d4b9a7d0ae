from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import samples
from inference.observation import Observation
from inference.samples import Samples
from tests.inference.laws import check
from tests.inference.traffic import call

BODIES = st.integers(0, 6).map(lambda n: {"id": n, "text": "x" * 40 * n})
CALLS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from([200, 404]), BODIES), max_size=30)


def looked_at(*calls: tuple[int, int, Any]) -> list[tuple[Observation]]:
    exchanges = {
        exchange.id: exchange
        for at, status, got in calls
        for exchange in [
            call(at, "GET", f"/x/{got['id']}", status=status, got=got, response_headers=(("x-at", str(at)),))
        ]
    }
    return [(Observation(exchange, "GET /x/{}"),) for exchange in exchanges.values()]


@given(CALLS, st.integers(), st.integers())
def test_laws(calls: list[tuple[int, int, Any]], first: int, second: int) -> None:
    check(Samples, looked_at(*calls), first, second)


@given(CALLS, st.integers(), st.integers(), st.sampled_from([(2, 10_000), (64, 300)]))
def test_laws_at_the_bounds(
    calls: list[tuple[int, int, Any]], first: int, second: int, bounds: tuple[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "MAX_SAMPLES", bounds[0])
        patch.setattr(samples, "MAX_BYTES", bounds[1])
        check(Samples, looked_at(*calls), first, second)


def test_a_content_that_comes_again_is_kept_once_and_counted() -> None:
    seen = Samples()
    for at in range(5):
        seen.observe(looked_at((at, 200, {"id": 1, "text": ""}))[0][0])
    (sample,) = seen.of(200)
    assert sample.tally.count == 5
    assert sample.response_headers == (("x-at", "0"),)


def test_the_bounds_hold() -> None:
    seen = Samples()
    for at in range(3 * samples.MAX_SAMPLES):
        seen.observe(looked_at((at, 200, {"id": at, "text": ""}))[0][0])
    seen.state()
    assert len(seen.of(200)) == samples.MAX_SAMPLES
