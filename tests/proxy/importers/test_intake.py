from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from proxy.config import Config
from proxy.importers import intake
from proxy.importers.intake import Intake
from store.store import Store
from tests.proxy.importers.samples import entry, har_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Failing(io.BytesIO):
    """A disk that gives up after some bytes."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self.good = good

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if self.tell() >= self.good:
            raise OSError(5, "Input/output error")
        return super().readinto(memoryview(buffer)[: self.good - self.tell()])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(tmp_path / "redaction.key"))
    with Store.open(str(tmp_path / "test.db")) as opened:
        yield opened


def test_bodies_held_at_once_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_BYTES", 1000)
    content = {"mimeType": "text/plain", "text": "x" * 600}
    data = har_of(*(entry(response={"content": content}, time=number) for number in range(6)))
    assert Intake(Config(), store).take(io.BytesIO(data), name="a").added == 6
    assert len(store.unfolded()) == 3


def test_a_disk_that_fails_keeps_what_was_read(store: Store) -> None:
    data = har_of(*(entry(time=number) for number in range(1000)))
    taken = Intake(Config(), store).take(Failing(data, 400_000), name="a")
    assert taken.cut == "it cannot be read any further: Input/output error"
    assert 0 < taken.added < 1000
    assert not taken.unreadable


def test_identical_entries_are_all_kept_and_imported_once(store: Store) -> None:
    data = har_of(entry(), entry(), entry())
    first = Intake(Config(), store).take(io.BytesIO(data), name="a")
    second = Intake(Config(), store).take(io.BytesIO(data), name="b")
    assert (first.added, first.duplicates) == (3, 0)
    assert (second.added, second.duplicates) == (0, 3)
    assert store.count() == 3


def test_what_the_store_cannot_hold_is_named(store: Store) -> None:
    longest = 4e12  # ms; three of them are more than 64 bits of nanoseconds
    data = har_of(entry(), entry(timings={"send": longest, "wait": longest, "receive": longest}))
    taken = Intake(Config(), store).take(io.BytesIO(data), name="a")
    assert (taken.added, taken.skipped) == (1, {"it has a number that 64 bits do not hold": 1})
    assert not Intake(Config(), store).take(io.BytesIO(har_of(entry())), name="a").skipped


def test_nothing_but_broken_entries_is_unreadable(store: Store) -> None:
    taken = Intake(Config(), store).take(io.BytesIO(har_of(1, 2)), name="a")
    assert taken.unreadable
    assert taken.skipped == {"it is not an object": 2}
