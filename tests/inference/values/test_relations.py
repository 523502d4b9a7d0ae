from __future__ import annotations

import random
from typing import Any

from store.records import Exchange
from tests.inference.traffic import call
from tests.inference.values.mining import Claims, claims

ORDER, LIST = "GET /orders/{id}", "GET /orders"


def answers(count: int, make: Any) -> list[Exchange]:
    """Answers about different orders; `make` makes a body of a number and a Random."""
    chance = random.Random(3)
    return [call(n, "GET", f"/orders/{n}", got=make(n, chance)) for n in range(1, count + 1)]


def lists(count: int, make: Any) -> list[Exchange]:
    """Answers with lists of orders; `make` makes a query and a body of a number and a Random."""
    chance = random.Random(3)
    made = [make(n, chance) for n in range(count)]
    return [call(n, "GET", f"/orders?{query}", got=got) for n, (query, got) in enumerate(made)]


def of(found: Claims, kind: str, place: str) -> Any:
    values = found.get((f"response.200.body{place}", kind))
    return values[0] if values else None


def other(name: str) -> str:
    return f"response.200.body.{name}"


def test_the_answer_repeats_the_path() -> None:
    found = claims(answers(8, lambda n, c: {"id": n, "x": c.random()}), ORDER)
    assert of(found, "echo", ".id") == {"other": "request.path.id"}


def test_a_small_number_that_is_at_times_the_same_is_no_echo() -> None:
    found = claims(answers(30, lambda n, c: {"pages": n if n % 4 else n + 1}), ORDER)
    assert of(found, "echo", ".pages") is None


def test_equal_fields() -> None:
    found = claims(answers(20, lambda n, c: {"login": f"u{n * 7}", "name": f"u{n * 7}"}), ORDER)
    assert of(found, "equal", ".name") == {"other": other("login")}


def test_dates_that_are_equal_until_something_changes_are_not_called_equal() -> None:
    found = claims(
        answers(6, lambda n, c: {"made": f"2026-03-0{n}T10:00:00Z", "changed": f"2026-03-0{n}T10:00:00Z"}),
        ORDER,
    )
    assert of(found, "equal", ".changed") is None


def test_a_date_that_is_never_after_another() -> None:
    def make(n: int, chance: random.Random) -> Any:
        day = chance.randint(1, 14)
        return {"made": f"2026-03-{day:02}", "changed": f"2026-03-{day + chance.randint(0, 9):02}"}

    found = claims(answers(40, make), ORDER)
    assert of(found, "at-most", ".made") == {"other": other("changed"), "strict": False}
    assert of(found, "at-most", ".changed") is None


def test_unlike_numbers_that_share_a_range_are_not_ordered() -> None:
    found = claims(answers(60, lambda n, c: {"weight": c.randint(1, 9), "price": c.randint(100, 900)}), ORDER)
    assert of(found, "at-most", ".weight") is None


def test_like_numbers_are_ordered() -> None:
    def make(n: int, chance: random.Random) -> Any:
        low = chance.randint(1, 50)
        return {"min_price": low, "max_price": low + chance.randint(1, 50), "used": 3}

    found = claims(answers(60, make), ORDER)
    assert of(found, "at-most", ".min_price") == {"other": other("max_price"), "strict": True}


def test_a_link_holds_the_id() -> None:
    found = claims(
        answers(12, lambda n, c: {"key": f"k{n * 37}x", "href": f"https://x.example/k/k{n * 37}x"}), ORDER
    )
    assert of(found, "contains", ".href") == {"other": other("key"), "how": "suffix"}


def test_a_slug_is_made_of_the_title() -> None:
    words = ["Green", "Tea", "Cup", "Pot", "Milk", "Oolong"]

    def make(n: int, chance: random.Random) -> Any:
        title = " ".join(chance.choices(words, k=3)) + f" {n}"
        return {"title": title, "alias": title.lower().replace(" ", "-")}

    found = claims(answers(20, make), ORDER)
    assert of(found, "derived", ".alias") == {"other": other("title"), "how": "slug"}


def test_a_value_that_is_one_of_an_array() -> None:
    def make(n: int, chance: random.Random) -> Any:
        sizes = chance.sample(range(30, 60), k=4)
        return {"sizes": sizes, "default": chance.choice(sizes), "other": chance.randint(30, 60)}

    found = claims(answers(40, make), ORDER)
    assert of(found, "member", ".default") == {"of": other("sizes[]")}
    assert of(found, "member", ".other") is None


def order_lines(n: int, chance: random.Random) -> list[dict[str, Any]]:
    return [
        {"price": chance.randint(100, 900) / 100, "quantity": chance.randint(1, 4)}
        for _ in range(chance.randint(1, 4))
    ]


def test_a_total_is_the_sum_of_its_lines() -> None:
    def make(n: int, chance: random.Random) -> Any:
        lines = order_lines(n, chance)
        total = round(sum(line["price"] * line["quantity"] for line in lines), 2)
        return {"lines": lines, "total": total, "count": len(lines), "paid": round(total * 1.19, 2)}

    found = claims(answers(20, make), ORDER)
    price, quantity = other("lines[].price"), other("lines[].quantity")
    assert of(found, "sum", ".total") == {"of": [price], "times": quantity}
    assert of(found, "count", ".count") == {"of": other("lines")}
    assert of(found, "sum", ".paid") is None


def test_a_total_is_the_sum_of_its_parts() -> None:
    def make(n: int, chance: random.Random) -> Any:
        net, tax = chance.randint(100, 900) / 100, chance.randint(10, 90) / 100
        return {"net": net, "tax": tax, "gross": round(net + tax, 2), "rebate": chance.randint(1, 9) / 10}

    found = claims(answers(20, make), ORDER)
    assert of(found, "sum", ".gross") == {"of": [other("net"), other("tax")], "times": None}


