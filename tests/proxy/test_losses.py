from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.counters import Counter, Counters
from proxy.losses import CountedLosses
from store.records import WINDOW_NS, Loss

if TYPE_CHECKING:
    from pathlib import Path


def test_each_loss_is_told_once_also_by_the_next_decoder(tmp_path: Path) -> None:
    counters = Counters.create(tmp_path / "c", workers=1, lanes=2)
    book = CountedLosses(counters, ["orders", "stock"], lambda: WINDOW_NS + 5)
    counters.forwarder(0, 0)[Counter.QUEUE_FULL] += 2
    counters.decoder(0, 1)[Counter.MALFORMED] += 1
    assert book.unwritten() == book.unwritten() == [
        Loss(producer="orders", window_start=WINDOW_NS, reason="queue-full", count=2),
        Loss(producer="stock", window_start=WINDOW_NS, reason="malformed", count=1),
    ]  # fmt: skip
    counters.forwarder(0, 0)[Counter.QUEUE_FULL] += 4  # after the question, before the answer is stored
    book.written()
    again = CountedLosses(Counters(tmp_path / "c"), ["orders", "stock"], lambda: WINDOW_NS)
    assert [(loss.producer, loss.count) for loss in again.unwritten()] == [("orders", 4)]
    again.written()
    assert again.unwritten() == []
