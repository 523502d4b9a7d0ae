"""Claims gathered by place, and the map in one sentence."""

from __future__ import annotations

from dataclasses import replace

from contract.claim import ContractMap, Evidence, Level, OperationMap, Standing
from reports.doubts import READING, doubts, health
from reports.matrix import depended_on, matrix, telling
from reports.places import map_verdict, party, places, relied_on
from reports.reasons import sure
from store.records import Capture

HOUR = 3600 * 10**9


def test_statements_do_not_name_the_place_again(shop_map: ContractMap) -> None:
    said = {
        place.subject.readable: place.statements
        for place in places(shop_map.producers[0].operations[0].claims)
    }
    assert said["200 body id"] == ("always present", "a string")
    assert said["200 body total"] == ("an integer or a string",)
    assert said["200"] == ("can answer 200",)


def test_the_request_comes_first_then_status_by_status(shop_map: ContractMap) -> None:
    operation = shop_map.producers[0].operations[0]
    order = [place.subject.readable for place in places(reversed(operation.claims))]
    assert order[0] == "path id"
    assert order[1:3] == ["200", "200 header content-type"]
    assert order[-3:] == ["200 latency", "404", "404 body title"]


def test_a_place_stands_as_its_most_troubling_claim(shop_map: ContractMap) -> None:
    by_name = {place.subject.readable: place for place in places(shop_map.producers[0].operations[0].claims)}
    assert by_name["200 body total"].foremost.standing is Standing.CONTRADICTED
    assert not by_name["200 body id"].only_received
    assert by_name["200 body note"].only_received


def test_a_place_is_as_sure_as_its_least_sure_claim(shop_map: ContractMap) -> None:
    found = places(shop_map.producers[0].operations[0].claims)
    (place,) = (one for one in found if one.subject.readable == "200 body id")
    first, second = place.claims
    for seen, weakest in (
        ((Evidence(held=90, broken=0), Evidence(held=9, broken=0)), "all 9"),
        ((Evidence(held=9, broken=0), Evidence(held=89, broken=1)), "all 9"),
        ((Evidence(held=90, broken=0), Evidence(held=60, broken=30)), "60 of 90"),
        ((Evidence(held=0, broken=0), Evidence(held=90, broken=0)), "all 90"),
        ((Evidence(held=0, broken=0), Evidence(held=0, broken=0)), "never seen"),
    ):
        claims = tuple(replace(claim, evidence=one) for claim, one in zip((first, second), seen, strict=True))
        assert sure(replace(place, claims=claims).least_sure.evidence).startswith(weakest)


def test_map_verdict(shop_map: ContractMap, nothing: ContractMap) -> None:
    assert map_verdict(shop_map) == (
        "3 consumers call 3 operations of shop. Of the places seen, 2 are used, 5 asked for or sent, "
        "and 11 only received."
    )
    assert map_verdict(nothing) == "Nothing was observed, so there is no map yet."


def test_who_only_publishes_is_no_consumer(shop_map: ContractMap) -> None:
    (shop,) = shop_map.producers
    first, second = (
        OperationMap(key=key, protocol="kafka", observations=9, consumers=who, claims=())
        for key, who in (
            ("SEND orders#paid", {"billing": 4, "till": 5}),
            ("RECEIVE orders#paid", {"billing": 4, "post": 5}),
        )
    )
    events = replace(shop_map, producers=(replace(shop, operations=(first, second)),))
    assert map_verdict(events).startswith("2 consumers use 2 operations of shop, and 1 only publishes. ")
    assert [party(one) for one in (first, second)] == ["publisher", "consumer"]


def test_levels_by_consumer(shop_map: ContractMap) -> None:
    totals = relied_on(shop_map.producers[0].operations)
    assert totals["storefront"][Level.USED] == 2
    assert totals["unidentified"] == {
        Level.EXPOSED: 2,
        Level.REQUESTED: 1,
        Level.USED: 0,
        Level.PROVEN: 0,
    }


def test_the_matrix_has_a_cell_for_every_consumer(shop_map: ContractMap) -> None:
    whole = matrix(shop_map.producers[0].operations, depended_on)
    assert whole.consumers == ("billing", "storefront", "unidentified")
    assert {len(row.cells) for group in whole.groups for row in group.rows} == {3}
    assert not [group for group in whole.groups if group.hidden]


def test_the_telling_matrix_counts_what_it_leaves_out(shop_map: ContractMap) -> None:
    group = matrix(shop_map.producers[0].operations, telling).groups[0]
    shown = {row.place.subject.readable for row in group.rows}
    assert {"200 body id", "200 body total", "200 body courier.tracking"} <= shown
    assert "200 body" not in shown
    assert group.hidden == 7


def test_health_and_doubts_are_told_in_numbers() -> None:
    capture = Capture(
        observed=900, lost={"queue-full": 90, "undecodable": 10}, truncated=1, flaws={"invalid-utf-8": 4}
    )
    assert health(capture) == "900 observed · 100 lost · 1 truncated"
    told = doubts(capture, (0, HOUR))
    assert told[0].startswith("100 observations (10%) were not captured: 90 queue-full and 10 undecodable.")
    assert told[1].startswith("1 body was cut")
    assert told[2] == "4 flaws in the bytes observed: 4 invalid-utf-8."
    assert "1 hour" in told[3]
    assert told[-1] == READING


def test_a_long_and_whole_capture_has_one_doubt_left() -> None:
    assert doubts(Capture(observed=5), (0, 40 * 24 * HOUR)) == (READING,)