def test_filters_and_limits() -> None:
    def make(n: int, chance: random.Random) -> Any:
        status, limit = chance.choice(["open", "shut"]), chance.choice([2, 3, 5])
        size = min(limit, chance.randint(0, 6))
        items = [{"id": 100 * n + i, "status": status, "kind": "a"} for i in range(size)]
        return f"status={status}&limit={limit}", {"items": items, "total": size + chance.randint(0, 3)}

    found = claims(lists(40, make), LIST)
    assert of(found, "filter", ".items[].status") == {"other": "request.query.status"}
    assert found["request.query.limit", "limits"] == [{"of": other("items")}]
    assert of(found, "limits", ".total") == {"of": other("items")}
    assert of(found, "filter", ".items[].kind") is None


def test_the_order_of_items() -> None:
    def make(n: int, chance: random.Random) -> Any:
        items = [{"id": chance.randint(1, 10**6), "rank": chance.random()} for _ in range(5)]
        return f"page={n}", {"items": sorted(items, key=lambda item: -item["rank"])}

    found = claims(lists(8, make), LIST)
    assert of(found, "sorted", ".items[]") == {"by": "rank", "direction": "descending", "when": None}
    assert of(found, "unique", ".items") is None, "ids from a million would never collide anyway"


def test_an_order_that_is_asked_for() -> None:
    def make(n: int, chance: random.Random) -> Any:
        by = ["price", "name"][n % 2]
        items = [{"price": chance.random(), "name": chance.random()} for _ in range(5)]
        return f"sort={by}", {"items": sorted(items, key=lambda item: item[by])}

    found = claims(lists(16, make), LIST)
    assert found["response.200.body.items[]", "sorted"] == [
        {"by": "name", "direction": "ascending", "when": {"request.query.sort": "name"}},
        {"by": "price", "direction": "ascending", "when": {"request.query.sort": "price"}},
    ]


def test_short_arrays_in_order_by_luck_are_not_sorted() -> None:
    def make(n: int, chance: random.Random) -> Any:
        return f"page={n}", {"items": [{"x": 1 + n}, {"x": 2 + n}]}

    assert of(claims(lists(4, make), LIST), "sorted", ".items[]") is None


def test_items_that_are_never_twice_in_one_array() -> None:
    def make(n: int, chance: random.Random) -> Any:
        skus = chance.sample([f"sku-{i}" for i in range(12)], k=5)
        return f"page={n}", {"items": [{"sku": sku, "n": chance.randint(1, 3)} for sku in skus]}

    assert of(claims(lists(12, make), LIST), "unique", ".items") == {"by": "sku"}


def test_a_type_decides_the_fields() -> None:
    def make(n: int, chance: random.Random) -> Any:
        own = [{"type": "card", "digits": "4711"}, {"type": "debit", "bank": "b"}, {"type": "cash"}][n % 3]
        return {
            **own,
            "id": n,
            "fast": chance.random() < 0.5,
            **({"note": "x"} if chance.random() < 0.5 else {}),
        }

    found = claims(answers(60, make), ORDER)
    assert of(found, "variant", "") == {
        "by": "type",
        "cases": {"card": ["digits"], "cash": [], "debit": ["bank"]},
    }


def test_fields_that_come_by_chance_make_no_variants() -> None:
    def make(n: int, chance: random.Random) -> Any:
        return {"type": chance.choice(["a", "b"]), **({"note": "x"} if chance.random() < 0.5 else {})}

    assert of(claims(answers(60, make), ORDER), "variant", "") is None


def test_a_parameter_that_requires_another() -> None:
    def make(n: int, chance: random.Random) -> Any:
        query = ["a=1", "from=1&to=2", "a=2", "a=2&to=7"][n % 4]
        return query + f"&n={n}", {"items": []}

    found = claims(lists(60, make), LIST)
    assert {"other": "request.query.to", "how": "requires"} in found["request.query.from", "together"]


def test_what_one_consumer_always_sends_and_another_never_excludes_nothing() -> None:
    exchanges = [
        call(n, "GET", f"/orders?{'fast=1' if n % 2 else 'full=1'}&n={n}", consumer=f"c{n % 2}", got={"n": n})
        for n in range(60)
    ]
    assert not [key for key in claims(exchanges, LIST) if key[1] == "together"]


def created(ids: list[Any]) -> Claims:
    return claims(
        [call(n, "POST", "/orders", sent={"n": n}, status=201, got={"id": id_}) for n, id_ in enumerate(ids)],
        "POST /orders",
    )


def test_ids_of_what_was_made_grow() -> None:
    found = created([100 + 3 * n for n in range(30)])
    assert found["response.201.body.id", "never-repeats"] == [True]
    assert found["response.201.body.id", "increasing"] == [True]


def test_random_ids_never_repeat_and_do_not_grow() -> None:
    chance = random.Random(5)
    found = created([chance.getrandbits(40) for _ in range(30)])
    assert found["response.201.body.id", "never-repeats"] == [True]
    assert ("response.201.body.id", "increasing") not in found


def test_ids_that_come_again_are_not_new() -> None:
    assert ("response.201.body.id", "never-repeats") not in created([n % 20 for n in range(30)])


def test_ids_that_consumers_choose_say_nothing_of_the_producer() -> None:
    exchanges = [
        call(n, "POST", "/orders", sent={"id": f"c-{n}"}, status=201, got={"id": f"c-{n}"}) for n in range(30)
    ]
    assert ("response.201.body.id", "never-repeats") not in claims(exchanges, "POST /orders")
