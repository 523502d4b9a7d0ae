"""Breaks that were reviewed: `check` lets them pass, and writes them to the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import today
from contract.changes.accepting import Terms, breaks, put
from contract.ledger.reading import load, read
from contract.ledger.template import template
from contract.ledger.writing import save
from reports.checking import under
from reports.untrusted import for_terminal
from reports.words import count

if TYPE_CHECKING:
    from datetime import date

    from reports.check import Checked


def terms(by: str, reason: str, until: date | None) -> Terms:
    """On which terms a break is accepted.

    Raises:
        click.UsageError: nobody, or for no reason, or until a day that has passed.
    """
    if not by.strip():
        raise click.UsageError("Who accepts it? Give --by.")
    if not reason.strip():
        raise click.UsageError("Why? Give --reason: whoever reads the ledger later will ask.")
    if until is not None and until < today():
        raise click.UsageError(f"--accept-until {until} has passed: then it is accepted no more.")
    return Terms(by=by, at=today(), reason=reason, until=until)


def accept_all(checked: Checked, ledger_path: str, on: Terms) -> Checked:
    """Write all that breaks to the ledger, and give what is found then.

    Raises:
        LedgerError: it cannot be written.
    """
    path = Path(ledger_path)
    found = breaks(checked.judged)
    if not found:
        click.echo("Nothing would break: there is nothing to accept.", err=True)
        return checked
    before = load(path) if path.exists() else None
    text = put(before if before is not None else template(checked.producer), ledger_path, found, on)
    save(path, text, before)
    click.echo(f"{count(len(found), 'break')} accepted in {for_terminal(ledger_path)}.", err=True)
    return under(checked, read(path), today())
