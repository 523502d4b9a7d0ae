"""`defacto plan`."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

import click

from cli.guaranteed import read_guaranteed, source_options
from cli.ledger import find_ledger
from cli.options import allow_remote_option, format_option, output_option, producer_option, store_option
from cli.output import deliver

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from reports.verification_plan import Plan


@click.command("plan")
@store_option
@producer_option
@source_options
@allow_remote_option
@format_option("text", "markdown", "html", "json")
@output_option
def command(
    store_url: str,
    producer: str | None,
    declared: tuple[str, ...],
    clauses: Path | None,
    ledger_path: str,
    operation: str | None,
    output_format: str,
    output: str | None,
    *,
    allow_remote: bool,
) -> None:
    """How each guarantee is checked, where, who relies on it, and what is not covered.

    Guaranteed is what --declared documents, --clauses or the ledger say; with none of them, what consumers
    were seen to use.

    \b
    Example:
      defacto plan --declared openapi.yaml
      defacto plan --format html -o plan.html
    """
    from reports.verification_plan import plan  # noqa: PLC0415  # commands import their work when they run

    guaranteed = read_guaranteed(
        store_url,
        producer=producer,
        declared=declared,
        clauses=clauses,
        ledger=find_ledger(ledger_path),
        operation=operation,
        allow_remote=allow_remote,
    )
    planned = plan(guaranteed.guarantees, guaranteed.declared, time_ns())
    deliver(_render(planned, output_format), output)


def _render(planned: Plan, output_format: str) -> RenderableType | str:
    from reports import verification_plan as forms  # noqa: PLC0415  # as above

    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(forms.plan_form(planned))
    if output_format == "html":
        from reports.verification_html import plan_html  # noqa: PLC0415

        return plan_html(planned)
    return forms.plan_markdown(planned) if output_format == "markdown" else forms.plan_text(planned)
