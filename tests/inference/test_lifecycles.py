"""Lifecycles: what follows what in one entity, and what only looks like it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from contract.claim import Level
from inference.conduct.lifecycles import lifecycles
from tests.inference.scenes import doubted, said, scene
from tests.inference.traffic import call

if TYPE_CHECKING:
    from store.records import Exchange

SHOWN_BY_LISTS_AND_READS = "GET /orders/{order_id}: 200 body status goes placed → paid → shipped"


def orders(count: int, path: tuple[str, ...] = ("placed", "paid", "shipped")) -> list[Exchange]:
    """Orders that billing makes and reads, and warehouse finds in a list, one after the other."""
    found: list[Exchange] = []
    for number in range(1, count + 1):
        at = 100 * number
        found.append(call(at, "POST", "/orders", status=201, got={"id": number, "status": path[0]}))
        for step, word in enumerate(path):
            found += [
                call(at + 10 * step + 1, "GET", f"/orders/{number}", got={"id": number, "status": word}),
                call(
                    at + 10 * step + 3,
                    "GET",
                    "/orders",
                    consumer="warehouse",
                    got={"items": [{"id": number, "status": word}]},
                ),
            ]
    return found


def test_a_status_that_goes_one_way_is_a_lifecycle() -> None:
    (stated,) = lifecycles(scene(orders(12)))
    assert said([stated]) == [SHOWN_BY_LISTS_AND_READS]
    assert stated.clause.kind.value == {
        "transitions": [["placed", "paid"], ["paid", "shipped"]],
        "first": ["placed"],
        "last": ["shipped"],
    }
    assert any("from placed to paid alone in 12 changes" in reason for reason in stated.reasons)


def test_states_that_were_never_left_end_it_and_branches_are_kept() -> None:
    other = [
        exchange
        for number in range(31, 36)
        for exchange in (
            call(9_000 + number, "GET", f"/orders/{number}", got={"id": number, "status": "placed"}),
            call(9_100 + number, "GET", f"/orders/{number}", got={"id": number, "status": "cancelled"}),
        )
    ]
    (stated,) = lifecycles(scene([*orders(12), *other]))
    assert stated.clause.kind.value == {
        "transitions": [["placed", "cancelled"], ["placed", "paid"], ["paid", "shipped"]],
        "first": ["placed"],
        "last": ["cancelled", "shipped"],
    }


def test_a_state_that_passes_quickly_is_not_jumped_over_in_the_claim() -> None:
    exchanges = []
    for number in range(40):
        words = ["placed"] * 3 + (["paid"] if number % 4 else []) + ["shipped"] * 3
        exchanges += [
            call(100 * number + step, "GET", f"/orders/{number}", got={"id": number, "status": word})
            for step, word in enumerate(words)
        ]
    (stated,) = lifecycles(scene(exchanges))
    assert said([stated]) == [SHOWN_BY_LISTS_AND_READS]
    assert any("placed → shipped is taken for" in reason for reason in stated.reasons)


def test_a_field_that_flips_has_no_direction() -> None:
    generator = random.Random(5)
    exchanges = [
        call(
            20 * step + number,
            "GET",
            f"/products/{number}",
            got={"id": number, "availability": generator.choice(["in_stock", "low_stock"])},
        )
        for step in range(12)
        for number in range(20)
    ]
    assert not said(lifecycles(scene(exchanges)))
    assert "it has no direction" in doubted(lifecycles(scene(exchanges)))[0]


def test_few_changes_and_none_are_not_claimed() -> None:
    assert not said(lifecycles(scene(orders(3))))
    assert doubted(lifecycles(scene(orders(3)))) == ["only 3 entities changed, 5 needed"]
    assert not list(lifecycles(scene(orders(20, ("placed",)))))


def test_words_of_people_are_no_states() -> None:
    generator = random.Random(3)
    names = ["ada", "bram", "chiara", "dmitri", "elif", "farid"]
    exchanges = [
        call(
            20 * step + number,
            "GET",
            f"/pages/{number}",
            got={"id": number, "editor": generator.choice(names), "tongue": "en"},
        )
        for step in range(4)
        for number in range(20)
    ]
    assert not list(lifecycles(scene(exchanges)))


def test_an_answer_that_is_repeated_is_no_way_back() -> None:
    exchanges = orders(12) + [
        call(100 * number + 50, "POST", "/orders", status=201, got={"id": number, "status": "placed"})
        for number in range(1, 13)
    ]
    assert said(lifecycles(scene(exchanges))) == [SHOWN_BY_LISTS_AND_READS]


def test_what_overlaps_in_time_has_no_order() -> None:
    exchanges = [
        call(
            100 * number + shift,
            "GET",
            f"/orders/{number}",
            got={"id": number, "status": word},
            duration_ns=20 * 10**9,
        )
        for number in range(30)
        for shift, word in ((0, "placed"), (5, "paid"))
    ]
    assert not list(lifecycles(scene(exchanges)))


def test_payments_that_are_known_by_their_order_do_not_disturb_it() -> None:
    exchanges = orders(12)
    for number in range(1, 13):
        exchanges.append(
            call(100 * number + 60, "GET", "/payments", got=[{"order_id": number, "status": "placed"}])
        )
    assert said(lifecycles(scene(exchanges))) == [SHOWN_BY_LISTS_AND_READS]


def test_who_asks_until_it_is_done_and_acts_then_alone_depends_on_the_words() -> None:
    exchanges = []
    for number in range(12):
        at = 100 * number
        for step, word in enumerate(["pending", "pending", "ready"]):
            exchanges.append(
                call(at + step, "GET", f"/payments/{number}", got={"id": number, "status": word})
            )
        exchanges.append(call(at + 5, "POST", f"/payments/{number}/capture", sent={}, status=202, got={}))
    (stated,) = lifecycles(scene(exchanges))
    assert stated.dependence is not None
    link = stated.dependence["billing"]
    assert link.level is Level.PROVEN
    assert "goes on asking until it is ready" in link.basis
    assert "calls POST /payments/{payment_id}/capture after ready alone" in link.basis


def test_who_looks_whatever_it_is_shown_does_not_depend() -> None:
    (stated,) = lifecycles(scene(orders(20)))
    assert not (stated.dependence or {}).get("warehouse")
