"""`defacto messages`."""

from __future__ import annotations

from itertools import islice

import click

from cli.options import Instant, format_option, producer_option, store_option


@click.command("messages")
@store_option
@producer_option
@click.option(
    "--consumer", default="", metavar="NAME", help="Only of this consumer, or publisher; * and ? match."
)
@click.option(
    "--operation",
    default="",
    metavar="KEY",
    help="Only this operation: 'RECEIVE orders.*#order.created'; * and ? match.",
)
@click.option(
    "--since", type=Instant(), metavar="WHEN", help="Only from here on: 2026-03-02, RFC 3339, 2h, 7d."
)
@click.option("--until", type=Instant(), metavar="WHEN", help="Only before this; written like --since.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="No more than the first N.")
@format_option("text", "jsonl", "csv")
def command(
    store_url: str,
    producer: str | None,
    consumer: str,
    operation: str,
    since: int | None,
    until: int | None,
    limit: int | None,
    output_format: str,
) -> None:
    """List the events that were observed, as published and as delivered, in the order recorded.

    \b
    Example:
      defacto messages --consumer billing --since 2h
      defacto messages --operation 'RECEIVE *' --format jsonl | jq .lag_ms
    """
    from inference.names import Names  # noqa: PLC0415  # commands import their work when they run
    from reports.listing import as_csv, as_jsonl  # noqa: PLC0415
    from reports.message_listing import ListedMessage, as_text, listed_messages  # noqa: PLC0415
    from reports.reading import ensure_kept  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    with Store.open(store_url, create=False) as store:
        ensure_kept(store, producer, "messages", store.messages(producer=producer))
        observed = store.messages(producer=producer, since=since, until=until)
        found = listed_messages(observed, Names.of(store), consumer=consumer, operation=operation)
        rows = islice(found, limit)
        if output_format == "csv":
            lines = as_csv(rows, ListedMessage)
        else:
            lines = as_jsonl(rows) if output_format == "jsonl" else as_text(rows)
        for line in lines:
            click.echo(line)
