"""The sidecar that keeps nothing raw: exchanges are folded in memory, and only summaries are stored.

What is stored: the summaries of the fold, the model of the paths, and what was counted. No request, response
or message is written as such, and no table of observations gets a row. Summaries are not free of content,
though. All in them was redacted before (`proxy/redaction`), and it is bounded:

- `shape`, `asks`, `protocol`: names of fields, parameters and header fields; up to a bound the different
  values of each place and how often they came (`inference/scalars.py`).
- `samples`: whole different exchanges (path, query, the header fields that may be contract, both bodies), up
  to 64 for each status of a route, consumer and hour. Miners need them side by side.
- `flow`, `lives`: no values but 64-bit hashes of them, and words of status fields.
- `journal`: when each consumer did what, with the scalar fields of bodies: texts of up to 24 characters as
  they are, of longer ones a hash.
- `deliveries`: how messages were acknowledged, and when those about one thing (a hash) came.
- `paths`: words of paths, and hashes of what bodies name.

Ids of exchanges stand in them as examples, and lead nowhere: `defacto show` has nothing to show.

What is handed over twice is counted twice, since ids are not kept; the lanes hand over each one once.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import repeat
from secrets import token_hex
from time import monotonic_ns
from typing import TYPE_CHECKING

from inference.fold import Fold, load_models, note_renamed, operations_of, without_gc
from proxy.sink import WAITING_BYTES, Patience, weight
from store.errors import StoreError
from store.records import Exchange
from store.store import Counts, Store, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inference.paths import PathModel
    from proxy.sink import LossBook, Record
    from store.records import SummaryKey
    from store.saving import Merge

SAVE_NS = 30_000_000_000
"""So fresh is what a report shows, and so much is lost with a process that is killed."""
SAVE_SHARE = 20
"""Saving merges all that the hour has of each consumer that was seen: up to half a second for a busy one. It
takes no more than one part in so many of the time."""
RENAMES_NS, RENAMES_SHARE = 60_000_000_000, 100
"""How often it is noted which path templates were revised, so that clauses are found under former ids."""

logger = logging.getLogger(__name__)


class SummarySink:
    """Takes records, keeps summaries: another `proxy.sink.Sink`.

    While the store refuses, one stretch of traffic waits as it is, to be saved under its own turn, which
    makes it count once even where the answer to a commit was lost. A second one grows until it is as large as
    waiting batches may be (`WAITING_BYTES`, or a full fold); what comes then is given up and counted. A
    record that makes an observer fail is given up as well, whatever the others had made of it.

    Args:
        store: where summaries are merged.
        losses: written along with each save.
        stored: told of each stretch that was saved: the last record of each producer and kind, as often as
            there were any. The others are gone by then.
        lost: told of each record that was given up, and whether the record itself was at fault.
        now_ns: a monotonic clock.
    """

    def __init__(
        self,
        store: Store,
        losses: LossBook,
        *,
        stored: Callable[[Sequence[Record]], None],
        lost: Callable[[Record, bool], None],
        now_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._store = store
        self._losses = losses
        self._stored = stored
        self._lost = lost
        self._now_ns = now_ns
        self._patience = Patience(SAVE_NS, now_ns)
        self._patience.begin()
        self._saver = token_hex(8)
        self._models = _models_of(store)
        self._operations = operations_of(self._models)
        self._renames_ns = now_ns() + RENAMES_NS
        self._open = _Stretch(Fold(self._models), 1)
        self._sealed: _Stretch | None = None

    @property
    def waiting(self) -> int:
        """Records taken and not yet dealt with for good."""
        return self._open.records + (self._sealed.records if self._sealed is not None else 0)

    def add(self, record: Record) -> None:
        """Take one; save if that makes a stretch full."""
        if self._open.full:
            if self._patience.refused:
                self._lost(record, False)
                return
            self._save()
        try:
            self._open.add(record)
        except Exception as error:  # noqa: BLE001 - whatever a record does to the fold, the rest goes on
            logger.warning("a record could not be folded: %s: %s", type(error).__name__, error)
            self._lost(record, True)

    def tick(self) -> None:
        """Save if the last time is long enough ago."""
        if self._patience.due:
            self._save()
        if self._now_ns() >= self._renames_ns:
            self._note_renamed()

    def close(self) -> None:
        """Save what waits; what cannot be saved is counted."""
        self._save()
        for stretch in (self._sealed, self._open):
            if stretch is not None:
                self._give_up(stretch, at_fault=False)
        self._sealed = None
        self._open = self._open.successor()
        self._note_renamed()

    def _save(self) -> None:
        """Save the stretch that waits, then the one that is open."""
        began = self._now_ns()
        self._patience.begin()
        while self._sealed is not None or self._open.records or self._losses.unwritten():
            if self._sealed is None:
                self._sealed = self._open
                self._open = self._open.successor()
            try:
                with without_gc():
                    self._sealed.save(self._store, self._saver, self._losses)
            except StoreError as error:
                self._patience.refuse(error)
                return
            except Exception:
                logger.exception("a stretch of traffic could not be summarised")
                self._give_up(self._sealed, at_fault=True)
            else:
                self._losses.written()
                self._stored(self._sealed.told())
            self._sealed = None
        self._patience.accept(SAVE_SHARE * (self._now_ns() - began))

    def _give_up(self, stretch: _Stretch, *, at_fault: bool) -> None:
        for record in stretch.told():
            self._lost(record, at_fault)

    def _note_renamed(self) -> None:
        """Store what was revised since it was last noted; a store that refuses is told later."""
        began = self._now_ns()
        now = operations_of(self._models)
        self._renames_ns = began + max(RENAMES_NS, RENAMES_SHARE * (self._now_ns() - began))
        with suppress(StoreError):
            note_renamed(self._store, self._operations, now)
            self._operations = now


class _Stretch:
    """What was folded since the last save, and what is told of it."""

    def __init__(self, fold: Fold, number: int) -> None:
        self._fold = fold
        self._number = number
        self._counts = Counts()
        self._last: dict[tuple[str, bool], Record] = {}
        self._told: dict[tuple[str, bool], int] = {}
        self._bytes = 0
        self._news: Mapping[SummaryKey, Merge] | None = None
        self.records = 0

    @property
    def full(self) -> bool:
        """Whether it has to be saved before more can be taken in."""
        return self._fold.full or self._bytes >= WAITING_BYTES

    def successor(self) -> _Stretch:
        """An empty one for what follows."""
        return _Stretch(self._fold.successor(), self._number + 1)

    def add(self, record: Record) -> None:
        """Fold in and count one."""
        self._fold.observe(record)
        self._counts.add(record)
        kind = (record.producer, isinstance(record, Exchange))
        self._last[kind] = record
        self._told[kind] = self._told.get(kind, 0) + 1
        self._bytes += weight(record)
        self.records += 1

    def told(self) -> list[Record]:
        """A record for each that was folded, so that they can be counted by producer and kind."""
        return [record for kind, last in self._last.items() for record in repeat(last, self._told[kind])]

    def save(self, store: Store, saver: str, losses: LossBook) -> None:
        """Save it, with the losses of its time. Where this fails, what is saved the next time is the same."""
        if self._news is None:
            for loss in losses.unwritten():
                self._counts.lose(loss)
            self._news = self._fold.news()
        store.save(self._news, counted=self._counts, turn=Turn(saver, self._number))


def _models_of(store: Store) -> dict[str, PathModel]:
    """The path models that are stored, so that routes go on as they were; none if the store cannot say."""
    try:
        return load_models(store)
    except StoreError as error:
        logger.warning("%s Paths are learned anew.", error.message)
        return {}
