"""The ledger on the command line: where it is found, and what of it is told to whoever reads a report."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.claim import Claim
    from contract.ledger.model import Ledger

ledger_option = click.option(
    "--ledger",
    "ledger_path",
    envvar="DEFACTO_LEDGER",
    default="contract.yaml",
    show_default=True,
    metavar="FILE",
    help="What was decided; if not given, read where it exists. [env: DEFACTO_LEDGER]",
)


at_option = click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The day on which it was said: minutes are written later. Default: today.",
)


def find_ledger(path: str) -> Ledger | None:
    """The ledger that was asked for, or the one of the current folder if there is one.

    Raises:
        LedgerError: it cannot be read, or the one asked for is not there.
    """
    from contract.ledger.reading import read  # noqa: PLC0415  # commands import their work when they run

    given = click.get_current_context().get_parameter_source("ledger_path")
    if given is ParameterSource.DEFAULT and not Path(path).exists():
        return None
    return read(Path(path))


def tell_strays(ledger: Ledger, claims: Iterable[Claim] | None = None) -> None:
    """Name what in a ledger nobody understands, and what finds no claim among those given."""
    from contract.ledger.ruling import strays  # noqa: PLC0415  # as above

    told = [*ledger.notes, *(strays(ledger, claims) if claims is not None else ())]
    for note in told[:MOST]:
        click.echo(f"warning: {for_terminal(f'{ledger.source}: {note}')}", err=True)
    if len(told) > MOST:
        click.echo(f"warning: {for_terminal(ledger.source)}: and {len(told) - MOST:,} more", err=True)


MOST = 10
"""Lines of warnings before the report itself."""


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()
