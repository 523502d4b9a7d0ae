"""Chains of calls: what always came from an earlier one, what is always sent on, and look-alikes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contract.claim import Level
from inference.conduct.chains import chains
from tests.inference.scenes import doubted, said, scene
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.records import Exchange

BEFORE = (
    "POST /payments/{payment_id}/capture: path payment_id always comes from an earlier POST /payments "
    "(201 body id)"
)
AFTER = (
    "POST /payments: 201 body id is always sent to POST /payments/{payment_id}/capture (path payment_id), "
    "mostly within 4.99 s"
)


def uuid(number: int) -> str:
    return str(UUID(int=random.Random(number).getrandbits(128)))


def pay(at: int, identity: Any, **known: Any) -> Exchange:
    return call(at, "POST", "/payments", sent={"amount": 5}, status=201, got={"id": identity}, **known)


def capture(at: int, identity: Any, **known: Any) -> Exchange:
    return call(at, "POST", f"/payments/{identity}/capture", sent={}, status=202, got={"done": True}, **known)


def paid(count: int, identity: Callable[[int], Any] = uuid) -> list[Exchange]:
    """Payments that are made and captured five seconds later, one after the other."""
    return [
        exchange
        for number in range(1, count + 1)
        for exchange in (pay(10 * number, identity(number)), capture(10 * number + 5, identity(number)))
    ]


@pytest.mark.parametrize("identity", [uuid, int, lambda number: f"p{number}"])
def test_what_is_sent_came_from_the_call_that_made_it(identity: Callable[[int], Any]) -> None:
    stated = list(chains(scene(paid(12, identity))))
    named = [text.replace("payment_id", "payment") for text in (BEFORE, AFTER)]
    assert [text.replace("payment_id", "payment") for text in said(stated)] == named
    assert stated[0].evidence.held == 12
    assert [one.dependence["billing"].level for one in stated if one.dependence] == [Level.PROVEN, Level.USED]


def test_the_maker_counts_before_the_list_that_repeats_it() -> None:
    exchanges = paid(12)
    for number in range(1, 13):
        exchanges.append(call(10 * number + 2, "GET", "/payments", got=[{"id": uuid(number)}]))
        exchanges.append(
            call(10 * number + 3, "GET", "/payments", consumer="auditor", got=[{"id": uuid(number)}])
        )
        exchanges.append(capture(10 * number + 6, uuid(number), consumer="auditor"))
    assert BEFORE in said(chains(scene(exchanges)))


def test_a_list_is_the_source_where_nobody_is_seen_to_make_them() -> None:
    exchanges = []
    for number in range(1, 13):
        exchanges.append(call(10 * number, "GET", "/payments", got=[{"id": uuid(number)}]))
        exchanges.append(capture(10 * number + 5, uuid(number)))
    (text,) = said(chains(scene(exchanges)))
    assert text.endswith("path payment_id always comes from an earlier GET /payments (200 body [].id)")


def test_an_id_from_elsewhere_breaks_it() -> None:
    exchanges = paid(12)
    exchanges += [capture(200 + number, uuid(900 + number)) for number in range(3)]
    assert BEFORE not in said(chains(scene(exchanges)))


def test_two_sources_are_none() -> None:
    exchanges = paid(8)
    for number in range(20, 28):
        exchanges.append(call(10 * number, "GET", "/imports", got=[{"id": uuid(number)}]))
        exchanges.append(capture(10 * number + 5, uuid(number)))
    assert not [text for text in said(chains(scene(exchanges))) if "comes from" in text]


def test_what_was_known_before_the_record_began_does_not_break_it() -> None:
    assert BEFORE in said(chains(scene([capture(7, uuid(99)), *paid(12)])))


def test_few_values_are_not_enough() -> None:
    assert not said(chains(scene(paid(4))))
    assert "only 4 different values, 6 needed" in doubted(chains(scene(paid(4))))


def test_one_answer_is_one_coincidence() -> None:
    exchanges = [call(0, "GET", "/payments", got=[{"id": uuid(number)} for number in range(12)])]
    exchanges += [capture(10 + number, uuid(number)) for number in range(12)]
    assert not said(chains(scene(exchanges)))
    assert doubted(chains(scene(exchanges))) == ["all values came in 1 answers, 3 needed"]


def test_a_busy_call_precedes_everything_and_is_no_source() -> None:
    exchanges = []
    for number in range(200):
        exchanges.append(call(number, "GET", "/ping", got={"id": uuid(number), "now": 1_000_000 + number}))
        if number % 10 == 0:
            exchanges.append(capture(number, uuid(5_000 + number)))
    assert not said(chains(scene(exchanges)))


def test_short_ids_that_all_exist_before_say_nothing() -> None:
    exchanges = [pay(number, number) for number in range(1, 21)]
    exchanges += [capture(100 + number, number) for number in range(1, 21)]
    assert not said(chains(scene(exchanges)))
    assert any("chance" in doubt for doubt in doubted(chains(scene(exchanges))))


def test_short_ids_of_other_things_are_other_ids() -> None:
    exchanges = []
    for number in range(1, 15):
        exchanges.append(call(10 * number, "POST", "/orders", sent={}, status=201, got={"id": number}))
        exchanges.append(capture(10 * number + 5, number))
    assert not said(chains(scene(exchanges)))


def test_an_id_of_the_consumers_own_that_is_repeated_is_not_received() -> None:
    exchanges = []
    for number in range(12):
        mine = uuid(number)
        exchanges.append(
            call(10 * number, "POST", "/payments", sent={"id": mine}, status=201, got={"id": mine})
        )
        exchanges.append(capture(10 * number + 5, mine))
    assert not said(chains(scene(exchanges)))


def test_what_is_not_sent_on_in_the_end_may_have_had_no_time() -> None:
    exchanges = paid(12)
    assert AFTER in said(chains(scene([*exchanges, pay(128, uuid(50)), pay(129, uuid(51))])))
    given_up = [pay(30 + number, uuid(60 + number)) for number in range(4)]
    assert AFTER not in said(chains(scene([*exchanges, *given_up])))


def test_a_call_that_is_carried_on_is_followed_by_the_next_alone() -> None:
    exchanges = paid(12)
    exchanges += [
        call(10 * number + 7, "GET", f"/payments/{uuid(number)}", got={"done": True})
        for number in range(1, 13)
    ]
    followed = [text for text in said(chains(scene(exchanges))) if "is always sent to" in text]
    assert followed == [AFTER]
