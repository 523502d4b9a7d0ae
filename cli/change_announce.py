"""`defacto change announce` and `acknowledge`: who was told, and who has answered."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.change_options import at_option, by_option, change_argument, secret_of, secret_option
from cli.ledger import ledger_option
from cli.options import producer_option, store_option
from reports.untrusted import for_terminal
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cli.changing import Book
    from reports.change_notices import Notice

_ENDS = {"markdown": "md", "email": "eml", "cloudevents": "json"}


@click.command("announce")
@change_argument
@click.option("--to", "only", multiple=True, metavar="CONSUMER", help="Only these. Default: all it concerns.")
@click.option(
    "--channel", default="", metavar="NAME", help="Where they are told. Default: as the policy says."
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(tuple(_ENDS)),
    default="markdown",
    show_default=True,
    help="How the notices are written.",
)
@click.option("-o", "--output", metavar="FOLDER", help="Write each notice to a file there instead of stdout.")
@click.option("--post", "url", metavar="URL", help="Post the notices there as CloudEvents.")
@secret_option
@click.option("--dry-run", is_flag=True, help="Write the notices only; post nothing, mark nobody as told.")
@ledger_option
@store_option
@producer_option
@at_option
def announce_command(
    change: str,
    only: tuple[str, ...],
    channel: str,
    output_format: str,
    output: str | None,
    url: str | None,
    secret_file: Path | None,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    at: int,
    *,
    dry_run: bool,
) -> None:
    """Write a notice for each consumer concerned, and mark in the ledger that it was told.

    Mail is written, not sent. Who is told again stays told on the first day.

    \b
    Example:
      defacto change announce 7vmz4u7t --dry-run
      defacto change announce 7vmz4u7t --channel mail --format email -o notices
      defacto change announce 7vmz4u7t --post https://hooks.example.org/changes --secret-file hook.key
    """
    from cli.changing import open_book, open_traffic  # noqa: PLC0415  # commands import when they run
    from contract.changing.progress import day_of  # noqa: PLC0415
    from reports.change_reading import notices  # noqa: PLC0415

    book = open_book(ledger_path, producer=producer)
    id_, planned = book.meant(change)
    if planned.closed:
        raise click.UsageError(f"{id_} is closed.")
    secret, today = secret_of(secret_file), day_of(at)
    traffic = open_traffic(store_url, book.producer)
    with traffic.store:
        (found,) = traffic.progress(book, [id_], at)
        told = notices(book.ledger, traffic.producer, found, traffic.owners(book), today, only)
    if not told:
        raise click.UsageError("Nobody was seen to depend on it: name with --to whom to tell.")
    if output is not None or url is None:
        _write(told, output_format, output)
    if dry_run:
        click.echo("Nobody was marked as told.", err=True)
        return
    failed = _post(url, told, secret, at) if url is not None else {}
    arrived = [one.consumer for one in told if one.consumer not in failed]
    channels = planned_channels(book, id_)
    _mark(book, id_, arrived, channel or (url and "webhook") or next(iter(channels), ""), today)
    click.echo(f"Marked as told: {for_terminal(', '.join(arrived)) or 'nobody'}.", err=True)
    if failed:
        reasons = "; ".join(f"{consumer}: {reason}" for consumer, reason in failed.items())
        raise DefactoError(
            f"not all notices arrived: {for_terminal(reasons)}", "Announce it again with --to."
        )


@click.command("acknowledge")
@change_argument
@click.argument("consumer")
@by_option
@click.option("--answer", default="", metavar="TEXT", help="What was answered.")
@ledger_option
@at_option
def acknowledge_command(change: str, consumer: str, by: str, answer: str, ledger_path: str, at: int) -> None:
    """Write down that a consumer knows of a change.

    \b
    Example:
      defacto change acknowledge 7vmz4u7t billing --by ben --answer 'moved by the end of May'
    """
    from cli.changing import open_book  # noqa: PLC0415  # as above
    from contract.changing.progress import day_of  # noqa: PLC0415
    from contract.changing.writing import answer_fields  # noqa: PLC0415

    book = open_book(ledger_path)
    id_, planned = book.meant(change)
    known = sorted({*planned.told, *planned.consumers})
    if consumer not in known:
        raise click.UsageError(
            f"{id_} concerns {for_terminal(', '.join(known)) or 'nobody'}, not {for_terminal(consumer)}."
        )
    told = planned.told.get(consumer)
    said = answer_fields(day_of(at), by, answer)
    if told is not None and told.at is not None:
        said = {"at": told.at, **({"channel": told.channel} if told.channel else {}), **said}
    book.write(id_, {"told": {consumer: said}})
    click.echo(f"{for_terminal(consumer)} has acknowledged {id_}.")


def planned_channels(book: Book, id_: str) -> tuple[str, ...]:
    """Where the policy says that such a change is told."""
    return book.ledger.policy.notice.of(book.changes[id_].severity).channels


def _write(told: Sequence[Notice], output_format: str, output: str | None) -> None:
    folder = None if output is None else Path(output)
    if folder is None:
        for one in told:
            click.echo(_rendered(one, output_format).decode())
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in told:
            path = folder / _file_name(one, output_format)
            path.write_bytes(_rendered(one, output_format))
            click.echo(for_terminal(str(path)))
    except OSError as error:
        raise DefactoError(f"cannot write notices to {output}: {error.strerror}") from error


def _rendered(notice: Notice, output_format: str) -> bytes:
    from reports import change_notices  # noqa: PLC0415  # as above

    if output_format == "email":
        return change_notices.notice_email(notice)
    if output_format == "cloudevents":
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(change_notices.notice_event(notice)).encode()
    return change_notices.notice_markdown(notice).encode("utf-8", "backslashreplace")


def _file_name(notice: Notice, output_format: str) -> str:
    """A name that leads nowhere else, and differs where consumers do."""
    from store.records import record_id  # noqa: PLC0415

    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", notice.consumer).strip(".-")[:80]
    name = safe if safe == notice.consumer else f"{safe}-{record_id(notice.consumer)[:6]}"
    return f"{notice.id}-{name}.{_ENDS[output_format]}"


def _post(url: str, told: Sequence[Notice], secret: bytes | None, at: int) -> dict[str, str]:
    """Why some notices did not arrive, by consumer."""
    from reports.change_notices import notice_event  # noqa: PLC0415  # as above
    from reports.posting import post  # noqa: PLC0415

    events = {str(event["id"]): event for event in map(notice_event, told)}
    failed = asyncio.run(post(url, list(events.values()), secret, at // 10**9))
    return {str(events[id_]["subject"]): reason for id_, reason in failed.items()}


def _mark(book: Book, id_: str, consumers: Sequence[str], channel: str, today: date) -> None:
    from contract.changing.writing import told_fields  # noqa: PLC0415  # as above

    planned = book.changes[id_]
    fields = {who: told_fields(planned.told.get(who), today, channel) for who in consumers}
    if fields:
        book.write(id_, {"announced": planned.announced or today, "told": fields})
