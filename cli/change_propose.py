"""`defacto change propose`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from cli.change_options import DAY, at_option, by_option
from cli.ledger import ledger_option
from cli.options import producer_option, store_option
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from datetime import datetime

    from cli.changing import Book, Traffic
    from contract.changing.model import Dependent, Planned
    from contract.changing.progress import Progress
    from contract.ledger.model import Ledger
    from contract.policy import Severity


@click.command("propose")
@click.argument("what")
@click.option("--operation", default="", metavar="KEY", help="What it touches, where WHAT does not say it.")
@click.option(
    "--place", "place_text", default="", metavar="PLACE", help="Where in it: '200 body total', '404'."
)
@click.option("--effective", type=DAY, metavar="DAY", help="When. Default: as early as the policy allows.")
@click.option("--deprecated", type=DAY, metavar="DAY", help="From when it should be used no more.")
@click.option("--review", type=DAY, metavar="DAY", help="By when to look at it again.")
@click.option(
    "--severity",
    type=click.Choice(["breaking", "warning", "compatible"]),
    help="How grave it is. Default: as the rule of defacto check says, else breaking.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.option("--successor", default="", metavar="TEXT", help="What to use instead: words, or a URL.")
@click.option("--link", default="", metavar="URL", help="Where it is explained.")
@by_option
@click.option("--dry-run", is_flag=True, help="Say whom it would hit, and write nothing.")
@ledger_option
@store_option
@producer_option
@at_option
def propose(
    what: str,
    operation: str,
    place_text: str,
    effective: datetime | None,
    deprecated: datetime | None,
    review: datetime | None,
    severity: str | None,
    reason: str,
    successor: str,
    link: str,
    by: str,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    at: int,
    *,
    dry_run: bool,
) -> None:
    """Write a change down, with who depends on what it touches.

    WHAT is one of the sentences of `defacto check --change`, or any words together with --operation.

    \b
    Example:
      defacto change propose 'remove GET /orders/{id}' --by anna --reason 'v2 is there' --link /v2
      defacto change propose 'totals are rounded' --operation 'GET /orders' --place '200 body total' \\
        --by anna --reason 'tax law' --effective 2027-01-01 --dry-run
    """
    from cli.changing import open_book, open_traffic  # noqa: PLC0415  # commands import when they run
    from contract.changing.model import Planned  # noqa: PLC0415
    from contract.changing.progress import day_of  # noqa: PLC0415
    from store.records import record_id  # noqa: PLC0415

    key, place, grade = _read(what, operation, place_text, severity)
    book = open_book(ledger_path, producer=producer, must=False)
    notice = book.ledger.policy.notice.of(grade)
    today = day_of(at)
    planned = Planned(
        what=what,
        operation=key,
        place=place,
        severity=grade,
        reason=reason,
        successor=successor,
        link=link,
        by=by,
        proposed=today,
        deprecated=deprecated.date() if deprecated else None,
        effective=effective.date() if effective else today + timedelta(days=notice.days),
        review=review.date() if review else None,
        notice_days=notice.days,
    )
    _ensure_sensible(planned, book.ledger)
    traffic = open_traffic(store_url, book.producer)
    with traffic.store:
        id_ = record_id(traffic.producer, what, key, place, str(today))[:8]
        _propose(book, traffic, id_, planned, at, dry_run=dry_run)


def _read(what: str, operation: str, place_text: str, severity: str | None) -> tuple[str, str, Severity]:
    """Operation, place and severity: from the sentence if it is one that is understood, else from options."""
    from contract.changes import announced  # noqa: PLC0415
    from contract.policy import Severity  # noqa: PLC0415

    try:
        if operation or place_text:
            place = str(announced.place(place_text)) if place_text else ""
            return operation, place, Severity(severity or "breaking")
        change = announced.read(what, {"": frozenset()})[0]
    except ValueError as error:
        raise click.UsageError(f"{error}. Other words need --operation.") from None
    place = str(change.subject) if change.subject else ""
    return change.operation, place, Severity(severity or change.compatibility.value)


def _ensure_sensible(planned: Planned, ledger: Ledger) -> None:
    if planned.place and not planned.operation and not planned.place.startswith("response."):
        raise click.UsageError("A place is one of an operation: give --operation.")
    if planned.deprecated and planned.deprecated > planned.effective:
        raise click.UsageError("It cannot be deprecated only after it has taken effect.")
    if ledger.policy.exclude.operation(planned.operation):
        raise click.UsageError("The policy says that the contract does not speak of this operation.")


def _propose(book: Book, traffic: Traffic, id_: str, planned: Planned, at: int, *, dry_run: bool) -> None:
    """Find who depends on it, and write it down."""
    from msgspec.structs import replace  # noqa: PLC0415

    from cli.output import deliver  # noqa: PLC0415  # as above
    from contract.changing.progress import progress  # noqa: PLC0415
    from contract.changing.writing import written  # noqa: PLC0415
    from reports.change import status_text  # noqa: PLC0415

    if id_ in book.changes:
        raise click.UsageError(f"It was proposed already today, as {id_}.")
    found = progress(id_, planned, traffic.usage(planned, at), book.ledger.policy, at)
    planned = replace(planned, consumers=_dependents(found))
    deliver(status_text([found], traffic.owners(book)), None)
    if not found.standings:
        click.echo("Nobody was seen to depend on it; what was never seen may be in use all the same.")
    if dry_run:
        click.echo("Nothing was written.")
        return
    book.write(id_, written(planned))
    click.echo(f"Written to {for_terminal(str(book.path))} as {id_}. Next: defacto change announce {id_}")


def _dependents(found: Progress) -> dict[str, Dependent]:
    """Who depends, or may do so again, as the ledger keeps it."""
    from contract.changing.model import Dependent  # noqa: PLC0415
    from contract.changing.progress import State, day_of  # noqa: PLC0415

    return {
        one.consumer: Dependent(
            level=one.level, basis=one.basis, count=one.count, last_seen=day_of(one.last_seen)
        )
        for one in found.standings
        if one.state not in {State.MIGRATED, State.LEFT}
    }
