"""Losses on their way from the counters into the store, each counted there once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import Loss, window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proxy.counters import Counter, Counters


class CountedLosses:
    """The difference between what was counted and what is stored.

    What is stored is itself kept in the counter file, so a decoder that is started again goes on where the
    last one ended. A decoder that is killed between the store's commit and its note of it writes one batch
    of losses twice.
    """

    def __init__(self, counters: Counters, producers: Sequence[str], wall_ns: Callable[[], int]) -> None:
        self._counters = counters
        self._producers = producers
        self._wall_ns = wall_ns
        self._offered: list[tuple[int, Counter, int]] = []

    def unwritten(self) -> list[Loss]:
        """What was counted since the last call of `written`."""
        window = window_of(self._wall_ns())
        self._offered = [
            (lane, counter, more)
            for lane in range(len(self._producers))
            for counter, total in self._counters.lost(lane).items()
            if (more := total - self._counters.persisted(lane)[counter]) > 0
        ]
        return [
            Loss(producer=self._producers[lane], window_start=window, reason=counter.reason, count=more)
            for lane, counter, more in self._offered
        ]

    def written(self) -> None:
        """The last answer of `unwritten` is stored."""
        for lane, counter, more in self._offered:
            self._counters.persisted(lane)[counter] += more
        self._offered.clear()
