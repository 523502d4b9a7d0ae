"""`defacto policy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option, tell_strays
from cli.options import format_option, output_option
from cli.output import deliver
from reports.untrusted import for_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contract.ledger.model import Ledger


@click.command("policy")
@ledger_option
@click.option("--init", "begin", is_flag=True, help="Write a new ledger with every key explained.")
@click.option("--producer", default="", metavar="NAME", help="With --init: whose ledger it is.")
@format_option("text", "json", "markdown")
@output_option
def command(ledger_path: str, producer: str, output_format: str, output: str | None, *, begin: bool) -> None:
    """The policy in force, in sentences: what may change, with which notice, and whose evidence counts.

    Without a ledger it is the default.

    \b
    Example:
      defacto policy --init --producer shop
      defacto policy
      defacto policy --format markdown -o POLICY.md
    """
    from contract.ledger.reading import parse  # noqa: PLC0415  # commands import their work when they run

    if begin:
        _begin(Path(ledger_path), producer)
        return
    ledger = find_ledger(ledger_path) or parse("", "")
    tell_strays(ledger)
    deliver(_render(ledger, output_format), output)


def _begin(path: Path, producer: str) -> None:
    from contract.ledger.template import template  # noqa: PLC0415  # as above
    from contract.ledger.writing import save  # noqa: PLC0415

    if path.exists():
        raise click.UsageError(f"{for_terminal(str(path))} exists, and is not overwritten.")
    save(path, template(producer), None)
    click.echo(f"Wrote {for_terminal(str(path))}. What holds now: defacto policy.")


def _render(ledger: Ledger, output_format: str) -> RenderableType | str:
    from reports import policy_words  # noqa: PLC0415  # as above

    if output_format == "json":
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(policy_words.policy_form(ledger))
    if output_format == "markdown":
        return policy_words.policy_markdown(ledger)
    return policy_words.policy_text(ledger)
