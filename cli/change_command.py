"""`defacto change`."""

from __future__ import annotations

import click

from cli.change_announce import acknowledge_command, announce_command
from cli.change_following import calendar_command, close_command, headers_command, status_command
from cli.change_propose import propose


@click.group("change")
def command() -> None:
    """Plan a change, tell those it hits, and follow it to its end.

    Changes stand in the ledger under `changes`; who depends on them is read from traffic.

    \b
    Example:
      defacto change propose 'remove GET /orders/{id} 200 body total' --by anna --reason 'rounding' \\
        --effective 2027-03-01 --successor 'total_cents'
      defacto change announce 7vmz4u7t --channel mail --format email -o notices
      defacto change acknowledge 7vmz4u7t billing --by ben
      defacto change status
      defacto change close 7vmz4u7t done
    """


for _command in (
    propose,
    announce_command,
    acknowledge_command,
    status_command,
    headers_command,
    calendar_command,
    close_command,
):
    command.add_command(_command)
