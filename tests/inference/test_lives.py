"""The lives of entities: what is seen of them, wherever they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import lives
from inference.lives import Lives, is_status
from inference.observation import Observation
from inference.paths import route
from store.records import Exchange
from tests.inference.laws import check
from tests.inference.traffic import START, call


def seen(*exchanges: Exchange) -> dict[tuple[str, str, str, str, object], int]:
    """How often which word stood where, over all entities."""
    one = Lives()
    for exchange in exchanges:
        one.observe(Observation(exchange, route(exchange.method, exchange.path)))
    return {
        (*showing, word): sighting.count
        for life in one.lives.values()
        for (showing, word), sighting in life.sightings.items()
    }


def test_an_entity_is_known_by_its_path_its_id_or_the_only_field_that_can_be_one() -> None:
    assert seen(
        call(0, "GET", "/orders/17", got={"id": 17, "customer_id": "c1", "status": "paid"}),
        call(1, "PUT", "/orders/18", got={"status": "open"}),
        call(2, "POST", "/orders", status=201, got={"id": 19, "customer_id": 4, "status": "new"}),
        call(3, "GET", "/parcels", got={"items": [{"tracking_number": "T1", "state": 3}]}),
        call(4, "GET", "/jobs", got=[{"id": "a", "phase": "run"}, {"id": "a", "phase": "run"}]),
    ) == {
        ("GET /orders/{}", "response.200.body", "path.1", "status", "paid"): 1,
        ("PUT /orders/{}", "response.200.body", "path.1", "status", "open"): 1,
        ("POST /orders", "response.201.body", "id", "status", "new"): 1,
        ("GET /parcels", "response.200.body.items[]", "tracking_number", "state", 3): 1,
        ("GET /jobs", "response.200.body[]", "id", "phase", "run"): 2,
    }


def test_what_is_no_status_of_an_entity() -> None:
    assert not seen(
        call(0, "GET", "/orders/17", status=409, got={"id": 17, "status": "taken"}),
        call(1, "GET", "/health", got={"status": "ok"}),
        call(2, "GET", "/links", got=[{"order_id": "a", "item_id": "b", "status": "open"}]),
        call(3, "GET", "/orders/18", got={"id": 18, "status": "a long text that somebody wrote"}),
        call(4, "GET", "/orders/19", got={"id": 19, "status": True, "total": 7}),
        call(5, "GET", "/people", got=[{"id": 20, "city": "Ulm"}]),
    )


def test_words_beside_the_status_are_watched_in_single_answers_alone() -> None:
    found = seen(
        call(0, "GET", "/orders/17", got={"id": 17, "a": "x1", "b": "up", "c": "on", "d": "of", "e": "by"})
    )
    assert {key[3] for key in found} == {"b", "c", "d"}


def test_the_first_end_and_the_last_beginning_are_kept() -> None:
    one = Lives()
    for at in (5, 3, 9):
        exchange = call(at, "GET", "/orders/17", got={"id": 17, "status": "paid"}, duration_ns=10**9)
        one.observe(Observation(exchange, "GET /orders/{}"))
    (life,) = one.lives.values()
    (sighting,) = life.sightings.values()
    assert (sighting.ended, sighting.began, sighting.count) == (START + 4 * 10**9, START + 9 * 10**9, 3)


@pytest.mark.parametrize(
    ("name", "yes"),
    [("status", True), ("order_status", True), ("paymentState", True), ("statute", False), ("estate", False)],
)
def test_names_of_status_fields(name: str, yes: bool) -> None:
    assert is_status(name) is yes


SHOWN = st.lists(
    st.builds(
        lambda at, entity, word, place: (
            Observation(
                call(
                    at, "GET", f"/{place}/{entity}", got={"id": entity, "status": word, "kind": f"k{place}"}
                ),
                f"GET /{place}/{{}}",
            ),
        ),
        st.integers(0, 30),
        st.integers(0, 9),
        st.sampled_from(["new", "paid", 3]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)


@given(SHOWN, st.integers(0, 99), st.integers(0, 99))
def test_laws(shown: list[tuple[Observation]], first: int, second: int) -> None:
    check(Lives, shown, first, second)


@given(SHOWN, st.integers(0, 99), st.integers(0, 99))
def test_laws_at_the_bounds(shown: list[tuple[Observation]], first: int, second: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lives, "MAX_ENTITIES", 3)
        patch.setattr(lives, "MAX_SIGHTINGS", 2)
        check(Lives, shown, first, second)
