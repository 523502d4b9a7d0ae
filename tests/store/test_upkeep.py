from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

import store.upkeep as upkeep_module
from store.errors import StoreError
from store.retention import Pruned
from store.store import Store
from store.upkeep import EVERY_NS, SHARE, Upkeep
from tests.store.strategies import HOUR, an_exchange

if TYPE_CHECKING:
    from pathlib import Path


def finish(upkeep: Upkeep) -> None:
    """Wait for the run that is under way."""
    assert upkeep._thread is not None
    upkeep._thread.join(10)
    assert not upkeep._thread.is_alive()


class Runs:
    """In the place of `prune`."""

    def __init__(self) -> None:
        self.now = 0
        self.takes_ns = 0
        self.given: list[dict[str, Any]] = []
        self.outcome: Pruned | StoreError = Pruned()

    def __call__(self, store: Store, **given: Any) -> Pruned:
        self.given.append(given)
        self.now += self.takes_ns
        if isinstance(self.outcome, StoreError):
            raise self.outcome
        return self.outcome


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    monkeypatch.setattr(upkeep_module, "prune", runs)
    return runs


def an_upkeep(runs: Runs, **bounds: int) -> Upkeep:
    return Upkeep(None, now_ns=lambda: runs.now, **bounds)  # type: ignore[arg-type]


def test_it_prunes_now_and_every_few_minutes(runs: Runs) -> None:
    upkeep = an_upkeep(runs, older_than_ns=5, max_bytes=7)
    for after in (0, 0, EVERY_NS - 1, 1):
        runs.now += after
        upkeep.tick()
        if upkeep._thread is not None:
            finish(upkeep)
            upkeep.tick()
    assert [(given["older_than_ns"], given["max_bytes"]) for given in runs.given] == [(5, 7)] * 2


def test_a_run_that_takes_long_comes_more_rarely(runs: Runs) -> None:
    runs.takes_ns = EVERY_NS
    upkeep = an_upkeep(runs, max_bytes=7)
    upkeep.tick()
    finish(upkeep)
    upkeep.tick()
    runs.now += SHARE * EVERY_NS - 1
    upkeep.tick()
    assert len(runs.given) == 1
    runs.now += 1
    upkeep.tick()
    finish(upkeep)
    assert len(runs.given) == 2


def test_a_store_that_refuses_is_said_and_tried_again(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    runs.outcome = StoreError("The disk is full.")
    upkeep = an_upkeep(runs, max_bytes=7)
    upkeep.tick()
    finish(upkeep)
    assert "The disk is full. Nothing old was removed" in caplog.text
    runs.outcome = Pruned(unfolded=12)
    upkeep.tick()
    runs.now += EVERY_NS
    upkeep.tick()
    finish(upkeep)
    assert "12 observations were removed before they were folded" in caplog.text


def test_closing_ends_a_run(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Event()

    def prune(store: Store, *, goes_on: Any, **_: Any) -> Pruned:
        begun.set()
        while goes_on():
            pass
        return Pruned()

    monkeypatch.setattr(upkeep_module, "prune", prune)
    upkeep = an_upkeep(runs, max_bytes=7)
    upkeep.tick()
    assert begun.wait(10)
    upkeep.tick()  # one at a time
    upkeep.close()
    assert upkeep._thread is not None
    assert not upkeep._thread.is_alive()


def test_it_prunes_a_real_store(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "s.db")) as store:
        store.write([an_exchange(1)])
        store.save({}, folded=store.unfolded())
        upkeep = Upkeep(store, older_than_ns=HOUR)
        upkeep.tick()
        finish(upkeep)
        upkeep.close()
        assert store.count() == 0
