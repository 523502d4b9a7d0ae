"""The end of a fold: what is new is merged with what is stored, in one transaction or not at all.

Merging takes time, and writers should not wait for it. So it is done before the transaction begins, which
then only looks whether anybody has saved meanwhile; if so it is done again, at last while the others wait.
What two processes save at the same time is therefore never lost, whichever of the two is first.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, update

from store.bulk import upsert
from store.errors import StoreError
from store.summaries import put_summaries, states
from store.tables import batches, saves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from store.counting import Counts
    from store.engine import Database
    from store.records import SummaryKey

    Merge = Callable[[bytes | None], bytes]
    """The state to keep, given the one that is stored (None: there is none). Called again where need be."""

ATTEMPTS = 3
"""Merging beside others. After that they wait: tens of milliseconds, a second for very many summaries."""

_PAGE = 200

FOLDS = ""
"""The saver that stands for all folds of batches: the batches themselves say what was saved."""


class Turn(NamedTuple):
    """The name of one save: who saves, and the how manieth time, from 1.

    Where an answer of the database was lost nobody knows whether it has saved. With the same turn the same
    can be saved again: once is what comes of it.
    """

    saver: str
    number: int


def save(
    database: Database,
    news: Mapping[SummaryKey, Merge],
    *,
    folded: Sequence[int] = (),
    counted: Counts | None = None,
    turn: Turn | None = None,
) -> bool:
    """See `Store.save`."""
    for attempt in range(ATTEMPTS + 1):
        drafts: list[tuple[SummaryKey, bytes]] | None = None
        before = 0
        if attempt < ATTEMPTS:
            with database.reading() as connection:
                before = _all_saves(connection)
            with database.reading() as connection:
                drafts = list(_merged(connection, news))
        with database.writing() as connection:
            if turn is not None and _number(connection, turn.saver) >= turn.number:
                return False
            if drafts is not None and _all_saves(connection) != before:
                continue
            mark_folded(connection, folded, database.shown)
            put_summaries(connection, _merged(connection, news) if drafts is None else drafts)
            if counted is not None:
                counted.write(connection)
            _note(connection, turn or Turn(FOLDS, _number(connection, FOLDS) + 1))
            return True
    raise AssertionError("the last attempt cannot be overtaken")


def mark_folded(connection: Connection, ids: Sequence[int], shown: str) -> None:
    """Mark batches as folded, all of them or none."""
    for batch in ids:
        pending = (batches.c.id == batch, ~batches.c.folded)
        if connection.execute(update(batches).where(*pending).values(folded=True)).rowcount != 1:
            raise StoreError(
                f"Another process has folded the same traffic of {shown} meanwhile.",
                "Nothing is lost and nothing was counted twice. Run `defacto infer` again.",
            )


def _merged(connection: Connection, news: Mapping[SummaryKey, Merge]) -> Iterator[tuple[SummaryKey, bytes]]:
    remaining = iter(news)
    while keys := tuple(islice(remaining, _PAGE)):
        stored = states(connection, keys)
        for key in keys:
            yield key, news[key](stored.get(key))


def _all_saves(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(saves.c.number), 0))).scalar_one())


def _number(connection: Connection, saver: str) -> int:
    return connection.execute(select(saves.c.number).where(saves.c.saver == saver)).scalar() or 0


def _note(connection: Connection, turn: Turn) -> None:
    statement = upsert(connection, saves)
    noting = statement.on_conflict_do_update(
        index_elements=["saver"], set_={"number": statement.excluded.number}
    )
    connection.execute(noting, {"saver": turn.saver, "number": turn.number})
