"""`defacto dispute`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.ledger import at_option, ledger_option, today
from cli.options import allow_remote_option, producer_option, store_option
from contract.claim import Decision

if TYPE_CHECKING:
    from datetime import datetime


@click.command("dispute")
@click.argument("id_", metavar="ID")
@click.option(
    "--position",
    type=click.Choice([one.value for one in Decision]),
    required=True,
    help="What this side wants; undecided takes an earlier position back.",
)
@click.option("--by", required=True, metavar="WHO", help="A consumer's name, a team, a person.")
@click.option(
    "--role",
    type=click.Choice(["producer", "consumer", "contract-tests", "platform"]),
    required=True,
    help="On which side they speak.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@at_option
@ledger_option
@store_option
@producer_option
@click.option("--declared", metavar="FILE", help="The declared document, where the clause is only declared.")
@allow_remote_option
def command(
    id_: str,
    position: str,
    by: str,
    role: str,
    reason: str,
    at: datetime | None,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    declared: str | None,
    *,
    allow_remote: bool,
) -> None:
    """Put one side's position about a clause on record. Where positions differ, the clause is disputed.

    A position of somebody who has taken one before replaces it. What was decided stays decided.

    \b
    Example:
      defacto dispute hrnncgzhocrj --position guaranteed --by billing --role consumer --reason 'we need it'
      defacto dispute hrnncgzhocrj --position undecided --by billing --role consumer --reason 'we left it'
    """
    from cli.desk import open_desk  # noqa: PLC0415  # commands import their work when they run
    from contract.ledger.model import Role  # noqa: PLC0415
    from contract.ledger.writing import positioned  # noqa: PLC0415

    desk = open_desk(ledger_path, store_url, producer=producer, declared=declared, allow_remote=allow_remote)
    (claim,) = desk.find([id_])
    day = at.date() if at else today()
    edit = positioned(desk.ledger, claim, Decision(position), by=by, role=Role(role), at=day, reason=reason)
    desk.write([edit])
    if desk.ledger.entries[edit.id].disputed:
        click.echo("It is disputed.")
