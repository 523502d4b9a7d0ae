"""`defacto infer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.options import store_option
from reports.words import count, verb

if TYPE_CHECKING:
    from inference.fold import Folded


@click.command("infer")
@store_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that fold. The result is the same for any number.",
)
def command(store_url: str, workers: int) -> None:
    """Fold what is new in the store into summaries.

    Maps and drift reports are made of summaries, so run this after recording or importing. What was folded
    before is not folded again: running it twice changes nothing. It can be stopped at any time; the next
    run goes on.

    \b
    Example:
      defacto infer --store defacto.db
      defacto infer --workers 4
    """
    from inference.fold import fold  # noqa: PLC0415  # commands import their work when they run
    from store.store import Store  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("folding"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("batches"),
        TimeRemainingColumn(),
    )
    with (
        Store.open(store_url, create=False) as store,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("folding", total=len(store.unfolded()))
        folded = fold(store, workers=workers, progress=lambda: progress.advance(task))
    console.print(_said(folded), markup=False)


def _said(folded: Folded) -> str:
    if not folded.exchanges:
        return "Nothing new: all that was recorded is folded already."
    said = f"Folded {count(folded.exchanges, 'observation')}."
    revised = sum(map(len, folded.renamed.values()))
    if revised:
        said += f" {count(revised, 'path template')} {verb(revised, 'was', 'were')} revised;"
        said += " clauses are found under their former ids as well."
    return said
