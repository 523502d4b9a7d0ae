"""`defacto map`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option, tell_strays, today
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
from cli.reading import claims_of, read_against, read_map
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contract.claim import ContractMap
    from reports.selection import Candidates


@click.command("map")
@store_option
@producer_option
@click.option("--operation", metavar="GLOB", help="Only operations such as 'GET /orders*'; * and ? match.")
@click.option("--consumer", metavar="NAME", help="Only what this consumer calls and depends on.")
@since_option
@until_option
@click.option(
    "--declared",
    metavar="FILE",
    help="Say how each clause stands to this document, of any kind that defacto drift takes.",
)
@ledger_option
@allow_remote_option
@format_option("text", "json", "markdown", "html", "csv", "parquet")
@click.option(
    "--table",
    type=click.Choice(["clauses", "matrix"]),
    default="clauses",
    show_default=True,
    help="Which table csv and parquet hold: one row a clause, or consumers by places.",
)
@click.option("--candidates", is_flag=True, help="Also list what was nearly claimed, and why not.")
@click.option(
    "--explain",
    "explained",
    metavar="ID",
    help="Say why one clause is claimed, or why not; by its id, the start of it, or a former one.",
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
    ledger_path: str,
    output_format: str,
    table: str,
    explained: str | None,
    output: str | None,
    *,
    allow_remote: bool,
    candidates: bool,
) -> None:
    """The actual contract map: who relies on what, operation by operation.

    It is made of what `defacto infer` has folded. Levels of dependence, weakest first: exposed (was sent it),
    requested (asked for it, or with it), used (sent its value back), proven. What was decided of a clause in
    the ledger stands beside it.

    \b
    Example:
      defacto map
      defacto map --operation 'GET /orders*' --consumer billing
      defacto map --declared openapi.yaml --format html -o map.html
      defacto map --format parquet --table matrix -o matrix.parquet
      defacto map --candidates --operation 'POST /orders'
      defacto map --explain 7vmz4u7t
    """
    from reports import selection  # noqa: PLC0415  # commands import their work when they run
    from reports.compare import stood  # noqa: PLC0415

    if candidates and output_format in {"csv", "parquet"}:
        raise click.UsageError("Tables hold what is claimed: --candidates goes with the other formats.")
    if declared is None:
        whole = read_map(store_url, producer=producer, since=since, until=until)
        shown = selection.claimed(whole) if explained is None else whole
    else:
        whole, document = read_against(
            declared, store_url, producer=producer, since=since, until=until, allow_remote=allow_remote
        )
        shown = stood(whole, document)
    shown = _decided(whole, shown, ledger_path)
    if explained is not None:
        deliver(_explained(shown, explained, ledger_path, output_format), output)
        return
    narrow = partial(_narrowed, operation=operation, consumer=consumer)
    near = selection.candidates(narrow(whole)) if candidates else None
    deliver(_render(narrow(shown), output_format, table, near), output)


def _decided(whole: ContractMap, shown: ContractMap, ledger_path: str) -> ContractMap:
    """What is shown, with what the ledger says of it."""
    from contract.ledger.ruling import ruled  # noqa: PLC0415  # as above

    ledger = find_ledger(ledger_path)
    if ledger is None:
        return shown
    tell_strays(ledger, [*claims_of(whole), *claims_of(shown)])
    return ruled(shown, whole, ledger, today())


def _narrowed(contract_map: ContractMap, operation: str | None, consumer: str | None) -> ContractMap:
    """The part that was asked for."""
    from reports.selection import consumer_names, of_consumer, of_operations  # noqa: PLC0415  # as above

    if operation is not None:
        contract_map = of_operations(contract_map, operation)
    if consumer is None:
        return contract_map
    names = consumer_names(contract_map)
    if consumer not in names:
        raise click.UsageError(
            f"No consumer is called {consumer!r}. There are: {for_terminal(', '.join(names))}."
        )
    return of_consumer(contract_map, consumer)


def _explained(
    contract_map: ContractMap, id_: str, ledger_path: str, output_format: str
) -> RenderableType | str:
    """Why one clause is claimed."""
    from contract.incidents import of_clause, path_beside, read  # noqa: PLC0415  # as above
    from reports.explain import explain_form, explain_text, find  # noqa: PLC0415  # as above

    found = find(contract_map, id_)
    if not found:
        raise click.UsageError(
            f"No clause has an id that begins with {id_!r}. defacto map --format json has them all, "
            "with --candidates also those in doubt."
        )
    if len(found) > 1:
        keys = "\n".join(
            f"  {one.claim.clause.id}  {for_terminal(one.claim.clause.key)}" for one in found[:20]
        )
        raise click.UsageError(f"{len(found)} clauses have an id that begins with {id_!r}:\n{keys}")
    claim = found[0].claim
    known = of_clause(read(path_beside(Path(ledger_path))), claim.clause.id, *claim.former_ids)
    explained = replace(found[0], incidents=known)
    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415  # as above

        return to_json(explain_form(explained))
    if output_format != "text":
        raise click.UsageError("--explain is told as text or json.")
    return explain_text(explained)


def _render(
    contract_map: ContractMap, output_format: str, table: str, near: Candidates | None
) -> RenderableType | str | bytes:
    if output_format in {"csv", "parquet"}:
        from reports import tables  # noqa: PLC0415

        frame = {"clauses": tables.clauses_table, "matrix": tables.matrix_table}[table](contract_map)
        return tables.to_csv(frame) if output_format == "csv" else tables.to_parquet(frame)
    if output_format == "json":
        from reports.json_form import map_form, to_json  # noqa: PLC0415

        return to_json(map_form(contract_map, near))
    if output_format == "html":
        from reports.html import map_html  # noqa: PLC0415

        return map_html(contract_map, near)
    if output_format == "markdown":
        from reports.markdown import map_markdown  # noqa: PLC0415

        return map_markdown(contract_map, near)
    from reports.text import map_text  # noqa: PLC0415

    return map_text(contract_map, near)
