"""`defacto review`."""

from __future__ import annotations

from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option
from cli.options import (
    DECLARED_HELP,
    allow_remote_option,
    format_option,
    output_option,
    producer_option,
    store_option,
    until_option,
)
from cli.output import deliver
from cli.review_reading import Since, open_reader
from contract.changing.progress import day_of, instant_of
from reports.review_reading import last_saved, read_earlier, reviewed, reviews_beside
from store.errors import DefactoError

if TYPE_CHECKING:
    from datetime import date

    from rich.console import RenderableType

    from contract.ledger.model import Ledger
    from reports.review import Earlier, Review


@click.command("review")
@store_option
@producer_option
@click.option(
    "--since",
    type=Since(),
    metavar="DATE|REVIEW",
    help="From when on things are new: a date, or a saved review. If not given, the last one saved.",
)
@until_option
@click.option(
    "--declared",
    multiple=True,
    metavar="[PRODUCER=]FILE",
    help=DECLARED_HELP,
)
@ledger_option
@allow_remote_option
@click.option("--attended", multiple=True, metavar="WHO", help="Who was there.")
@click.option("--save", is_flag=True, help="Keep it beside the ledger, for the next one to begin at.")
@format_option("text", "markdown", "json", "html")
@output_option
def command(
    store_url: str,
    producer: str | None,
    since: int | Path | None,
    until: int | None,
    declared: tuple[str, ...],
    ledger_path: str,
    attended: tuple[str, ...],
    output_format: str,
    output: str | None,
    *,
    allow_remote: bool,
    save: bool,
) -> None:
    """One page for the monthly meeting: what is new, what broke, what to decide, what became of the rest.

    Without --declared nothing is declared but what the ledger guarantees. --until reviews as of a day of the
    past. With --save the review is kept in contract.reviews beside the ledger, and the next one begins there.

    \b
    Example:
      defacto review --since 2026-10-01 --declared openapi.yaml
      defacto review --declared openapi.yaml --format html -o review.html --save --attended anna
    """
    from contract.incidents import path_beside, read  # noqa: PLC0415  # commands import their work when they run

    path = Path(ledger_path)
    now = until if until is not None else time_ns()
    begin, earlier = _beginning(since, path, day_of(now))
    if begin >= now:
        raise click.UsageError(
            f"The review must end after it begins, on {day_of(begin)}: see --since and --until."
        )
    reader = open_reader(
        store_url,
        producer=producer,
        declared=declared,
        ledger=_ledger(ledger_path),
        now=now,
        allow_remote=allow_remote,
    )
    review = reviewed(reader, read(path_beside(path)), begin, earlier, attended)
    deliver(_render(review, output_format), output)
    if save:
        _save(review, reviews_beside(path))


def _beginning(since: int | Path | None, ledger: Path, day: date) -> tuple[int, Earlier | None]:
    """From when on things are new (Unix ns), and the review that was then."""
    path = last_saved(reviews_beside(ledger), day) if since is None else since
    if path is None:
        raise click.UsageError(f"Since when? Give --since DATE; no review before {day} was saved.")
    if isinstance(path, int):
        return path, None
    earlier = read_earlier(path)
    return instant_of(earlier.day), earlier


def _ledger(path: str) -> Ledger:
    """The ledger, or an empty one where there is none."""
    from contract.ledger.reading import parse  # noqa: PLC0415  # as above
    from contract.ledger.template import template  # noqa: PLC0415

    return find_ledger(path) or parse(template(""), "")


def _save(review: Review, folder: Path) -> None:
    from reports.json_form import to_json  # noqa: PLC0415  # as above
    from reports.review_text import review_form  # noqa: PLC0415

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DefactoError(f"cannot make the folder {folder}: {error.strerror}") from error
    path = folder / f"{review.day}.json"
    deliver(to_json(review_form(review)), str(path))
    click.echo(f"Saved as {path}.", err=True)


def _render(review: Review, output_format: str) -> RenderableType | str:
    from reports import review_text as forms  # noqa: PLC0415  # as above

    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(forms.review_form(review))
    if output_format == "html":
        from reports.review_html import review_html  # noqa: PLC0415

        return review_html(review)
    return forms.review_markdown(review) if output_format == "markdown" else forms.review_text(review)
