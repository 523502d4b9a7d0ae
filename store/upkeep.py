"""Upkeep: retention that runs by itself, beside whatever else the process does.

In a thread, since looking for bodies that nothing refers to takes a second for each million records; nearly
all of it is spent in the database's own code, which lets Python go on.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from time import monotonic_ns
from typing import TYPE_CHECKING

from store.errors import StoreError
from store.retention import prune

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.store import Store

EVERY_NS = 300_000_000_000
"""From the end of one run to the next."""
SHARE = 50
"""A run takes time that grows with the store. It takes no more than one part in so many of all time."""

logger = logging.getLogger(__name__)


class Upkeep:
    """Prunes a store every few minutes.

    Args:
        store: pruned; it must stay open until `close`.
        older_than_ns: as in `prune`.
        max_bytes: as in `prune`.
        now_ns: a monotonic clock.
    """

    def __init__(
        self,
        store: Store,
        *,
        older_than_ns: int | None = None,
        max_bytes: int | None = None,
        now_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._store = store
        self._older_than_ns = older_than_ns
        self._max_bytes = max_bytes
        self._now_ns = now_ns
        self._due_ns = now_ns()
        self._ending = Event()
        self._thread: Thread | None = None
        self._began_ns = 0

    def tick(self) -> None:
        """Begin a run if one is due. Takes no time."""
        if self._thread is not None:
            if self._thread.is_alive():
                return
            took = self._now_ns() - self._began_ns
            self._due_ns = self._now_ns() + max(EVERY_NS, SHARE * took)
            self._thread = None
        if self._now_ns() >= self._due_ns:
            self._began_ns = self._now_ns()
            self._thread = Thread(target=self._run, name="upkeep", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End a run that is under way, after the step that it is at."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            pruned = prune(
                self._store,
                older_than_ns=self._older_than_ns,
                max_bytes=self._max_bytes,
                goes_on=lambda: not self._ending.is_set(),
            )
        except StoreError as error:
            logger.warning("%s Nothing old was removed; it is tried again.", error.message)
            return
        if pruned.unfolded:
            logger.warning(
                "%d observations were removed before they were folded: the store may not be as large as that."
                " Run `defacto infer` more often, or allow more.",
                pruned.unfolded,
            )
