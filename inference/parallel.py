"""The fold on several processes: each folds some batches by itself, and what they found is merged.

Merging is associative and commutative, so it does not matter who folded what, nor who was ready first.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from inference.fold import Fold, without_gc
from store.processes import processes
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.paths import PathModel
    from store.records import Summary

CHUNK_BATCHES = 8
"""Batches that one process folds before it hands over: few enough that all processes end together."""


def folded_in_processes(
    store: Store,
    batches: list[int],
    models: dict[str, PathModel],
    workers: int,
    progress: Callable[[], None] | None,
) -> Iterator[tuple[Fold, list[int]]]:
    """Stretches of the traffic, folded by `workers` processes, each with the batches that it is of.

    Args:
        store: read by every process through a connection of its own.
        batches: what is to be folded.
        models: the path models by producer; they take in what the processes saw.
        workers: the number of processes.
        progress: called for each batch.

    Raises:
        StoreError: the store failed in one of the processes.
    """
    size = max(1, min(CHUNK_BATCHES, len(batches) // (2 * workers)))
    chunks = [batches[at : at + size] for at in range(0, len(batches), size)]
    with ProcessPoolExecutor(workers, mp_context=processes()) as pool:
        futures = {pool.submit(_folded, store.address, chunk): chunk for chunk in chunks}
        part, taken = Fold(models), list[int]()
        for future in as_completed(futures):
            exchanges, summaries = future.result()
            part.merge(summaries)
            part.exchanges += exchanges
            taken += futures[future]
            if progress is not None:
                for _ in futures[future]:
                    progress()
            if part.full:
                yield part, taken
                part, taken = part.successor(), []
        if taken:
            yield part, taken


def _folded(url: str, batches: list[int]) -> tuple[int, list[Summary]]:
    """What one process found in some batches: how many exchanges, and their summaries."""
    part = Fold({})
    with Store.open(url, create=False) as store, without_gc():
        for batch in batches:
            for record in store.batch(batch):
                part.observe(record)
        return part.exchanges, list(part.summaries())
