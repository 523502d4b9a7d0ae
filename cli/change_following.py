"""`defacto change status`, `headers`, `calendar` and `close`: what was announced, followed to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.change_options import at_option, by_option, change_argument
from cli.ledger import ledger_option
from cli.options import format_option, output_option, producer_option, store_option
from cli.output import deliver
from contract.changing.progress import QUIET_DAYS
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from contract.changing.headers import Sent
    from contract.changing.progress import Progress
    from contract.ledger.model import Owner


@click.command("status")
@click.argument("change", required=False)
@click.option(
    "--quiet",
    "quiet_days",
    type=click.IntRange(1),
    default=QUIET_DAYS,
    show_default=True,
    metavar="DAYS",
    help="How long a consumer must do without before it counts as migrated.",
)
@ledger_option
@store_option
@producer_option
@at_option
@format_option("text", "json", "markdown")
@output_option
def status_command(
    change: str | None,
    quiet_days: int,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    at: int,
    output_format: str,
    output: str | None,
) -> int:
    """Where changes stand: who still depends, who has migrated or came back, and what is late or too early.

    Without CHANGE all that are not closed. Exit code 1: one is overdue, was made before its day, or was told
    with less notice than the policy asks for.

    \b
    Example:
      defacto change status
      defacto change status 7vmz4u7t --quiet 30 --format markdown
    """
    from cli.changing import open_book, open_traffic  # noqa: PLC0415  # commands import their work when they run

    book = open_book(ledger_path, producer=producer)
    ids = [book.meant(change)[0]] if change else [id_ for id_, one in book.changes.items() if not one.closed]
    traffic = open_traffic(store_url, book.producer)
    with traffic.store:
        found = traffic.progress(book, ids, at, quiet_days)
        owners = traffic.owners(book)
    deliver(_status(found, owners, output_format), output)
    return int(any(one.failing for one in found))


def _status(
    found: Sequence[Progress], owners: Mapping[str, Owner], output_format: str
) -> RenderableType | str:
    from reports import change  # noqa: PLC0415  # as above

    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(change.status_form(found, owners))
    if output_format == "markdown":
        return change.status_markdown(found, owners)
    return change.status_text(found, owners)


@click.command("headers")
@ledger_option
@format_option("json", "nginx", "envoy")
@output_option
def headers_command(ledger_path: str, output_format: str, output: str | None) -> None:
    """The fields to send with answers of operations that go: Deprecation (RFC 9745) and Sunset (RFC 8594).

    The JSON is what an intercept lane takes as its headers_file.

    \b
    Example:
      defacto change headers -o headers.json
      defacto change headers --format nginx
    """
    from cli.changing import open_book  # noqa: PLC0415  # as above
    from contract.changing.headers import sent  # noqa: PLC0415

    found, left = sent(open_book(ledger_path).changes)
    for id_, reason in left.items():
        click.echo(f"note: {for_terminal(id_)} has no headers: {reason}.", err=True)
    deliver(_headers(found, output_format), output)


def _headers(found: Sequence[Sent], output_format: str) -> str:
    from reports import change_headers  # noqa: PLC0415  # as above

    if output_format == "nginx":
        return change_headers.headers_nginx(found)
    if output_format == "envoy":
        return change_headers.headers_envoy(found)
    from reports.json_form import to_json  # noqa: PLC0415

    return to_json(change_headers.headers_form(found))


@click.command("calendar")
@ledger_option
@output_option
@at_option
def calendar_command(ledger_path: str, output: str | None, at: int) -> None:
    """The days of all changes, and what is to be decided anew by when, as an ICS file (RFC 5545).

    \b
    Example:
      defacto change calendar -o changes.ics
    """
    from cli.changing import open_book  # noqa: PLC0415  # as above
    from reports.change_calendar import calendar  # noqa: PLC0415

    book = open_book(ledger_path)
    deliver(calendar(book.ledger, book.changes, at).decode(), output)


@click.command("close")
@change_argument
@click.argument("outcome", type=click.Choice(["done", "withdrawn"]))
@by_option
@click.option("--yes", is_flag=True, help="Close it although somebody still depends.")
@ledger_option
@store_option
@producer_option
@at_option
def close_command(
    change: str,
    outcome: str,
    by: str,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    at: int,
    *,
    yes: bool,
) -> None:
    """End a change: it was made (done), or will not be (withdrawn).

    What somebody still depends on is not done, unless --yes says so.

    \b
    Example:
      defacto change close 7vmz4u7t done --by anna
    """
    from cli.changing import open_book, open_traffic  # noqa: PLC0415  # as above
    from contract.changing.progress import day_of  # noqa: PLC0415

    book = open_book(ledger_path, producer=producer)
    id_, _ = book.meant(change)
    if outcome == "done" and not yes:
        traffic = open_traffic(store_url, book.producer)
        with traffic.store:
            (found,) = traffic.progress(book, [id_], at)
        if found.depending:
            names = for_terminal(", ".join(one.consumer for one in found.depending))
            raise click.UsageError(f"Still in use by {names}. --yes closes it all the same.")
    book.write(id_, {"closed": day_of(at), "outcome": outcome, "closed_by": by})
    click.echo(f"{id_} is {outcome}.")
