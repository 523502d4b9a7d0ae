"""What `defacto review` reads: documents and all traffic, and where it begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import tell_strays
from cli.options import Instant
from cli.reading import claims_of, read_against_all, read_map
from contract.openapi import DeclaredContract
from reports.review_material import day_of
from reports.review_metrics import ledger_of
from reports.review_reading import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.ledger.model import Ledger


def open_reader(
    store_url: str,
    *,
    producer: str | None,
    declared: Sequence[str],
    ledger: Ledger,
    now: int,
    allow_remote: bool,
) -> Reader:
    """Read documents and all traffic before an instant; without documents nothing but the ledger is declared.

    Raises:
        click.UsageError: no such producer, or several that a document could be of.
        DefactoError: the store or a document cannot be read, or nothing was recorded.
    """
    if declared:
        whole, documents = read_against_all(
            declared, store_url, producer=producer, since=None, until=now, allow_remote=allow_remote
        )
    else:
        whole = read_map(store_url, producer=producer, since=None, until=now)
        documents = [DeclaredContract.nothing(one.name) for one in whole.producers]
    tell_strays(ledger, claims_of(whole))
    then = ledger_of(ledger, day_of(now))
    return Reader(store_url=store_url, ledger=then, now=now, whole=whole, documents=documents)


class Since(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A date, or a review that was saved: where this one begins."""

    name = "date or review"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | Path:
        """A file that is there, else an instant (Unix ns)."""
        if isinstance(value, int | Path):
            return value
        path = Path(str(value))
        return path if path.is_file() else Instant().convert(value, param, ctx)
