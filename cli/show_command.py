"""`defacto show`."""

from __future__ import annotations

import sys

import click

from cli.options import format_option, store_option

UNBROKEN = 1 << 20
"""Columns: the terminal itself breaks long lines, so that they can be copied whole."""


@click.command("show")
@click.argument("exchange_id", metavar="ID")
@store_option
@format_option("text", "json")
def command(exchange_id: str, store_url: str, output_format: str) -> None:
    """Open one observation: request, response, timing, who it was and how we know. Secrets stay hidden.

    The beginning of an id is enough where no other begins so.

    \b
    Example:
      defacto show 3f7qk2
      defacto show 3f7qk2 --format json | jq .response_body
    """
    from inference.names import Names  # noqa: PLC0415  # commands import their work when they run
    from reports.opened import as_json, as_text  # noqa: PLC0415
    from reports.text import write  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    with Store.open(store_url, create=False) as store:
        exchange = store.exchange(exchange_id)
        messages = list(store.messages(exchange=exchange.id))
        names = Names.of(store)
        if output_format == "json":
            click.echo(as_json(exchange, messages, names))
        else:
            write(as_text(exchange, messages, names), sys.stdout, width=UNBROKEN)
