"""`defacto exchanges`."""

from __future__ import annotations

import re
from itertools import islice

import click

from cli.options import Instant, format_option, producer_option, store_option


def _status(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    del ctx, param
    if value is not None and not re.fullmatch(r"[1-9]([0-9]{2}|[xX]{2})|none", value):
        raise click.BadParameter("give a status such as 404, a class such as 5XX, or none.")
    return value or ""


@click.command("exchanges")
@store_option
@producer_option
@click.option("--consumer", default="", metavar="NAME", help="Only this consumer; * and ? match.")
@click.option(
    "--operation",
    default="",
    metavar="KEY",
    help="Only this operation: 'GET /orders/{order_id}'; * and ? match.",
)
@click.option("--status", callback=_status, metavar="STATUS", help="Only this one: 404, 5XX, none.")
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
    status: str,
    since: int | None,
    until: int | None,
    limit: int | None,
    output_format: str,
) -> None:
    """List what was observed, in the order recorded.

    \b
    Example:
      defacto exchanges --status 5XX --since 2h
      defacto exchanges --consumer billing --format jsonl | jq .operation
    """
    from inference.names import Names  # noqa: PLC0415  # commands import their work when they run
    from reports.listing import Listed, Wanted, as_csv, as_jsonl, as_text, listed  # noqa: PLC0415
    from reports.reading import ensure_kept  # noqa: PLC0415
    from store.store import Store  # noqa: PLC0415

    wanted = Wanted(consumer=consumer, operation=operation, status=status)
    with Store.open(store_url, create=False) as store:
        ensure_kept(store, producer, "exchanges", store.exchanges(producer=producer, limit=1))
        observed = store.exchanges(producer=producer, since=since, until=until)
        rows = islice(listed(observed, Names.of(store), wanted), limit)
        if output_format == "csv":
            lines = as_csv(rows, Listed)
        else:
            lines = as_jsonl(rows) if output_format == "jsonl" else as_text(rows)
        for line in lines:
            click.echo(line)
