from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from proxy.counters import LOSSES, Counter, Counters


def test_rows_do_not_touch_each_other(tmp_path: Path) -> None:
    counters = Counters.create(tmp_path / "c", workers=2, lanes=3)
    rows = [
        row
        for lane in range(3)
        for row in (
            counters.forwarder(0, lane), counters.forwarder(1, lane), counters.decoder(0, lane),
            counters.decoder(1, lane), counters.persisted(lane),
        )
    ]  # fmt: skip
    for number, row in enumerate(rows):
        for counter in Counter:
            row[counter] = 100 * number + counter
    assert [row[counter] for row in rows for counter in Counter] == [
        100 * number + counter for number in range(len(rows)) for counter in Counter
    ]


def test_totals_are_over_writers_and_leave_out_what_is_persisted(tmp_path: Path) -> None:
    counters = Counters.create(tmp_path / "c", workers=1, lanes=2)
    counters.forwarder(0, 0)[Counter.QUEUE_FULL] += 2
    counters.decoder(0, 0)[Counter.QUEUE_FULL] += 3
    counters.forwarder(0, 1)[Counter.QUEUE_FULL] += 5
    counters.persisted(0)[Counter.QUEUE_FULL] += 100
    assert counters.total(Counter.QUEUE_FULL) == 10
    assert counters.lost(0) == {Counter.QUEUE_FULL: 5}
    assert counters.lost() == {Counter.QUEUE_FULL: 10}


def test_counts_survive_a_killed_writer(tmp_path: Path) -> None:
    counters = Counters.create(tmp_path / "c", workers=1, lanes=1)
    child = os.fork()
    if child == 0:
        Counters(tmp_path / "c").forwarder(0, 0)[Counter.COPIED] += 7
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert counters.total(Counter.COPIED) == 7


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="no counter file"):
        Counters(tmp_path / "c")


def test_losses_have_readable_names() -> None:
    assert Counter.QUEUE_FULL.reason == "queue-full"
    assert Counter.OBSERVED not in LOSSES
    assert Counter.SHUTDOWN in LOSSES
