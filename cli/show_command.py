"""`defacto show`."""

from __future__ import annotations

import sys

import click

from cli.options import format_option, store_option

UNBROKEN = 1 << 20
"""Columns: the terminal itself breaks long lines, so that they can be copied whole."""


@click.command("show")
@click.argument("observation_id", metavar="ID")
@store_option
@format_option("text", "json")
def command(observation_id: str, store_url: str, output_format: str) -> None:
    """Open one exchange or message: all that is kept of it, who it was and how we know. Secrets stay hidden.

    The beginning of an id is enough where no other begins so.

    \b
    Example:
      defacto show 3f7qk2
      defacto show 3f7qk2 --format json | jq .response_body
    """
    from inference.names import Names  # noqa: PLC0415  # commands import their work when they run
    from reports.opened import as_json, as_text  # noqa: PLC0415
    from reports.opened_message import message_as_json, message_as_text  # noqa: PLC0415
    from reports.text import write  # noqa: PLC0415
    from store.records import Message  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    with Store.open(store_url, create=False) as store:
        found, names = store.observation(observation_id), Names.of(store)
        if isinstance(found, Message):
            form, text = message_as_json(found, names), message_as_text(found, names)
        else:
            messages = list(store.messages(exchange=found.id))
            form, text = as_json(found, messages, names), as_text(found, messages, names)
        if output_format == "json":
            click.echo(form)
        else:
            write(text, sys.stdout, width=UNBROKEN)
