from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from proxy.counters import Counter, Counters
from proxy.splice.status import Status

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def counted(folder: Path) -> Counters:
    counters = Counters.create(folder / "c", workers=1, lanes=1)
    counters.forwarder(0, 0)[Counter.REQUESTS] = 1234
    counters.decoder(0, 0)[Counter.OBSERVED] = 1200
    counters.forwarder(0, 0)[Counter.QUEUE_FULL] = 30
    counters.decoder(0, 0)[Counter.MALFORMED] = 4
    return counters


def test_no_terminal_no_live_line(tmp_path: Path) -> None:
    stream = io.StringIO()
    status = Status(stream)
    status.watch(counted(tmp_path))
    status.refresh()
    status.say("listening")
    assert stream.getvalue() == "listening\n"


def test_live_line_is_redrawn_and_gives_way_to_messages(tmp_path: Path) -> None:
    stream = Terminal()
    status = Status(stream)
    status.watch(counted(tmp_path))
    status.refresh()
    status.say("the decoder ended")
    assert re.fullmatch(
        r"\r\x1b\[2K[\d,]+/s · 1,200 exchanges recorded · 34 lost\r\x1b\[2Kthe decoder ended\n",
        stream.getvalue(),
    )


def test_summary_names_the_reasons(tmp_path: Path) -> None:
    counters = counted(tmp_path)
    counters.forwarder(0, 0)[Counter.REFUSED] = 2
    status = Status(io.StringIO())
    status.watch(counters)
    summary = status.summary()
    assert summary.startswith(
        "1,200 exchanges recorded, 34 lost (queue-full 30, malformed 4), "
        "0 connections, 2 refused by the upstream in "
    )


def test_messages_are_called_messages(tmp_path: Path) -> None:
    counters = Counters.create(tmp_path / "c", workers=1, lanes=2)
    counters.decoder(0, 0)[Counter.MESSAGES] = 560
    stream = Terminal()
    status = Status(stream)
    status.watch(counters)
    status.refresh()
    assert stream.getvalue().endswith("/s · 560 messages recorded · 0 lost")
    assert status.summary().startswith("560 messages recorded, 0 lost, 0 connections in ")
    counters.decoder(0, 1)[Counter.OBSERVED] = 7
    assert status.summary().startswith("7 exchanges and 560 messages recorded, 0 lost, ")
