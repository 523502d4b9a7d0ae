"""`defacto drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.options import (
    allow_remote_option,
    format_option,
    from_option,
    output_option,
    producer_option,
    since_option,
    store_option,
    to_option,
    until_option,
)
from cli.output import deliver
from cli.reading import read_against, read_periods

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cli.options import Span
    from reports.drift import Drift
    from reports.periods import Comparison


@click.command("drift")
@store_option
@producer_option
@click.option("--declared", metavar="FILE", help="The OpenAPI or Swagger document.")
@allow_remote_option
@from_option
@to_option
@since_option
@until_option
@format_option("text", "json", "markdown", "html")
@output_option
def command(
    store_url: str,
    producer: str | None,
    declared: str | None,
    earlier: Span | None,
    later: Span | None,
    since: int | None,
    until: int | None,
    output_format: str,
    output: str | None,
    *,
    allow_remote: bool,
) -> int:
    """Where observed and declared contract part, or two periods; what would hurt most first.

    With --declared exit code 1 says that a promise is not kept, or that a consumer relies on what nobody
    promised. With --from and --to it says that something is gone or looser which a consumer relies on; what a
    period saw too little of is told apart, and never called unchanged. 0: nothing of that kind was seen.
    Where the store holds several producers, name the document's with --producer.

    \b
    Example:
      defacto drift --declared openapi.yaml
      defacto drift --declared openapi.yaml --producer orders --since 7d --format html -o drift.html
      defacto drift --declared openapi.yaml --format json | jq .verdict
      defacto drift --from 2026-11-01 --to 2026-11-08
      defacto drift --from 14d..7d --to 7d.. --format html -o week.html
    """
    if declared is None and earlier is None and later is None:
        raise click.UsageError("Compare with what: --declared FILE, or two periods --from and --to?")
    if declared is None:
        if earlier is None or later is None:
            raise click.UsageError("Two periods are compared: give both --from and --to.")
        if allow_remote or since is not None or until is not None:
            raise click.UsageError("--since, --until and --allow-remote go with --declared.")
        return _of_periods(store_url, producer, earlier, later, output_format, output)
    if earlier is not None or later is not None:
        raise click.UsageError("Either --declared, or --from and --to.")
    from reports.compare import drift_between  # noqa: PLC0415  # commands import their work when they run

    drift = drift_between(
        *read_against(
            declared, store_url, producer=producer, since=since, until=until, allow_remote=allow_remote
        )
    )
    deliver(_render(drift, output_format), output)
    return int(drift.failing)


def _of_periods(
    store_url: str,
    producer: str | None,
    earlier: Span,
    later: Span,
    output_format: str,
    output: str | None,
) -> int:
    if earlier.until is None or later.since is None or later.since < earlier.until:
        raise click.UsageError("The period --to must not begin before the period --from has ended.")
    from reports.period_diff import compare_periods  # noqa: PLC0415  # as above

    comparison = compare_periods(*read_periods(store_url, producer=producer, earlier=earlier, later=later))
    deliver(_render_periods(comparison, output_format), output)
    return int(comparison.failing)


def _render_periods(comparison: Comparison, output_format: str) -> RenderableType | str:
    if output_format == "json":
        from reports.json_form import periods_form, to_json  # noqa: PLC0415

        return to_json(periods_form(comparison))
    if output_format == "html":
        from reports.html import periods_html  # noqa: PLC0415

        return periods_html(comparison)
    if output_format == "markdown":
        from reports.markdown import periods_markdown  # noqa: PLC0415

        return periods_markdown(comparison)
    from reports.text import periods_text  # noqa: PLC0415

    return periods_text(comparison)


def _render(drift: Drift, output_format: str) -> RenderableType | str:
    if output_format == "json":
        from reports.json_form import drift_form, to_json  # noqa: PLC0415

        return to_json(drift_form(drift))
    if output_format == "html":
        from reports.html import drift_html  # noqa: PLC0415

        return drift_html(drift)
    if output_format == "markdown":
        from reports.markdown import drift_markdown  # noqa: PLC0415

        return drift_markdown(drift)
    from reports.text import drift_text  # noqa: PLC0415

    return drift_text(drift)
