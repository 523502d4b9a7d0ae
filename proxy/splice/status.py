"""What people see while it records: a line kept up to date on a terminal, plain lines elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

from proxy.counters import LOSSES, Counter
from proxy.logs import json_line

if TYPE_CHECKING:
    from proxy.counters import Counters

_CLEAR = "\r\x1b[2K"

_RECORDED = {Counter.OBSERVED: "exchanges", Counter.MESSAGES: "messages"}

_IF_ANY = {
    Counter.SAMPLED_OUT: "left out by sampling",
    Counter.REFUSED: "refused by the upstream",
    Counter.REJECTED: "beyond the limit of connections",
}
"""What the summary says after what it always says, where there is any."""


class Status:
    """Messages, and the live line below them where `stream` is a terminal."""

    def __init__(self, stream: TextIO, log_format: str = "text") -> None:
        self._stream = stream
        self._json = log_format == "json"
        self._counters: list[Counters] = []
        self._live = stream.isatty() and not self._json
        self._shown = False
        self._started = self._last_time = monotonic()
        self._last_recorded = 0

    def watch(self, counters: Counters) -> None:
        """Take these into account as well."""
        self._counters.append(counters)

    def say(self, message: str) -> None:
        """A line that stays."""
        if self._json:
            self._write(json_line("info", "supervisor", message))
            return
        self._write(f"{_CLEAR if self._shown else ''}{message}\n")
        self._shown = False

    def refresh(self) -> None:
        """Bring the live line up to date."""
        if not self._live:
            return
        now, recorded = monotonic(), sum(map(self._total, _RECORDED))
        rate = (recorded - self._last_recorded) / max(now - self._last_time, 1e-9)
        self._last_time, self._last_recorded = now, recorded
        lost = sum(self._lost().values())
        self._write(f"{_CLEAR}{rate:,.0f}/s · {self._recorded()} recorded · {lost:,} lost")
        self._shown = True

    def summary(self) -> str:
        """How it went, in one line."""
        lost = self._lost()
        reasons = ", ".join(f"{counter.reason} {count:,}" for counter, count in lost.items())
        parts = [
            f"{self._recorded()} recorded",
            f"{sum(lost.values()):,} lost" + (f" ({reasons})" if reasons else ""),
            f"{self._total(Counter.CONNECTIONS):,} connections",
        ]
        for counter, words in _IF_ANY.items():
            if count := self._total(counter):
                parts.append(f"{count:,} {words}")
        return f"{', '.join(parts)} in {monotonic() - self._started:,.1f} s"

    def _recorded(self) -> str:
        """What there is of exchanges and of messages; a lane has the one or the other, seldom both."""
        counted = {words: self._total(counter) for counter, words in _RECORDED.items()}
        found = [f"{count:,} {words}" for words, count in counted.items() if count]
        return " and ".join(found) or "0 exchanges"

    def _total(self, counter: Counter) -> int:
        return sum(counters.total(counter) for counters in self._counters)

    def _lost(self) -> dict[Counter, int]:
        return {counter: total for counter in LOSSES if (total := self._total(counter))}

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
