"""`defacto drift`."""

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
from cli.reading import read_against

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reports.drift import Drift


@click.command("drift")
@store_option
@producer_option
@click.option("--declared", required=True, metavar="FILE", help="The OpenAPI or Swagger document.")
@allow_remote_option
@since_option
@until_option
@format_option("text", "json", "markdown", "html")
@output_option
def command(
    store_url: str,
    producer: str | None,
    declared: str,
    since: int | None,
    until: int | None,
    output_format: str,
    output: str | None,
    *,
    allow_remote: bool,
) -> int:
    """Where observed and declared contract part, what would hurt most first.

    Exit code 1 says that a promise is not kept, or that a consumer relies on what nobody promised; 0 that
    neither was seen. Where the store holds several producers, name the document's with --producer.

    \b
    Example:
      defacto drift --declared openapi.yaml
      defacto drift --declared openapi.yaml --producer orders --since 7d --format html -o drift.html
      defacto drift --declared openapi.yaml --format json | jq .verdict
    """
    from reports.compare import drift_between  # noqa: PLC0415  # commands import their work when they run

    drift = drift_between(
        *read_against(
            declared, store_url, producer=producer, since=since, until=until, allow_remote=allow_remote
        )
    )
    deliver(_render(drift, output_format), output)
    return int(drift.failing)


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
