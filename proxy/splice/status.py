"""What people see while it records: a line kept up to date on a terminal, plain lines elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

from proxy.counters import Counter

if TYPE_CHECKING:
    from proxy.counters import Counters

_CLEAR = "\r\x1b[2K"


class Status:
    """Messages, and the live line below them where `stream` is a terminal."""

    def __init__(self, stream: TextIO, counters: Counters) -> None:
        self._stream = stream
        self._counters = counters
        self._live = stream.isatty()
        self._shown = False
        self._started = self._last_time = monotonic()
        self._last_requests = 0

    def say(self, message: str) -> None:
        """A line that stays."""
        self._write(f"{_CLEAR if self._shown else ''}{message}\n")
        self._shown = False

    def refresh(self) -> None:
        """Bring the live line up to date."""
        if not self._live:
            return
        now, requests = monotonic(), self._counters.total(Counter.REQUESTS)
        rate = (requests - self._last_requests) / max(now - self._last_time, 1e-9)
        self._last_time, self._last_requests = now, requests
        observed, lost = self._counters.total(Counter.OBSERVED), sum(self._counters.lost().values())
        self._write(f"{_CLEAR}{rate:,.0f} requests/s · {observed:,} observed · {lost:,} lost")
        self._shown = True

    def summary(self) -> str:
        """How it went, in one line."""
        counters = self._counters
        lost = counters.lost()
        reasons = ", ".join(f"{counter.reason} {count:,}" for counter, count in lost.items())
        parts = [
            f"{counters.total(Counter.OBSERVED):,} exchanges recorded",
            f"{sum(lost.values()):,} lost" + (f" ({reasons})" if reasons else ""),
            f"{counters.total(Counter.CONNECTIONS):,} connections",
        ]
        if refused := counters.total(Counter.REFUSED):
            parts.append(f"{refused:,} refused by the upstream")
        return f"{', '.join(parts)} in {monotonic() - self._started:,.1f} s"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
