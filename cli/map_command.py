"""`defacto map`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import (
    allow_remote_option,
    format_option,
    output_option,
    producer_option,
    since_option,
    store_option,
    until_option,
)
from cli.output import deliver
from cli.reading import read_against, read_map
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contract.claim import ContractMap


@click.command("map")
@store_option
@producer_option
@click.option("--operation", metavar="GLOB", help="Only operations such as 'GET /orders*'; * and ? match.")
@click.option("--consumer", metavar="NAME", help="Only what this consumer calls and depends on.")
@since_option
@until_option
@click.option(
    "--declared", metavar="FILE", help="Say how each clause stands to this OpenAPI or Swagger document."
)
@allow_remote_option
@format_option("text", "json", "markdown", "html", "csv", "parquet")
@click.option(
    "--table",
    type=click.Choice(["clauses", "matrix"]),
    default="clauses",
    show_default=True,
    help="Which table csv and parquet hold: one row a clause, or consumers by places.",
)
@output_option
def command(
    store_url: str,
    producer: str | None,
    operation: str | None,
    consumer: str | None,
    since: int | None,
    until: int | None,
    declared: str | None,
    output_format: str,
    table: str,
    output: str | None,
    *,
    allow_remote: bool,
) -> None:
    """The actual contract map: who relies on what, operation by operation.

    It is made of what `defacto infer` has folded. Levels of dependence, weakest first: exposed (was sent it),
    requested (asked for it, or with it), used (sent its value back), proven.

    \b
    Example:
      defacto map
      defacto map --operation 'GET /orders*' --consumer billing
      defacto map --declared openapi.yaml --format html -o map.html
      defacto map --format parquet --table matrix -o matrix.parquet
    """
    from reports.compare import stood  # noqa: PLC0415  # commands import their work when they run
    from reports.selection import claimed, consumer_names, of_consumer, of_operations  # noqa: PLC0415

    if declared is None:
        contract_map = claimed(read_map(store_url, producer=producer, since=since, until=until))
    else:
        contract_map = stood(
            *read_against(
                declared,
                store_url,
                producer=producer,
                since=since,
                until=until,
                allow_remote=allow_remote,
            )
        )
    if operation is not None:
        contract_map = of_operations(contract_map, operation)
    if consumer is not None:
        names = consumer_names(contract_map)
        if consumer not in names:
            raise click.UsageError(
                f"No consumer is called {consumer!r}. There are: {for_terminal(', '.join(names))}."
            )
        contract_map = of_consumer(contract_map, consumer)
    deliver(_render(contract_map, output_format, table), output)


def _render(contract_map: ContractMap, output_format: str, table: str) -> RenderableType | str | bytes:
    if output_format in {"csv", "parquet"}:
        from reports import tables  # noqa: PLC0415

        frame = {"clauses": tables.clauses_table, "matrix": tables.matrix_table}[table](contract_map)
        return tables.to_csv(frame) if output_format == "csv" else tables.to_parquet(frame)
    if output_format == "json":
        from reports.json_form import map_form, to_json  # noqa: PLC0415

        return to_json(map_form(contract_map))
    if output_format == "html":
        from reports.html import map_html  # noqa: PLC0415

        return map_html(contract_map)
    if output_format == "markdown":
        from reports.markdown import map_markdown  # noqa: PLC0415

        return map_markdown(contract_map)
    from reports.text import map_text  # noqa: PLC0415

    return map_text(contract_map)
