from __future__ import annotations

from typing import TYPE_CHECKING

import proxy.sink as sink_module
from proxy.sink import BATCH_AGE_NS, BATCH_COUNT, RETRY_NS, StoreSink, weight
from store.errors import StoreError
from store.records import UNIDENTIFIED, Body, Exchange, Lane, Loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

LOSS = Loss(producer="p", window_start=0, reason="queue-full", count=3)


def exchange(number: int, body: bytes = b"") -> Exchange:
    return Exchange(
        id=str(number), producer="p", identity=UNIDENTIFIED, lane=Lane.SPLICE, source="s",
        protocol="http/1.1", started_at=number, method="GET", scheme="http", authority="a", path="/",
        response_body=Body(content=body, size=len(body), wire_size=len(body)),
    )  # fmt: skip


class Everything:
    """A store, a loss book, a clock and the two listeners; `broken` and `poison` say what fails."""

    def __init__(self) -> None:
        self.now = 0
        self.broken = False
        self.poison: set[str] = set()
        self.batches: list[list[str]] = []
        self.stored_losses: list[Loss] = []
        self.waiting_losses: list[Loss] = []
        self.observed: list[str] = []
        self.given_up: list[tuple[str, bool]] = []
        self.sink = StoreSink(
            self,
            self,
            stored=lambda batch: self.observed.extend(one.id for one in batch),
            lost=lambda one, fault: self.given_up.append((one.id, fault)),
            now_ns=lambda: self.now,
        )

    def write(
        self,
        exchanges: Sequence[Exchange] = (),
        messages: Sequence[object] = (),
        *,
        losses: Sequence[Loss] = (),
    ) -> None:
        if self.broken:
            raise StoreError("the disk is full")
        if self.poison & {one.id for one in exchanges}:
            raise ValueError("no such column")
        self.batches.append([one.id for one in exchanges])
        self.stored_losses += losses

    def unwritten(self) -> list[Loss]:
        return list(self.waiting_losses)

    def written(self) -> None:
        self.waiting_losses.clear()

    def tick(self, after_ns: int = BATCH_AGE_NS) -> None:
        self.now += after_ns
        self.sink.tick()


def test_a_full_batch_is_written_at_once() -> None:
    all_ = Everything()
    for number in range(BATCH_COUNT + 1):
        all_.sink.add(exchange(number))
    assert [len(batch) for batch in all_.batches] == [BATCH_COUNT]
    assert all_.sink.waiting == 1


def test_a_small_one_when_it_is_old_enough() -> None:
    all_ = Everything()
    all_.tick()
    all_.sink.add(exchange(1))
    all_.tick(BATCH_AGE_NS - 1)
    assert all_.batches == []
    all_.tick(1)
    assert all_.batches == [["1"]]
    assert all_.observed == ["1"]


def test_losses_are_written_once_even_without_exchanges() -> None:
    all_ = Everything()
    all_.waiting_losses.append(LOSS)
    all_.tick()
    all_.tick()
    assert all_.stored_losses == [LOSS]


def test_a_store_that_refuses_is_tried_again_less_and_less_often(caplog: pytest.LogCaptureFixture) -> None:
    all_ = Everything()
    all_.broken = True
    all_.sink.add(exchange(1))
    all_.waiting_losses.append(LOSS)
    all_.tick()
    all_.tick(RETRY_NS[0])
    assert caplog.text.count("the disk is full") == 1
    all_.broken = False
    all_.tick(RETRY_NS[0])  # the pause has doubled
    assert all_.batches == []
    all_.tick(RETRY_NS[0])
    assert all_.batches == [["1"]]
    assert all_.stored_losses == [LOSS]
    assert all_.given_up == []


def test_what_waits_is_bounded_and_the_oldest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    all_ = Everything()
    monkeypatch.setattr(sink_module, "WAITING_BYTES", 3 * weight(exchange(0, b"x" * 100)))
    all_.broken = True
    for number in range(5):
        all_.sink.add(exchange(number, b"x" * 100))
        all_.tick()
    assert all_.given_up == [("0", False), ("1", False)]
    all_.broken = False
    all_.sink.close()
    assert all_.batches == [["2", "3", "4"]]


def test_one_bad_record_costs_only_itself() -> None:
    all_ = Everything()
    all_.poison = {"3", "7"}
    for number in range(10):
        all_.sink.add(exchange(number))
    all_.waiting_losses.append(LOSS)
    all_.tick()
    assert all_.given_up == [("3", True), ("7", True)]
    assert all_.observed == [str(number) for number in range(10) if number not in {3, 7}]
    assert all_.stored_losses == [LOSS]


def test_closing_on_a_dead_store_counts_what_waited() -> None:
    all_ = Everything()
    all_.sink.add(exchange(1))
    all_.broken = True
    all_.sink.close()
    assert all_.given_up == [("1", False)]
    assert all_.sink.waiting == 0
