"""The scorer of path templates counts right, and the inference does not fall behind what it can do."""

from __future__ import annotations

import pytest

from benchmarks.paths import anonymous, inferred, score
from benchmarks.traffic import Traffic, styles


def test_pairs_are_counted() -> None:
    # Truth: a a a b b. Guessed: x x y y y. Of the 4 pairs that each makes, 2 are the same.
    got = score([("a", "x"), ("a", "x"), ("a", "y"), ("b", "y"), ("b", "y")])
    assert (got.precision, got.recall, got.exact) == (0.5, 0.5, 0.0)


def test_exact_means_all_exchanges_of_an_operation_whatever_the_names() -> None:
    got = score(
        [("GET /a/{x}", "GET /a/{a_id}"), ("GET /b/{x}", "GET /b/1"), ("GET /b/{x}", "GET /b/{b_id}")]
    )
    assert got.exact == 0.5
    assert anonymous("GET /a/{x}/b/{y}.json") == "GET /a/{}/b/{}.json"


@pytest.mark.parametrize("name", ["github", "stripe", "kubernetes", "cms"])
def test_a_style_comes_out(name: str) -> None:
    style = next(style for style in styles(second=False) if style.name == name)
    got = score(inferred(Traffic(style, seed=7).shots()))
    assert got.f1 > 0.9
    assert got.exact > 0.9
