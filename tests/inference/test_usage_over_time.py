from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.claim import Level
from contract.subject import parse
from inference.fold import fold
from inference.usage_over_time import usage
from store.store import Store
from tests.inference.traffic import SECOND, START, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract.changing.track import Track

HOUR = 3_600
REFS = [f"{hour:02x}-a1b2c3d4e5f60718-{item}" for hour in range(10) for item in range(3)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ten hours: billing opens what it was listed, an hour later; web asks for fields, and gets errors."""
    calls = []
    for hour in range(10):
        listed = REFS[3 * hour : 3 * hour + 3]
        got = {"items": [{"ref": ref} for ref in listed]}
        calls.append(call(hour * HOUR, "GET", "/orders?limit=3", got=got))
        calls += [
            call((hour + 1) * HOUR + n, "GET", f"/orders/{ref}", got={}) for n, ref in enumerate(listed)
        ]
        target = "/orders?fields=ref" if hour < 5 else "/orders"
        calls.append(call(hour * HOUR + 5, "GET", target, consumer="web", got=got))
        calls.append(
            call(hour * HOUR + 6, "POST", "/orders", consumer="web", sent={"a": 1}, status=409, got={})
        )
        calls.append(call(hour * HOUR + 7, "GET", "/old/7", consumer="web", status=200 if hour < 3 else 410))
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(calls)
        fold(store)
        yield store


def hours(track: Track, level: Level) -> list[int]:
    return [(one.first - START * 1) // SECOND // HOUR for one in track.seen.get(level, [])]


def test_a_value_that_came_back_later_counts_where_it_was_sent(store: Store) -> None:
    tracks = usage(store, "shop", "GET /orders", parse("response.200.body.items[].ref")).tracks
    assert hours(tracks["billing"], Level.USED) == list(range(1, 11))
    assert hours(tracks["billing"], Level.EXPOSED) == list(range(10))
    assert tracks["billing"].basis[Level.USED].startswith("sent back as path")
    assert tracks["billing"].level is Level.USED
    assert hours(tracks["web"], Level.REQUESTED) == list(range(5))
    assert tracks["web"].basis[Level.REQUESTED] == "asks for it (fields=)"


def test_what_holds_of_a_field_holds_of_what_is_around_it(store: Store) -> None:
    tracks = usage(store, "shop", "GET /orders", parse("response.200.body.items")).tracks
    assert tracks["billing"].level is Level.USED


def test_a_place_in_requests(store: Store) -> None:
    found = usage(store, "shop", "GET /orders", parse("request.query.limit"))
    assert hours(found.tracks["billing"], Level.REQUESTED) == list(range(10))
    assert found.tracks["web"].level is None
    assert not any(one.answers for one in found.presence)


def test_a_parameter_of_the_path_under_another_name(store: Store) -> None:
    tracks = usage(store, "shop", "GET /orders/{id}", parse("request.path.id")).tracks
    assert hours(tracks["billing"], Level.REQUESTED) == list(range(1, 11))


def test_a_status(store: Store) -> None:
    tracks = usage(store, "shop", "POST /orders", parse("response.409")).tracks
    assert (hours(tracks["web"], Level.EXPOSED), tracks["billing"].level) == (list(range(10)), None)


def test_an_operation_that_is_gone(store: Store) -> None:
    found = usage(store, "shop", "GET /old/{id}", None)
    assert hours(found.tracks["web"], Level.REQUESTED) == list(range(10))
    assert [one.there for one in found.presence] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_latency_is_of_the_whole_operation(store: Store) -> None:
    tracks = usage(store, "shop", "GET /orders", parse("response.200.latency")).tracks
    levels = {name: track.level for name, track in tracks.items() if track.level}
    assert levels == {"billing": Level.EXPOSED, "web": Level.EXPOSED}  # as the map has it


def test_the_whole_interface_until_an_instant(store: Store) -> None:
    tracks = usage(store, "shop", "", None, until=START + 2 * HOUR * SECOND).tracks
    assert (len(tracks["web"].calls), hours(tracks["web"], Level.REQUESTED)) == (3, [0, 1, 2])


def test_use_with_another_producer(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "two.db")) as store:
        for number, ref in enumerate(REFS):
            store.write([
                call(number * 60, "GET", "/orders", got={"ref": ref}),
                call(number * 60 + 9, "POST", "/payments", producer="bank", sent={"order": ref}, got={}),
            ])  # fmt: skip
        fold(store)
        track = usage(store, "shop", "GET /orders", parse("response.200.body.ref")).tracks["billing"]
    assert track.basis[Level.USED] == "sent to bank as body order of POST /payments"
