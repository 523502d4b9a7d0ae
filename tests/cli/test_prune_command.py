from __future__ import annotations

from typing import TYPE_CHECKING

from cli.prune_command import said
from store.records import Body
from store.retention import Pruned
from store.store import Store
from tests.store.strategies import an_exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Said


def recorded(*, folded: bool) -> None:
    with Store.open("defacto.db") as store:
        for first in range(0, 300, 50):
            store.write([an_exchange(n, request_body=a_body(n)) for n in range(first, first + 50)])
        if folded:
            store.save({}, folded=store.unfolded())


def a_body(number: int) -> Body:
    content = b"%d" % number * 500
    return Body(content=content, size=len(content), wire_size=len(content))


def test_old_observations_go_and_it_says_so(defacto: Callable[..., Said]) -> None:
    recorded(folded=True)
    done = defacto("prune", "--older-than", "1d")
    assert (done.code, done.out) == (0, "")
    assert "Removed 300 exchanges, 0 messages and 600 bodies; in use are " in done.err
    assert "Nothing is to go" in defacto("prune", "--older-than", "1d").err
    with Store.open("defacto.db") as store:
        assert (store.count(), store.capture().observed) == (0, 300)


def test_what_was_not_folded_stays_unless_the_size_forces_it(defacto: Callable[..., Said]) -> None:
    recorded(folded=False)
    assert "Nothing is to go" in defacto("prune", "--older-than", "1d").err
    done = defacto("prune", "--max-size", "1kB")
    assert "300 observations had not been folded and are counted as lost (retention)" in done.err
    assert "That is still more than 1.0 kB: the rest are summaries, which stay." in done.err
    with Store.open("defacto.db") as store:
        assert store.capture().lost == {"retention": 300}


def test_it_wants_to_be_told_what_is_to_go(defacto: Callable[..., Said]) -> None:
    done = defacto("prune")
    assert done.code == 2
    assert "--older-than AGE, --max-size SIZE, or both" in done.err
    assert "is no age: write" in defacto("prune", "--older-than", "soon").err
    assert "is no size: write" in defacto("prune", "--max-size", "small").err


def test_a_store_that_is_not_there_is_not_made(defacto: Callable[..., Said]) -> None:
    done = defacto("prune", "--older-than", "1d")
    assert done.code == 3
    assert "Nothing is recorded yet" in done.err


def test_room_that_is_kept_for_later_is_told() -> None:
    done = Pruned(batches=1, used_before=3 * 10**9, used_after=10**9, size_after=3 * 10**9)
    assert "in use are 1.0 GB of 3.0 GB before.\nOn the disk the store takes 3.0 GB" in said(done, None)
