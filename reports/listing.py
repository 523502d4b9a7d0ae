"""What was observed, a line for each exchange, in the order of the store, and as soon as it is read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reports.untrusted import for_csv, for_terminal
from reports.words import instant, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import DataclassInstance

    from inference.names import Names
    from store.records import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An exchange in a list. `time` is RFC 3339, `status` None where there was no response."""

    id: str
    time: str
    producer: str
    consumer: str
    basis: str
    protocol: str
    operation: str
    method: str
    path: str
    status: int | None
    duration_ms: float | None

    @property
    def clock(self) -> str:
        """The time for people: `2026-03-02 14:05:09.120`."""
        return clock(self.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which exchanges to list; an empty field wants all.

    `consumer` and `operation` may hold `*` and `?` as in a file name. `status` is `200`, `4XX` or `none`.
    """

    consumer: str = ""
    operation: str = ""
    status: str = ""

    def __contains__(self, one: Listed) -> bool:
        """Whether an exchange is wanted."""
        return (
            (not self.consumer or same(one.consumer, self.consumer))
            and (not self.operation or same(one.operation, self.operation))
            and (not self.status or status_fits(one.status, self.status))
        )


def listed(exchanges: Iterable[Exchange], names: Names, wanted: Wanted) -> Iterator[Listed]:
    """The exchanges that are wanted, under the names of the moment, in the order given."""
    for exchange in exchanges:
        duration = exchange.duration_ns
        one = Listed(
            id=exchange.id,
            time=instant(exchange.started_at),
            producer=exchange.producer,
            consumer=names.consumer(exchange.identity),
            basis=exchange.identity.basis,
            protocol=exchange.protocol,
            operation=names.operation(exchange),
            method=exchange.method,
            path=exchange.path,
            status=exchange.status,
            duration_ms=None if duration is None else round(duration / 1e6, 3),
        )
        if one in wanted:
            yield one


def as_jsonl(rows: Iterable[DataclassInstance]) -> Iterator[str]:
    """A JSON object a line, in ASCII, so that a terminal can show it too."""
    for row in rows:
        yield json.dumps(asdict(row))


def as_csv(rows: Iterable[DataclassInstance], kind: type[DataclassInstance]) -> Iterator[str]:
    """A heading with the fields of the rows' kind, and a line for each (RFC 4180)."""
    yield ",".join(field.name for field in fields(kind))
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(
            for_csv(cell) if isinstance(cell, str) else cell for cell in asdict(row).values()
        )
        yield line.getvalue()


def as_text(rows: Iterable[Listed]) -> Iterator[str]:
    """Columns for people."""
    for row in rows:
        status = "---" if row.status is None else row.status
        duration = "" if row.duration_ms is None else milliseconds(row.duration_ms)
        parties = f"{row.consumer} → {row.producer}"
        yield for_terminal(f"{row.id}  {row.clock}  {status}  {duration:>8}  {parties:<32}  {row.operation}")


def clock(time: str) -> str:
    """RFC 3339 for people, to the millisecond."""
    return f"{time[:10]} {time[11:23]}".strip()


def same(name: str, wanted: str) -> bool:
    """Equal, or matching with `*` and `?`; the brackets of a key or a name mean nothing to a pattern."""
    return name == wanted or fnmatchcase(name, wanted.replace("[", "[[]"))


def status_fits(status: int | None, wanted: str) -> bool:
    """Whether a status is the one that is wanted: `200`, `4XX` or `none`."""
    if status is None or wanted == "none":
        return status is None and wanted == "none"
    return str(status)[0] == wanted[0] if wanted[1:].upper() == "XX" else str(status) == wanted
