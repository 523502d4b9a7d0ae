from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from store.records import Exchange
from tests.inference.traffic import call
from tests.inference.values.mining import claims, stated

ORDER = "GET /orders/{id}"


def orders(count: int, field: Any, *, seed: int = 1) -> list[Exchange]:
    """Answers about different orders, with a value at `x`: `field` makes it of a number and a Random."""
    chance = random.Random(seed)
    return [call(n, "GET", f"/orders/{n}", got={"id": n, "x": field(n, chance)}) for n in range(1, count + 1)]


def of(found: dict[tuple[str, str], list[Any]], kind: str, place: str = "x") -> Any:
    values = found.get((f"response.200.body.{place}", kind))
    return values[0] if values else None


def test_a_format_that_all_values_share() -> None:
    found = claims(orders(12, lambda n, c: str(uuid.UUID(int=c.getrandbits(128), version=4))), ORDER)
    assert of(found, "format") == "uuid"
    assert of(found, "length") is None, "a UUID says its length"


def test_one_value_of_another_form_is_enough_to_claim_no_format() -> None:
    found = claims(
        orders(12, lambda n, c: "n/x" if n == 5 else f"2026-03-{n:02}"),
        ORDER,
    )
    assert of(found, "format") is None


def test_blank_values_are_no_values() -> None:
    found = claims(orders(30, lambda n, c: "N/A" if n % 3 else f"2026-03-{n:02}"), ORDER)
    assert of(found, "format") == "date"


def test_an_enumeration_is_claimed_once_it_is_saturated() -> None:
    words = ["placed", "paid", "shipped"]
    assert of(claims(orders(60, lambda n, c: words[n % 3]), ORDER), "enum") == sorted(words)


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (lambda n, c: ["placed", "paid"][n == 60], "once"),
        (lambda n, c: f"word{n % 25}", "at most"),
        (lambda n, c: ["placed", "paid"][n > 50], "lately"),
        (lambda n, c: n % 3, "range"),
        (lambda n, c: n % 2 == 0, "both"),
        (lambda n, c: ["2026-03-01", "2026-03-02"][n % 2], "data"),
    ],
)
def test_few_values_are_not_always_an_enumeration(field: Any, why: str) -> None:
    exchanges = orders(60, field)
    assert of(claims(exchanges, ORDER), "enum") is None
    (doubt,) = [
        one.doubt
        for one in stated(exchanges, ORDER)
        if one.clause.kind.name == "enum" and one.clause.subject.text.endswith(".x")
    ]
    assert why in doubt


def test_a_hundred_answers_about_one_thing_are_one_thing() -> None:
    exchanges = [call(n, "GET", "/orders/7", got={"id": 7, "x": "Berlin", "seen": n}) for n in range(100)]
    assert of(claims(exchanges, ORDER), "enum") is None


def test_the_value_of_a_name_is_no_enumeration() -> None:
    exchanges = [
        call(n, "GET", f"/orders/{n}", got={"id": n, "city": ["Bonn", "Kiel"][n % 2]}) for n in range(60)
    ]
    assert of(claims(exchanges, ORDER), "enum", "city") is None


def test_a_pattern_that_is_more_than_its_length() -> None:
    found = claims(orders(30, lambda n, c: f"ord_{c.getrandbits(64):016x}"), ORDER)
    assert of(found, "pattern") == "^ord_[a-f0-9]{16}$"


def test_digits_that_count_up_have_no_fixed_number() -> None:
    found = claims(orders(60, lambda n, c: f"SO-{10000 + n}"), ORDER)
    assert of(found, "pattern") == "^SO-[0-9]+$"


def test_prose_has_no_pattern() -> None:
    words = ["tea", "cup", "pot", "milk", "honey"]
    found = claims(orders(40, lambda n, c: " ".join(c.choices(words, k=3))), ORDER)
    assert of(found, "pattern") is None
    assert of(found, "format") is None


def test_a_bound_at_which_many_values_lie() -> None:
    found = claims(orders(300, lambda n, c: c.randint(1, 8)), ORDER)
    assert of(found, "range") == {"min": 1, "max": 8}


def test_the_smallest_of_a_smooth_distribution_is_no_bound() -> None:
    found = claims(orders(300, lambda n, c: round(c.lognormvariate(5, 1)) + 3), ORDER)
    assert of(found, "range") is None


def test_the_number_of_something_may_be_none() -> None:
    exchanges = [call(n, "GET", f"/orders/{n}", got={"id": n, "review_count": 1 + n % 4}) for n in range(100)]
    assert (of(claims(exchanges, ORDER), "range", "review_count") or {}).get("min") is None


def test_a_length_that_is_always_the_same() -> None:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ-_"
    found = claims(orders(30, lambda n, c: "".join(c.choices(alphabet, k=9))), ORDER)
    assert of(found, "length") == {"min": 9, "max": 9}


def test_the_items_of_an_array_of_texts_are_looked_at() -> None:
    found = claims(orders(60, lambda n, c: c.sample(["new", "fair", "organic"], k=2)), ORDER)
    assert of(found, "enum", "x[]") == ["fair", "new", "organic"]
