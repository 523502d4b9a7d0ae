"""Records at a glance: what a list needs to choose by, without headers and bodies.

Every read here goes along an index and is bounded by its `limit`, however much is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from store.records import Exchange, Message
from store.tables import exchanges, messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sqlalchemy import Select

    from store.engine import Database


Kind = type[Exchange] | type[Message]


class Glimpse(NamedTuple):
    """A record, by what tells it from others.

    `kind` is what it is one of. `party` is the `Identity.key` of who called, was delivered to, or published;
    `""` where nobody is known. `at` is its instant (Unix ns), of a message that of its delivery where it was
    delivered. A message has no `method`; its `path` is the channel, and `delivered` says whether it is a
    delivery. `group` is what records of one connection, or all records of one published message, have in
    common (`""`: not known).
    """

    kind: type[Exchange | Message]
    seq: int
    batch: int
    id: str
    producer: str
    party: str
    at: int | None
    method: str
    path: str
    status: int | None
    group: str
    delivered: bool


def newest(
    database: Database, kind: type[Exchange | Message], *, before: int | None, limit: int
) -> list[Glimpse]:
    """Those recorded last, before a place in the order if one is given."""
    seq = _table(kind).c.seq
    query = _query(kind).order_by(seq.desc()).limit(limit)
    return list(_read(database, kind, query if before is None else query.where(seq < before)))


def around(database: Database, kind: type[Exchange | Message], one: Glimpse, limit: int) -> list[Glimpse]:
    """Those recorded before and after a record of either kind, up to `limit` on each side; not itself.

    Of the other kind those count as earlier that were written in the same transaction.
    """
    columns = _table(kind).c
    own = one.kind is kind
    place, at = (columns.seq, one.seq) if own else (columns.batch, one.batch)
    earlier = (
        _query(kind).where(place < at if own else place <= at).order_by(place.desc(), columns.seq.desc())
    )
    later = _query(kind).where(place > at).order_by(place, columns.seq)
    return [found for side in (earlier, later) for found in _read(database, kind, side.limit(limit))]


def named(database: Database, id_prefix: str) -> list[Glimpse]:
    """Those whose id starts so: two of each kind at most, by id. One that is the whole id stands alone."""
    found: list[Glimpse] = []
    for kind in (Exchange, Message):
        column = _table(kind).c.id
        within = [column >= id_prefix, column < id_prefix + "\U0010ffff"]
        found += _read(database, kind, _query(kind).where(*within).order_by(column).limit(2))
    exact = [one for one in found if one.id == id_prefix]
    return exact[:1] or sorted(found, key=lambda one: one.id)


def _table(kind: type[Exchange | Message]) -> Any:
    return exchanges if kind is Exchange else messages


def _query(kind: type[Exchange | Message]) -> Select[Any]:
    if kind is Exchange:
        of = exchanges.c
        return select(
            *(of.seq, of.batch, of.id, of.producer, of.identity_basis, of.identity_value),
            *(of.started_at, of.method, of.path, of.status, of.connection),
        )
    at = messages.c
    return select(
        *(at.seq, at.batch, at.id, at.producer),
        *(at.consumer_basis, at.consumer_value, at.publisher_basis, at.publisher_value),
        func.coalesce(at.delivered_at, at.published_at, at.acknowledged_at),
        *(at.channel, at.published_at),
    )


def _read(database: Database, kind: type[Exchange | Message], query: Select[Any]) -> Iterator[Glimpse]:
    with database.reading() as connection:
        rows = connection.execute(query).all()
    yield from map(_of_exchange if kind is Exchange else _of_message, rows)


def _of_exchange(row: Sequence[Any]) -> Glimpse:
    seq, batch, id_, producer, basis, value, at, method, path, status, connection = row
    party = f"{basis}:{value}"
    return Glimpse(
        Exchange, seq, batch, id_, producer, party, at, method, path, status, connection, delivered=False
    )


def _of_message(row: Sequence[Any]) -> Glimpse:
    seq, batch, id_, producer, *parties, at, channel, published_at = row
    to_basis, to_value, from_basis, from_value = parties
    delivered = to_basis is not None
    basis, value = (to_basis, to_value) if delivered else (from_basis, from_value)
    party = "" if basis is None else f"{basis}:{value}"
    group = "" if published_at is None else f"{channel} {published_at}"
    return Glimpse(
        Message, seq, batch, id_, producer, party, at, "", channel, None, group, delivered=delivered
    )
