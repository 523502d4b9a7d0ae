"""`defacto drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option, tell_strays, today
from cli.options import (
    DECLARED_HELP,
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
from cli.reading import claims_of, read_against_all, read_periods

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contract.claim import ContractMap
    from reports.drift import Drift
    from reports.periods import Comparison
    from reports.when import Span


@click.command("drift")
@store_option
@producer_option
@click.option(
    "--declared",
    multiple=True,
    metavar="[PRODUCER=]FILE",
    help=DECLARED_HELP,
)
@ledger_option
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
    declared: tuple[str, ...],
    ledger_path: str,
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
    What the ledger's policy excludes is left out, and who has left by it relies on nothing any more.
    Where the store holds several producers, name the document's with --producer, or give --declared once for
    each as PRODUCER=FILE: one report tells of all. What is guaranteed in the ledger counts as promised.

    \b
    Example:
      defacto drift --declared openapi.yaml
      defacto drift --declared openapi.yaml --producer orders --since 7d --format html -o drift.html
      defacto drift --declared openapi.yaml --format json | jq .verdict
      defacto drift --declared shop=openapi.yaml --declared shop-events=asyncapi.yaml
      defacto drift --declared orders.created=order.avsc --declared orders.paid=payment.avsc
      defacto drift --declared 'registry+https://registry.example?subject=orders-*' --allow-remote
      defacto drift --from 2026-11-01 --to 2026-11-08
      defacto drift --from 14d..7d --to 7d.. --format html -o week.html
    """
    if not declared and earlier is None and later is None:
        raise click.UsageError("Compare with what: --declared FILE, or two periods --from and --to?")
    if not declared:
        if earlier is None or later is None:
            raise click.UsageError("Two periods are compared: give both --from and --to.")
        if allow_remote or since is not None or until is not None:
            raise click.UsageError("--since, --until and --allow-remote go with --declared.")
        comparison = _of_periods(store_url, producer, earlier, later, ledger_path)
        deliver(_render_periods(comparison, output_format), output)
        return int(comparison.failing)
    if earlier is not None or later is not None:
        raise click.UsageError("Either --declared, or --from and --to.")
    observed, documents = read_against_all(
        declared, store_url, producer=producer, since=since, until=until, allow_remote=allow_remote
    )
    from reports.compare import drift_between  # noqa: PLC0415  # commands import their work when they run

    drift = _decided(drift_between(observed, *documents), observed, ledger_path)
    deliver(_render(drift, output_format), output)
    return int(drift.failing)


def _decided(drift: Drift, observed: ContractMap, ledger_path: str) -> Drift:
    """The drift, with what the ledger says of it."""
    from reports.decisions import decided_drift  # noqa: PLC0415  # as above

    ledger = find_ledger(ledger_path)
    if ledger is None:
        return drift
    declared = (claim for compared in drift.compared for claim in compared.operation.claims)
    tell_strays(ledger, [*claims_of(observed), *declared])
    return decided_drift(drift, observed, ledger, today())


def _of_periods(
    store_url: str, producer: str | None, earlier: Span, later: Span, ledger_path: str
) -> Comparison:
    """Two periods compared, as the ledger has them."""
    from reports.period_diff import compare_periods  # noqa: PLC0415  # as above
    from reports.period_ledger import decided_periods  # noqa: PLC0415
    from reports.reading import ensure_in_order  # noqa: PLC0415

    ensure_in_order(earlier, later)
    ledger = find_ledger(ledger_path)
    before, after = read_periods(store_url, producer=producer, earlier=earlier, later=later)
    if ledger is not None:
        tell_strays(ledger)
        before, after = decided_periods(before, after, ledger, today())
    return compare_periods(before, after)


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
